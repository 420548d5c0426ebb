"""`hashhedge doctor` on keys: those of its own environment, and what the running service has."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from monitor.store.client import connected
from monitor.store.feeds import FeedStore
from monitor.store.keys import Keys
from tests.command import hashhedge
from tests.servers import TestRedis

pytestmark = pytest.mark.integration

SECRET = "k3y-that-nobody-may-see"  # noqa: S105  # invented
RECORD = {"failures": [], "state": "fresh", "last_success": 1, "observed_at": 1}


async def looked(redis: TestRedis, folder: Path, **environ: str) -> dict[str, dict[str, Any]]:
    """Return what is said of each feed's key."""
    said = await asyncio.to_thread(
        hashhedge, "doctor", "--redis-url", redis.url, "-o", "json", cwd=folder, env=environ
    )
    assert SECRET not in said.out + said.err
    keys = [row for row in said.json if row["group"] == "feeds" and "key" in row["detail"]]
    return {row["check"]: row for row in keys}


async def test_the_keys_here_are_told_from_those_of_the_service(
    own_redis: TestRedis, tmp_path: Path
) -> None:
    """Four cases with a service, and two without one; where a key is read from, and never the key."""
    file = tmp_path / "key"
    file.write_text(SECRET)
    environ = {"FINNHUB_API_KEY": SECRET, "TIINGO_API_KEY_FILE": str(file)}
    alone = await looked(own_redis, tmp_path, **environ)
    assert alone["finnhub"]["detail"] == "key is set in this environment: FINNHUB_API_KEY"
    assert "TIINGO_API_KEY_FILE" in alone["tiingo"]["detail"]
    assert "elsewhere may have one" in alone["fmp"]["detail"]
    async with connected(own_redis.url) as client:
        await FeedStore(client, Keys()).write({"finnhub": RECORD, "fmp": RECORD})
    beside = await looked(own_redis, tmp_path, **environ)
    assert (beside["finnhub"]["result"], beside["fmp"]["result"]) == ("pass", "pass")
    assert "running service has its key" in beside["fmp"]["detail"]
    assert "not in this environment: FMP_API_KEY" in beside["fmp"]["detail"]
    assert "the running service leaves it out" in beside["tiingo"]["detail"]
    assert beside["massive"]["fix"] == "set MASSIVE_API_KEY where the service runs"
