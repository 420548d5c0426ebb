"""The simulator itself: values move the same way twice, and the controls work by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest
from aiohttp.test_utils import TestClient, TestServer

from monitor.core.clock import ManualClock
from tests.simulator.catalogue import VALUES
from tests.simulator.market import START, Market
from tests.simulator.scenarios import Scenario
from tests.simulator.server import Simulator

NOW = 1_768_229_760_000


def test_the_same_seed_moves_the_same_way() -> None:
    """Two runs show the same values at the same moments, whenever they are looked at."""
    clocks = ManualClock(NOW), ManualClock(NOW)
    often, once = (Market(clock, seed=3) for clock in clocks)
    for _ in range(60):
        often.value("BTC-USD")
        clocks[0].advance(1)
    clocks[1].advance(60)
    assert often.value("BTC-USD") == once.value("BTC-USD") != START["BTC-USD"]
    other = Market(ManualClock(NOW), seed=4)
    assert isinstance(other.clock, ManualClock)
    other.clock.advance(60)
    assert other.value("BTC-USD") != once.value("BTC-USD")


def test_blocks_are_found_every_ten_minutes() -> None:
    """Height rises by one in ten minutes; difficulty stays."""
    clock = ManualClock(NOW)
    market = Market(clock)
    height, difficulty = market.value("network.height"), market.value("network.difficulty")
    clock.advance(1_200)
    assert market.value("network.height") == height + 2
    assert market.value("network.difficulty") == difficulty


async def test_a_price_can_be_moved_by_hand() -> None:
    """CRWV -15 % is exactly that at once, and the walk goes on from there."""
    clock = ManualClock(NOW)
    simulator = Simulator(clock=clock)
    clock.advance(30)
    before = simulator.market.value("CRWV")
    async with TestClient(TestServer(simulator.app())) as client:
        answer = await client.put("/control/price/CRWV", data="-15%")
        assert answer.status == 200
        assert simulator.market.value("CRWV") == round(before * Decimal("0.85"), 2)
        await client.put("/control/price/BTC-USD", data="90000")
        assert simulator.market.value("BTC-USD") == 90_000
        clock.advance(60)
        assert 0 < abs(simulator.market.value("BTC-USD") - 90_000) < 2_000


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("price/NONE", "1", 404),
        ("price/CRWV", "much", 400),
        ("price/CRWV", "-100%", 400),
        ("price/CRWV", "NaN%", 400),
        ("price/CRWV", "inf", 400),
        ("scenario/nobody", "429", 400),
        ("scenario/kraken", "tired", 400),
        ("scenario/kraken", "429", 200),
        ("scenario/all", "html", 200),
    ],
)
async def test_the_controls_say_no_politely(path: str, body: str, status: int) -> None:
    """A slip of the hand is answered with a hint, not with a broken simulator."""
    simulator = Simulator(clock=ManualClock(NOW))
    async with TestClient(TestServer(simulator.app())) as client:
        assert (await client.put(f"/control/{path}", data=body)).status == status
        state = await (await client.get("/control")).json()
    assert state["scenarios"]["kraken"] == (simulator.scenarios.get("kraken") or Scenario.NORMAL)
    assert set(state["values"]) == set(VALUES)
