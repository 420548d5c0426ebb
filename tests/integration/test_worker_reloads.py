"""The compute loop takes books anew while ticks come: it rests when nothing is left to write."""

from __future__ import annotations

import asyncio

import pytest

from monitor.compute.worker import QUIET_S
from monitor.core.errors import StoreUnavailable
from monitor.domain.commands import Command, ReloadBooks
from monitor.store.client import RedisClient
from monitor.store.commands import CommandDesk
from monitor.store.commit import Commit, Committer
from monitor.store.leases import Lease
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


async def test_a_reload_is_not_lost_with_the_answer_to_its_commit(
    shard: Shard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis took the commit, so the command is not read again; it was handed over before."""
    await shard.add(x(11.0), at=NOON)
    await CommandDesk(shard.client, shard.keys).enter(
        Command(id="c1", by="ana", action=ReloadBooks())
    )
    commit = Committer.commit
    lost = 0

    async def answer_lost(self: Committer, lease: Lease, batch: Commit) -> None:
        nonlocal lost
        await commit(self, lease, batch)
        if batch.cursor != batch.expected_cursor and not lost:
            lost += 1
            raise StoreUnavailable("the answer was lost")

    monkeypatch.setattr(Committer, "commit", answer_lost)
    worker, asked = shard.worker(), list[Command]()
    worker.on_reload = asked.append
    with pytest.raises(StoreUnavailable):
        await worker.work(await shard.lease())
    assert [it.id for it in asked] == ["c1"]
