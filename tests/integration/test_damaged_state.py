"""What others, or a fault, left in Redis: the commands name it and say what mends it."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.core.clock import HOUR
from monitor.store.client import connected, server_time
from monitor.store.keys import Keys
from tests.command import hashhedge
from tests.servers import TestRedis

pytestmark = pytest.mark.integration

KEYS = Keys()


async def test_doctor_names_a_time_that_is_ahead(own_redis: TestRedis, tmp_path: Path) -> None:
    """An engine's time or a stream's id from the future is a fault, with the command that mends it."""
    words = ("doctor", "--redis-url", own_redis.url, "-o", "json")
    async with connected(own_redis.url) as client:
        await client.hset(KEYS.state, "now", str(await server_time(client)))
        await client.xadd(KEYS.ticks, {"v": "1"})
        sound = hashhedge(*words, cwd=tmp_path).json
        await client.hset(KEYS.state, "now", str(await server_time(client) + HOUR))
        await client.xadd(KEYS.ticks, {"v": "1"}, id="99999999999999-0")
        broken = hashhedge(*words, cwd=tmp_path)
    assert not {"engine time", "stream of ticks"} & {row["check"] for row in sound}
    found = {row["check"]: row for row in broken.json}
    assert broken.code == 1
    assert "ahead of Redis" in found["engine time"]["detail"]
    assert f"HSET '{KEYS.state}' now" in found["engine time"]["fix"]
    assert "99999999999999-0" in found["stream of ticks"]["detail"]
    assert f"DEL '{KEYS.ticks}'" in found["stream of ticks"]["fix"]
