"""Liquidations of an hour, told by the venue's stream alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import pytest

from monitor.core.clock import HOUR, MINUTE, SECOND, ManualClock
from monitor.core.discovery import declared
from monitor.domain.events import Quote
from monitor.domain.series import series_of
from monitor.feeds.binance_futures import STREAM
from monitor.feeds.gate import Gate
from monitor.feeds.intake import Intake
from monitor.feeds.streams import Stream
from tests.streaming import NOW, StreamCounts
from tests.unit.monitor.feeds.doubles import Counts

SUMMING = {
    name: stream
    for name, stream in declared("monitor.feeds", "STREAM", Stream)
    if stream.sums is not None
}
CONFIRMED = '{"result": null, "id": 1}'


@dataclass
class Room:
    """The intake of Binance's stream, and what it stored."""

    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    stored: list[Quote] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Open a connection, and let it be confirmed."""
        gate = Gate(
            name=STREAM.spec.name,
            budget_ms=900_000,
            deliver=self.store,
            clock=self.clock,
            instruments=Counts(),
        )
        self.intake = Intake(stream=STREAM, gate=gate, clock=self.clock, instruments=StreamCounts())
        self.connect()

    async def store(self, quotes: Sequence[Quote]) -> None:
        """Keep what is handed over."""
        self.stored += quotes

    def connect(self) -> None:
        """Begin a connection that is confirmed at once."""
        self.intake.opened()
        self.intake.take(CONFIRMED)

    def lose(self, gone_s: int) -> None:
        """End the connection, and begin one after so long."""
        self.intake.link = self.intake.link.closed()
        self.clock.advance(gone_s)
        self.connect()

    async def told(self, after_s: int) -> dict[str, Decimal]:
        """Let time pass with signs of life; return what was told meanwhile, the newest of each."""
        self.stored.clear()
        for _ in range(after_s // 10):
            self.clock.advance(10)
            self.intake.alive()
            self.intake.settle()
            await self.intake.flush()
        return {quote.instrument.rpartition(".")[2]: quote.value for quote in self.stored}

    def liquidate(self, side: str, btc: str) -> None:
        """Let the venue tell of one."""
        order = {"s": "BTCUSDT", "S": side, "q": "99", "z": btc, "T": self.clock.now()}
        self.intake.take(json.dumps({"e": "forceOrder", "o": order}))


def sums(long: str, short: str) -> dict[str, Decimal]:
    """Return what is told of so much on each side."""
    one, other = Decimal(long), Decimal(short)
    return {
        "liquidated_long_1h_btc": one,
        "liquidated_short_1h_btc": other,
        "liquidated_1h_btc": one + other,
    }


async def test_an_hour_is_told_once_it_was_watched() -> None:
    """Nothing for 59 minutes; then both sides and their sum, with the split in words; then less."""
    at = Room()
    at.liquidate("SELL", "1.5")
    at.liquidate("BUY", "0.25")
    assert await at.told(58 * MINUTE // SECOND) == {}
    assert await at.told(100) == sums("1.5", "0.25")
    total = next(it for it in at.stored if it.instrument == "perp.binance.liquidated_1h_btc")
    assert total.note == "Long 1.5 BTC, short 0.2 BTC."
    assert (total.source, total.local_time) == ("binance_futures", True)
    assert await at.told(60) == sums("0", "0")


async def test_it_is_told_at_once_when_one_comes() -> None:
    """A cascade does not wait for the next round of ten seconds."""
    at = Room()
    await at.told(HOUR // SECOND)
    at.stored.clear()
    at.clock.advance(1)
    at.liquidate("SELL", "2")
    await at.intake.flush()
    assert {quote.value for quote in at.stored} == {Decimal(0), Decimal(2)}
    assert {quote.observed_at for quote in at.stored} == {at.clock.now()}


async def test_the_daily_cut_is_borne_and_an_outage_is_not() -> None:
    """After ten seconds the sum goes on; after five minutes it is unknown until an hour has gone."""
    at = Room()
    await at.told(HOUR // SECOND)
    at.liquidate("SELL", "2")
    at.lose(10)
    assert await at.told(20) == sums("2", "0")
    at.lose(300)
    assert await at.told(58 * 60) == {}
    assert await at.told(180) == sums("0", "0")


@pytest.mark.parametrize("name", SUMMING)
def test_each_is_a_declared_series_in_bitcoin(name: str) -> None:
    """Both sides and their sum, of one venue and one contract, over an hour."""
    spec, tally = SUMMING[name].spec, SUMMING[name].sums
    assert tally is not None
    assert tally.window_s == HOUR / SECOND
    assert [figure.rpartition(".")[2] for figure in spec.instruments] == list(sums("0", "0"))
    assert {series.unit for it in spec.instruments if (series := series_of(it))} == {"BTC"}
    assert len(set(spec.instruments.values())) == 1


def test_three_venues_have_one() -> None:
    """Those whose documents describe a channel of liquidations."""
    assert set(SUMMING) == {"binance_futures", "bybit", "okx_swap"}
