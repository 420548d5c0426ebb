"""What others, or a fault, left in Redis: the commands name it and say what mends it."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.app.service import COMPUTE, Job, opened
from monitor.core.clock import HOUR
from monitor.settings import Settings
from monitor.store.client import connected, server_time
from monitor.store.inspection import wrong_kinds
from monitor.store.keys import Keys
from monitor.store.ticks import TickWriter
from tests.command import hashhedge
from tests.servers import TestRedis
from tests.worlds import NOON, quote

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


@pytest.mark.parametrize(
    ("key", "field", "words"),
    [
        (KEYS.quotes, "BTC-USD|kraken", ("feeds", "quotes")),
        (KEYS.feeds, "kraken", ("feeds", "status")),
        (KEYS.market, "BTC-USD", ("company", "show", "RIOT")),
        (KEYS.state, "ref", ("explain", "RIOT.margin")),
        (KEYS.state, "q|BTC-USD|kraken", ("feeds", "quotes")),
        (KEYS.state, "now", ("alert", "list")),
    ],
)
@pytest.mark.parametrize("body", ["{", "\\xff", "[1]"])
async def test_a_record_that_cannot_be_read_is_named(
    own_redis: TestRedis, tmp_path: Path, key: str, field: str, words: tuple[str, ...], body: str
) -> None:
    """Exit 2 with the key, the field and the command that mends it; no traceback."""
    async with connected(own_redis.url) as client:
        await client.hset(key, field, body.encode().decode("unicode_escape").encode("latin-1"))
    said = hashhedge(*words, "--redis-url", own_redis.url, cwd=tmp_path)
    told = " ".join(said.err.split())
    assert said.code == 2
    assert f"{key} in Redis, field {field}" in told
    assert "redis-cli H" in told


async def test_run_names_a_state_that_cannot_be_read(own_redis: TestRedis, tmp_path: Path) -> None:
    """The engine's time that is no number ends `run` with exit code 2, not with a traceback."""
    async with connected(own_redis.url) as client:
        await client.hset(KEYS.state, "now", "abc")
    role = ("--role", "compute", "--web-port", "0", "--duration", "20s")
    said = hashhedge("run", "--redis-url", own_redis.url, *role, cwd=tmp_path)
    assert said.code == 2
    assert f"{KEYS.state} in Redis, field now" in said.err
    assert f"HSET '{KEYS.state}' now" in said.err


async def test_a_key_of_another_kind_makes_unready(own_redis: TestRedis, tmp_path: Path) -> None:
    """Readiness and doctor say which key it is and what mends it; ready again once it is gone."""
    async with connected(own_redis.url) as client:
        assert await wrong_kinds(client, KEYS) == []
        await client.set(KEYS.ticks, "x")
        settings = Settings(redis_url=own_redis.url, state_dir=tmp_path, web_port=0)
        async with opened(Job(settings=settings, roles=frozenset({COMPUTE}))) as service:
            (why,) = await service.health().reasons()
            await client.delete(KEYS.ticks)
            assert await service.health().reasons() == ()
        await client.set(KEYS.ticks, "x")
    assert (why.check, why.reason) == (
        "redis",
        f"{KEYS.ticks} is a string, not a stream: redis-cli RENAME '{KEYS.ticks}' '{KEYS.ticks}:aside'",
    )
    found = hashhedge("doctor", "--redis-url", own_redis.url, "-o", "json", cwd=tmp_path)
    assert found.code == 1
    assert f"{KEYS.ticks} is a string, not a stream" in found.out


async def test_a_broken_record_does_not_stop_the_feed_that_mends_it(
    own_redis: TestRedis,
) -> None:
    """The last quote cannot be read: the next one is news and takes its place."""
    async with connected(own_redis.url) as client:
        for broken in ("{", "5", "{}"):
            await client.hset(KEYS.quotes, "X|test", broken)
            assert await TickWriter(client, KEYS).deliver([(quote("X", 1, NOON), True)], NOON) == 1
        assert await TickWriter(client, KEYS).deliver([(quote("X", 1, NOON), True)], NOON) == 0
