"""The whole room against the simulator: several feeds polled side by side under one clock."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

import pytest
from aiohttp.test_utils import TestServer

from monitor.core.clock import ManualClock, SystemClock
from monitor.core.discovery import declared
from monitor.domain.events import BTC_USD, Quote
from monitor.domain.freshness import Freshness
from monitor.feeds.base import Feed, previous_close
from monitor.feeds.http import HttpClient
from monitor.feeds.poller import Poller
from monitor.feeds.schedule import Schedule
from tests.quotes import newest
from tests.simulator.catalogue import ENVIRON
from tests.simulator.server import Simulator
from tests.unit.monitor.feeds.doubles import Counts, wait_until

NOW = 1_768_229_760_000
VENUES = ("bitstamp", "coinbase", "kraken")


@dataclass
class Room:
    """Every feed's poller, polled by hand."""

    simulator: Simulator
    clock: ManualClock
    counts: Counts
    pollers: dict[str, Poller]
    stored: list[Quote] = field(default_factory=list)

    async def store(self, quotes: Sequence[Quote]) -> None:
        """Keep what is handed over."""
        self.stored.extend(quotes)

    async def run(self, seconds: int, step: int = 5) -> None:
        """Let time pass in steps, and poll every feed that is due."""
        for _ in range(0, seconds, step):
            self.clock.advance(step)
            for poller in self.pollers.values():
                if poller.health.next_due <= self.clock.now():
                    await poller.poll()

    def last(self, name: str) -> Decimal:
        """Return the last BTC price a venue gave."""
        return self.pollers[name].last[BTC_USD].value


def poller(feed: Feed, http: HttpClient, room: Room) -> Poller:
    """Return a poller into the room's store."""
    return Poller(
        feed=feed,
        http=http.bind(feed.spec),
        deliver=room.store,
        clock=room.clock,
        instruments=room.counts,
        rng=random.Random(7),
    )


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    """Yield a room of all feeds towards the simulator."""
    clock = ManualClock(NOW)
    simulator = Simulator(clock=clock)
    async with TestServer(simulator.app()) as server, HttpClient(clock, ENVIRON) as http:
        room = Room(simulator, clock, Counts(), {})
        for name, feed in declared("monitor.feeds", "FEED", Feed):
            here = feed.overridden(base_url=str(server.make_url(f"/{name}")))
            # no waiting for tokens: under this clock nobody would wake the waiter
            spec = replace(here.spec, requests_per_minute=60_000)
            room.pollers[name] = poller(replace(here, spec=spec), http, room)
        yield room


async def test_every_declared_instrument_arrives(room: Room) -> None:
    """One round brings each instrument of each feed once, and each share's close before today."""
    await room.run(5)
    declared_pairs = {
        (name, instrument)
        for name, at in room.pollers.items()
        for instrument in at.spec.instruments
        if not at.spec.notices and not at.spec.filings
    }
    figures = {
        (name, f"{ticker}.shares_count")
        for name, at in room.pollers.items()
        if at.spec.filings and not at.spec.notices
        for ticker in at.spec.instruments
    }
    closes = {
        (name, previous_close(instrument))
        for name, instrument in declared_pairs
        if room.pollers[name].spec.shares
    }
    arrived = [(quote.source, quote.instrument) for quote in newest(room.stored)]
    assert sorted(arrived) == sorted(declared_pairs | closes | figures)
    assert all(not at.health.failures for at in room.pollers.values())


async def test_killing_one_venue_leaves_the_others_moving(room: Room) -> None:
    """The dead venue keeps its last value and grows late; the others go on."""
    await room.run(5)
    before = {name: room.last(name) for name in VENUES}
    room.simulator.set_scenario("kraken", "5xx")
    await room.run(65)
    assert room.last("kraken") == before["kraken"]
    assert room.last("coinbase") != before["coinbase"]
    assert room.last("bitstamp") != before["bitstamp"]
    now = room.clock.now()
    assert room.pollers["kraken"].health.data(now) is Freshness.LATE
    assert room.pollers["coinbase"].health.data(now) is Freshness.FRESH
    room.simulator.set_scenario("kraken", "normal")
    await room.run(120)
    assert room.pollers["kraken"].health.data(room.clock.now()) is Freshness.FRESH
    assert room.pollers["kraken"].health.error == ""


async def test_retry_after_is_kept_over_the_wire(room: Room) -> None:
    """One 429 with Retry-After 30 means one request in those thirty seconds."""
    room.simulator.set_scenario("kraken", "429")
    await room.run(30)
    assert room.simulator.requests["kraken"] == 1
    assert room.counts.events["throttled", "kraken"] == 1
    room.simulator.set_scenario("kraken", "normal")
    await room.run(5)
    assert room.simulator.requests["kraken"] == 1 + len(room.pollers["kraken"].spec.instruments)
    assert room.pollers["kraken"].health.link(room.clock.now()) is Freshness.FRESH


async def test_zeros_never_take_the_place_of_a_price(room: Room) -> None:
    """A provider that turns to zeros is refused by name, and the last good price stays."""
    await room.run(5)
    price = room.pollers["finnhub"].last["CRWV"]
    room.simulator.set_scenario("finnhub", "zeros")
    await room.run(120)
    assert room.pollers["finnhub"].last["CRWV"] == price
    assert room.counts.events["failed", "finnhub", "zero_price"] == 16
    assert all(quote.value > 0 for quote in room.stored)


async def test_a_future_time_is_refused(room: Room) -> None:
    """A quote from an hour ahead is counted and dropped."""
    room.simulator.set_scenario("coinbase", "future")
    await room.run(10)
    assert room.counts.events["rejected", "coinbase", "future"] == 2 * len(
        room.pollers["coinbase"].spec.instruments
    )
    assert BTC_USD not in room.pollers["coinbase"].last


async def test_the_schedule_drives_a_poller(room: Room) -> None:
    """Hop 1 to hop 4 in real time: due, fetched, accepted, handed over, again and again."""
    name, at = "coinbase", room.pollers["coinbase"]
    at.clock = at.gate.clock = SystemClock()
    market = room.simulator.market
    market.clock, market.began = SystemClock(), SystemClock().now()
    schedule = Schedule(on_error=lambda *_: None, on_skipped=room.counts.skipped)
    schedule.add(name, at.poll, every_s=0.02, rng=random.Random(7))
    schedule.start()
    await wait_until(lambda: len(room.stored) >= 3, "three polls reach the store")
    await schedule.stop(grace_s=5)
    assert {quote.source for quote in room.stored} == {name}
