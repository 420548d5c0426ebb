"""A stream and the poller of its source on a real Redis: cut, stood in for, resumed, nothing twice."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest
from aiohttp.test_utils import TestServer

from monitor.app.streaming import streams_beside, usable_streams
from monitor.core.clock import ManualClock
from monitor.domain.events import BTC_USD, Quote
from monitor.feeds.coinbase import FEED, STREAM
from monitor.feeds.http import HttpClient
from monitor.feeds.link import LinkState
from monitor.feeds.poller import Poller
from monitor.feeds.streamer import Streamer
from monitor.feeds.websocket import WebSocketClient
from monitor.store.client import connected
from monitor.store.codec import decode_tick
from monitor.store.keys import Keys
from monitor.store.ticks import TickReader, TickWriter
from monitor.telemetry.instruments import Instruments
from monitor.telemetry.series import Known
from tests.servers import TestRedis
from tests.simulator.server import Simulator
from tests.streaming import NOW, settled
from tests.unit.monitor.feeds.doubles import wait_until

pytestmark = pytest.mark.integration
NAME = "coinbase"


@dataclass
class Source:
    """Coinbase, asked and listened to."""

    simulator: Simulator
    clock: ManualClock
    poller: Poller
    streamer: Streamer
    reader: TickReader
    on_their_way: list[Sequence[Quote]]

    async def run(self, seconds: int) -> None:
        """Let time pass second by second; the poller comes at its interval."""
        for _ in range(seconds):
            self.clock.advance(1)
            await settled()
            # Redis is a process of its own: what it has not answered for is not settled yet
            await wait_until(lambda: not self.on_their_way, "what came is stored")
            await settled()
            if self.clock.now() // 1_000 % round(self.poller.spec.interval_s) == 0:
                await self.poller.poll()

    def asked(self) -> int:
        """Return how often the provider was asked."""
        return self.simulator.requests.get(NAME, 0)

    async def stored(self) -> list[Quote]:
        """Return the source's quotes of the stream of ticks, in order."""
        entries = await self.reader.read("0", block_ms=1)
        return [quote for entry in entries for quote in decode_tick(*entry).quotes]


def delivery(
    writer: TickWriter, clock: ManualClock, on_their_way: list[Sequence[Quote]]
) -> Callable[[Sequence[Quote]], Awaitable[None]]:
    """Return what stores quotes, and shows among `on_their_way` what Redis has not answered for."""

    async def deliver(quotes: Sequence[Quote]) -> None:
        on_their_way.append(quotes)
        try:
            await writer.deliver([(quote, True) for quote in quotes], clock.now())
        finally:
            on_their_way.remove(quotes)

    return deliver


@pytest.fixture
async def source(own_redis: TestRedis) -> AsyncIterator[Source]:
    """Yield Coinbase with its stream, under a clock that is moved by hand."""
    clock = ManualClock(NOW)
    simulator = Simulator(clock=clock)
    instruments = Instruments(Known(feeds=(NAME,), streams=(NAME,)), version="test")
    async with (
        TestServer(simulator.app(), handler_cancellation=True, shutdown_timeout=0.1) as server,
        HttpClient(clock, {}) as http,
        WebSocketClient(clock, {}) as sockets,
        connected(own_redis.url) as client,
    ):
        on_their_way: list[Sequence[Quote]] = []
        deliver = delivery(TickWriter(client, Keys()), clock, on_their_way)
        here = FEED.overridden(base_url=str(server.make_url(f"/{NAME}")))
        own = STREAM.spec.instruments
        feed = replace(here, spec=replace(here.spec, requests_per_minute=60_000, instruments=own))
        poller = Poller(
            feed=feed,
            http=http.bind(feed.spec),
            deliver=deliver,
            clock=clock,
            instruments=instruments.feeds,
            rng=random.Random(7),
        )
        listened = STREAM.overridden(url=str(server.make_url(f"/ws/{NAME}")))
        streams = streams_beside(
            [poller], usable_streams([listened], [feed], {}), sockets, instruments, clock
        )
        running = asyncio.create_task(streams.run())
        reader = TickReader(client, Keys())
        yield Source(simulator, clock, poller, streams.streamers[NAME], reader, on_their_way)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def test_a_cut_stream_is_stood_in_for_and_resumes(source: Source) -> None:
    """Values go on by asking while the stream is away, then by the stream; none twice or back."""
    link = source.streamer
    await wait_until(lambda: link.intake.link.opened_at is not None, "the stream is open")
    await source.run(3)
    await wait_until(lambda: link.brings() == {BTC_USD}, "the stream brings the price")
    await source.run(30)
    before = source.asked()
    assert before <= 1  # a check at most, in half a minute of five-second polls
    streamed = len(await source.stored())
    assert streamed >= 30

    source.simulator.streams.set_mood(NAME, "5xx")
    assert source.simulator.streams.drop(NAME) == 1
    await wait_until(lambda: link.brings() == frozenset(), "the cut is seen")
    await source.run(30)
    assert link.record()["link"] == LinkState.DOWN
    assert source.asked() - before >= 5
    stood_in = len(await source.stored())
    assert stood_in - streamed >= 5

    source.simulator.streams.set_mood(NAME, "normal")
    source.clock.advance(61)
    await wait_until(lambda: link.intake.link.opened_at is not None, "it is opened anew")
    await source.run(3)
    await wait_until(lambda: link.brings() == {BTC_USD}, "it is subscribed anew")
    asked = source.asked()
    await source.run(20)
    assert source.asked() - asked <= 1
    assert link.record()["reconnects"] == 1

    quotes = await source.stored()
    assert len(quotes) - stood_in >= 20
    moments = [quote.observed_at for quote in quotes]
    assert moments == sorted(set(moments))
    assert {quote.source for quote in quotes} == {NAME}


async def test_a_burst_reaches_the_store_as_its_extremes(source: Source) -> None:
    """Fifty trades at once make a few entries, the lowest, the highest and the last among them."""
    link, simulator = source.streamer, source.simulator
    await wait_until(lambda: link.intake.link.opened_at is not None, "the stream is open")
    await source.run(3)
    simulator.streams.set_mood(NAME, "quiet")
    await source.run(2)
    before = len(await source.stored())
    for place in range(50):
        price = {10: 91_000, 30: 99_000}.get(place, 95_000 + place)
        simulator.market.put(BTC_USD, Decimal(price))
        await simulator.streams.push(NAME, 950_000_000 + place)
    await wait_until(
        lambda: link.intake.trails["ticker", BTC_USD].highest == 950_000_049, "all have come"
    )
    await source.run(2)
    values = [int(quote.value) for quote in (await source.stored())[before:]]
    # what has come first goes at once, for a single trade must not wait; then one write, in three
    assert (min(values), max(values), values[-1]) == (91_000, 99_000, 95_049)
    assert values.index(91_000) < values.index(99_000)
    assert len(values) <= 6
