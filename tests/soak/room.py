"""The feeds and streams of the whole service, each with its real budget, against the simulator."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import random
import tracemalloc
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp.test_utils import TestServer

from monitor.core.clock import SECOND, Clock, ManualClock, Millis
from monitor.core.discovery import declared
from monitor.domain.events import BTC_USD, BTC_USDT, Quote
from monitor.feeds.base import Feed
from monitor.feeds.gate import Gate
from monitor.feeds.http import HttpClient
from monitor.feeds.intake import Intake
from monitor.feeds.lanes import REJECTED_PAUSE_S
from monitor.feeds.link import LinkState
from monitor.feeds.poller import Poller
from monitor.feeds.streamer import Streamer
from monitor.feeds.streams import Stream
from monitor.feeds.websocket import WebSocketClient
from tests.simulator.catalogue import ENVIRON
from tests.simulator.server import Simulator
from tests.soak.faults import Faults
from tests.soak.verdict import BudgetWatch, PriceWatch
from tests.streaming import StreamCounts, settled
from tests.unit.monitor.feeds.doubles import Counts
from tests.waiting import wait_until

OURS = "*/monitor/*"
FDS = Path("/proc/self/fd")


@dataclass(slots=True)
class Waits:
    """A clock that tells how many wait on it."""

    inner: Clock
    waiting: int = 0

    def now(self) -> Millis:
        """Return the moment."""
        return self.inner.now()

    async def sleep(self, seconds: float) -> None:
        """Wait, and be counted meanwhile."""
        self.waiting += 1
        try:
            await self.inner.sleep(seconds)
        finally:
            self.waiting -= 1


@dataclass(frozen=True, slots=True)
class Held:
    """What the process holds at one moment.

    Attributes:
        tasks: running tasks that our code began.
        sockets: open sockets, the simulator's side included; 0 where the system does not tell.
        bytes: memory that our code asked for and did not give back; 0 while nobody counts.

    """

    tasks: int
    sockets: int
    bytes: int


@dataclass(slots=True, kw_only=True)
class SoakRoom:
    """Everything that asks and listens, second by second.

    Attributes:
        simulator: all providers.
        clock: moved by hand, or the wall's.
        waits: the clock of whoever asks, to know who waits for a token.
        pollers: by feed.
        streamers: by stream.
        faults: what befalls them.
        prices: the judge of the reference price.
        budgets: the judge of what was asked.
        latest: the newest quote of each source and instrument.
        second: how many have passed.

    """

    simulator: Simulator
    clock: Clock
    waits: Waits
    pollers: dict[str, Poller]
    streamers: dict[str, Streamer]
    faults: Faults
    prices: PriceWatch
    budgets: BudgetWatch
    latest: dict[tuple[str, str], Quote]
    second: int = 0
    _asking: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def run(self, seconds: int, *, faulty: bool = True) -> None:
        """Let so many seconds pass, with faults or without."""
        if not faulty:
            self.faults.end_all()
        for _ in range(seconds):
            self.second += 1
            if faulty:
                self.faults.pass_second(self.second)
            await self._pass_second()
            now = self.clock.now()
            truth = float(self.simulator.market.value(BTC_USD))
            self.prices.look(self.latest.values(), truth, now)
            self.budgets.look(self.simulator.requests, now)

    async def recover(self, limit_s: int) -> None:
        """Let all be well until every stream is up again; fail after `limit_s`.

        What was rejected is tried again much later: a clock that can leaps there.
        """
        self.faults.end_all()
        if isinstance(self.clock, ManualClock):
            self.clock.advance(REJECTED_PAUSE_S)
            await settled()
        for _ in range(limit_s):
            await self.run(1, faulty=False)
            if not self.down():
                return
        raise AssertionError(f"not up after {limit_s} s: {self.down()}")

    def down(self) -> dict[str, str]:
        """Return the streams that are not up, each with its failure."""
        now = self.clock.now()
        links = {name: at.intake.link.state(now) for name, at in self.streamers.items()}
        return {
            name: f"{link} {self.streamers[name].intake.message}"
            for name, link in links.items()
            if link is not LinkState.UP
        }

    async def held(self) -> Held:
        """Return what the process holds beside the polls that are under way."""
        await settled()
        gc.collect()
        counted = 0
        if tracemalloc.is_tracing():
            ours = tracemalloc.take_snapshot().filter_traces((tracemalloc.Filter(True, OURS),))
            counted = sum(trace.size for trace in ours.traces)
        polls = set(self._asking.values())
        tasks = [task for task in asyncio.all_tasks() - polls if _is_ours(task)]
        return Held(len(tasks), _sockets(), counted)

    async def _pass_second(self) -> None:
        if isinstance(self.clock, ManualClock):
            self.clock.advance(1)
            await settled()
            self._ask()
            await self._idle()
        else:
            await self.clock.sleep(1)
            self._ask()

    def _ask(self) -> None:
        self._asking = {name: task for name, task in self._asking.items() if not task.done()}
        for name, poller in self.pollers.items():
            if name not in self._asking and poller.health.next_due <= self.clock.now():
                self._asking[name] = asyncio.create_task(poller.poll())

    async def _idle(self) -> None:
        """Wait until whoever still asks waits for the clock."""

        def all_wait() -> bool:
            return sum(not task.done() for task in self._asking.values()) <= self.waits.waiting

        await wait_until(all_wait, "all polls wait for the clock", 60)
        await settled()


@contextlib.asynccontextmanager
async def soaking(clock: Clock, *, seed: int, heavy: bool = False) -> AsyncIterator[SoakRoom]:
    """Run all feeds and streams against a simulator under this clock."""
    simulator, waits = Simulator(clock=clock, seed=seed, slow_s=15), Waits(clock)
    latest: dict[tuple[str, str], Quote] = {}

    async def store(quotes: Sequence[Quote]) -> None:
        latest.update({(quote.source, quote.instrument): quote for quote in quotes})

    server = TestServer(simulator.app(), handler_cancellation=True, shutdown_timeout=0.1)
    async with (
        server,
        HttpClient(waits, ENVIRON) as http,
        WebSocketClient(clock, ENVIRON) as client,
    ):
        pollers = {}
        for name, feed in declared("monitor.feeds", "FEED", Feed):
            here = feed.overridden(base_url=str(server.make_url(f"/{name}")))
            pollers[name] = Poller(
                feed=here,
                http=http.bind(here.spec),
                deliver=store,
                clock=clock,
                instruments=Counts(),
                rng=random.Random(f"{seed}:{name}"),
            )
        streamers = {}
        for name, stream in declared("monitor.feeds", "STREAM", Stream):
            at = stream.overridden(url=str(server.make_url(f"/ws/{name}")))
            streamers[name] = _streamer(at, pollers[name].gate, client, clock, seed)
            pollers[name].stand_back_for(streamers[name].brings, check_s=at.spec.check_s)
        room = _room(simulator, waits, pollers, streamers, latest, seed, heavy=heavy)
        running = [asyncio.create_task(streamer.run()) for streamer in streamers.values()]
        try:
            yield room
        finally:
            running += room._asking.values()
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)


def _streamer(
    stream: Stream, gate: Gate, client: WebSocketClient, clock: Clock, seed: int
) -> Streamer:
    intake = Intake(stream=stream, gate=gate, clock=clock, instruments=StreamCounts())
    rng = random.Random(f"{seed}:{stream.spec.name}:stream")
    return Streamer(intake=intake, connector=client.bind(stream.spec), clock=clock, rng=rng)


def _room(
    simulator: Simulator,
    waits: Waits,
    pollers: dict[str, Poller],
    streamers: dict[str, Streamer],
    latest: dict[tuple[str, str], Quote],
    seed: int,
    *,
    heavy: bool,
) -> SoakRoom:
    specs = {name: poller.spec for name, poller in pollers.items()}
    venues = [name for name, spec in specs.items() if {BTC_USD, BTC_USDT} & set(spec.instruments)]
    faults = Faults(
        simulator=simulator,
        clock=waits.inner,
        latest=latest,
        rng=random.Random(seed),
        feeds=list(pollers),
        streams=list(streamers),
        venues=venues,
        heavy=heavy,
    )
    longest_s = max(specs[name].fresh_s for name in venues)
    return SoakRoom(
        simulator=simulator,
        clock=waits.inner,
        waits=waits,
        pollers=pollers,
        streamers=streamers,
        faults=faults,
        prices=PriceWatch(round(longest_s * SECOND)),
        budgets=BudgetWatch(specs),
        latest=latest,
    )


def _is_ours(task: asyncio.Task[object]) -> bool:
    code = getattr(task.get_coro(), "cr_code", None)
    return code is not None and "/monitor/" in code.co_filename


def _sockets() -> int:
    if not FDS.is_dir():
        return 0
    links = []
    for entry in FDS.iterdir():
        with contextlib.suppress(OSError):  # the one that lists them is gone by now
            links.append(str(entry.readlink()))
    return sum(link.startswith("socket:") for link in links)
