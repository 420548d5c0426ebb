"""docs/notebook.md keeps its word: its programs run as they stand against a real Redis (row K13)."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.core.clock import SystemClock
from tests.command import clean_environment
from tests.servers import TestRedis
from tests.services import computing, market
from tests.worlds import quote

pytestmark = pytest.mark.integration

PAGE = Path(__file__).resolve().parents[2] / "docs" / "notebook.md"
PROGRAMS = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def run(program: str, url: str) -> str:
    """Run a program of the page as a notebook would, with plain redis-py and numpy."""
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=clean_environment(HASHHEDGE_REDIS_URL=url),
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


async def test_the_programs_of_the_page_run(own_redis: TestRedis) -> None:
    """The vector has each miner that is known with its quality, the series both quotes of bitcoin."""
    vector, series = PROGRAMS
    now = SystemClock().now()
    async with computing(own_redis.url) as service:
        first = quote("BTC-USD", 100_000, now - 1_000, source="a-venue", fresh_ms=60_000)
        await service.say(first, quote("HUT.power_price_usd_kwh", "0.05", now))
        await service.say(*market(now))
        await service.show()
        said = (await service.ask("compare", "margin", "--with-stale", "-o", "json")).json
        printed = await asyncio.to_thread(run, vector, own_redis.url)
        told = await asyncio.to_thread(run, series, own_redis.url)
    (part,) = said["metrics"]
    known = [row for row in part["rows"] if row["value"] is not None]
    lines = [line.split() for line in printed.splitlines()]
    assert [line[0] for line in lines[:-1]] == [row["company"] for row in known]
    for line, row in zip(lines[:-1], known, strict=True):
        assert line[1] == f"{row['value']:.1%}"
        assert line[2] == row["quality"]
    assert lines[-1][0] == "median"
    assert "2 quotes of 2 venues" in told
    assert "100,000.00 to" in told
    assert "+5.00%" in told


def test_the_page_needs_nothing_of_ours() -> None:
    """A notebook has redis-py and numpy; our packages are not installed there."""
    assert len(PROGRAMS) == 2
    for program in PROGRAMS:
        imported = set(re.findall(r"^import (\w+)", program, re.MULTILINE))
        assert imported <= {"json", "os", "numpy", "redis"}
