"""A stream against the simulator under a clock that is moved by hand."""

from __future__ import annotations

import array
import asyncio
import contextlib
import fcntl
import random
import termios
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp.test_utils import TestServer

from monitor.core.clock import ManualClock
from monitor.domain.events import Quote
from monitor.feeds.gate import Gate
from monitor.feeds.intake import Intake
from monitor.feeds.streamer import Streamer
from monitor.feeds.streams import Stream
from monitor.feeds.websocket import WebSocketClient
from tests.simulator.catalogue import ENVIRON
from tests.simulator.server import Simulator
from tests.unit.monitor.feeds.doubles import Counts, wait_until

NOW = 1_768_229_760_000
FDS = Path("/proc/self/fd")
SETTLE_LIMIT_S = 10.0
TURNS = 12
"""More than the hops between a message that is sent and what follows from it."""
QUIET_ROUNDS = 2


@dataclass
class StreamCounts:
    """A `StreamInstruments` that keeps what it was told."""

    events: Counter[tuple[str, ...]] = field(default_factory=Counter)
    missed: int = 0

    def failed(self, feed: str, reason: str) -> None:
        """Count a failure."""
        self.events["failed", feed, reason] += 1

    def reconnected(self, feed: str) -> None:
        """Count a connection opened again."""
        self.events["reconnected", feed] += 1

    def disordered(self, feed: str, place: str) -> None:
        """Count a repeat or a late one."""
        self.events[place, feed] += 1

    def lost(self, feed: str, *, gaps: int, messages: int) -> None:
        """Count gaps and what is in them."""
        self.events["gap", feed] += gaps
        self.missed += messages


@dataclass
class Listening:
    """One stream, running, and what it stored.

    Attributes:
        name: the provider.
        simulator: what it listens to.
        clock: of both.
        counts: of the stream.
        gate_counts: of its gate.
        stored: what was handed over, in order.
        streamer: the stream.

    """

    name: str
    simulator: Simulator
    clock: ManualClock
    counts: StreamCounts
    gate_counts: Counts
    stored: list[Quote]
    streamer: Streamer

    async def beat(self, seconds: int = 1) -> None:
        """Let time pass second by second, and what is sent meanwhile arrive."""
        for _ in range(seconds):
            self.clock.advance(1)
            await settled()

    async def up(self) -> None:
        """Wait until the stream is confirmed, and its values come with the next beat."""
        link = self.streamer.intake
        await wait_until(lambda: link.link.opened_at is not None, "it is open")
        for _ in range(10):
            if link.link.up_since is not None:
                return
            await self.beat()
        raise AssertionError(f"{self.name} is not up: {self.streamer.record()}")


async def settled() -> None:
    """Let what is on its way over the loopback arrive: both its ends are in this process.

    What was sent lies unread in a socket until the loop has turned; when none has anything left and
    the loop has turned as often again, whoever was to act has acted.
    """
    quiet = 0
    async with asyncio.timeout(SETTLE_LIMIT_S):
        while quiet < QUIET_ROUNDS:
            for _ in range(TURNS):
                await asyncio.sleep(0)
            quiet = 0 if _unread_bytes() else quiet + 1


def _unread_bytes() -> int:
    """Return how many bytes lie in the sockets of this process that nobody has read."""
    found = 0
    for entry in FDS.iterdir():
        count = array.array("i", [0])
        with contextlib.suppress(OSError):  # no socket, or one that only listens
            fcntl.ioctl(int(entry.name), termios.FIONREAD, count)
        found += count[0]
    return found


@contextlib.asynccontextmanager
async def listening(stream: Stream, mood: str = "normal") -> AsyncIterator[Listening]:
    """Run `stream` against the simulator in this mood."""
    clock, name = ManualClock(NOW), stream.spec.name
    simulator, stored = Simulator(clock=clock), list[Quote]()
    simulator.streams.set_mood(name, mood)

    async def store(quotes: Sequence[Quote]) -> None:
        stored.extend(quotes)

    server = TestServer(simulator.app(), handler_cancellation=True, shutdown_timeout=0.1)
    async with server, WebSocketClient(clock, ENVIRON) as client:
        here = stream.overridden(url=str(server.make_url(f"/ws/{name}")))
        counts, gate_counts = StreamCounts(), Counts()
        gate = Gate(
            name=name,
            budget_ms=round(stream.spec.fresh_s * 1_000),
            deliver=store,
            clock=clock,
            instruments=gate_counts,
        )
        intake = Intake(stream=here, gate=gate, clock=clock, instruments=counts)
        streamer = Streamer(
            intake=intake,
            connector=client.bind(here.spec),
            clock=clock,
            rng=random.Random(7),
        )
        running = asyncio.create_task(streamer.run())
        try:
            yield Listening(name, simulator, clock, counts, gate_counts, stored, streamer)
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running
