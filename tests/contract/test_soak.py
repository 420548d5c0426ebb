"""A minute of everything at once, with faults from a seed: nothing is held that was not before.

`make soak` does the same in real time, for half an hour.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from decimal import Decimal

import pytest

from monitor.core.clock import ManualClock
from monitor.domain.events import Quality
from tests.simulator.scenarios import Scenario
from tests.simulator.streaming import Mood
from tests.soak.room import soaking

NOW = 1_768_229_760_000
# What trails, budgets and last errors may come to hold: each is bounded, and empty at first.
GROWTH_BYTES = 131_072


@pytest.fixture
def _counted() -> Iterator[None]:
    """Count what memory our code asks for."""
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.usefixtures("_counted")
async def test_a_minute_of_faults_leaves_nothing_behind() -> None:
    """Tasks and sockets as before, memory bounded, no budget passed, no price beyond its quality."""
    async with soaking(ManualClock(NOW), seed=7) as room:
        await room.run(5, faulty=False)
        await room.recover(30)
        before = await room.held()
        assert all(room.simulator.streams.open_count(name) == 1 for name in room.streamers)
        await room.run(60)
        told = dict(room.faults.told)
        await room.recover(90)
        after = await room.held()
        assert sum(told.values()) >= 60
        assert set(told) == {"answer", "stream", "cut", "lie"}
        assert after.tasks == before.tasks
        assert after.sockets <= before.sockets
        assert after.bytes - before.bytes <= GROWTH_BYTES
        assert all(room.simulator.streams.open_count(name) == 1 for name in room.streamers)
        assert room.budgets.faults == []
        assert room.prices.faults == []
        assert room.prices.seconds[Quality.OK] >= 45
        assert sum(room.simulator.streams.opened.values()) >= 2 * len(room.streamers)


async def test_one_lie_does_not_spread_by_the_rate_of_a_coin() -> None:
    """Coinbase lies and is the last to give USDT's rate: three venues in USDT lie along with it."""
    async with soaking(ManualClock(NOW), seed=7) as room:
        room.faults.each_second = 0
        for name in ("kraken", "bitfinex", "bitstamp", "gemini"):
            room.simulator.set_scenario(name, Scenario.SERVER_ERROR)
            room.simulator.streams.set_mood(name, Mood.SERVER_ERROR)
            room.simulator.streams.drop(name)
        await room.run(70)
        assert room.prices.seconds[Quality.OK] == 0
        assert room.prices.seconds[Quality.SINGLE] >= 60
        room.simulator.market.lies["coinbase"] = Decimal("-0.0827")
        await room.run(20)
        assert room.prices.faults == []
        assert room.prices.seconds[Quality.STALE] >= 15
