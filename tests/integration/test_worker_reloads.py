"""The compute loop takes books anew while ticks come: it rests when nothing is left to write."""

from __future__ import annotations

import asyncio

import pytest

from monitor.compute.worker import QUIET_S
from monitor.store.client import RedisClient
from tests.shards import Shard, x
from tests.waiting import wait_until
from tests.worlds import NOON

pytestmark = pytest.mark.integration


@pytest.fixture
def shard(any_redis: RedisClient, tag: str) -> Shard:
    """Give a shard of its own."""
    return Shard(any_redis, tag)


async def a_pause() -> None:
    """Let more time pass than the loop waits before it writes what it owes."""
    loop = asyncio.get_running_loop()
    over = loop.time() + 2 * QUIET_S
    await wait_until(lambda: loop.time() > over, "the loop to look for what it still owes")


async def test_news_right_after_a_reload_leave_nothing_owed(shard: Shard) -> None:
    """What they told is committed before the step is judged; the loop waited for the rest for ever."""
    async with shard.working() as worker:
        await shard.settled(await shard.add(x(1.0), at=NOON))
        for number, value in enumerate((11.0, 1.0, 11.0), 1):
            worker.reload()
            await shard.settled(await shard.add(x(value, NOON + number), at=NOON + number))
            await a_pause()
        await shard.settled(await shard.add(x(1.0, NOON + 9), at=NOON + 9))
    assert [it.to_state.value for it in await shard.transitions()] == [
        "firing",
        "resolved",
        "firing",
        "resolved",
    ]
