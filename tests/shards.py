"""One shard in a real Redis, with workers that come and go."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from alerts.codec import decode_transition
from alerts.model import Transition
from alerts.rules.base import Rule
from monitor.compute.worker import ComputeWorker
from monitor.core.clock import HOUR, ManualClock
from monitor.domain.events import Quote
from monitor.store.client import RedisClient
from monitor.store.codec import encode_tick
from monitor.store.commit import Committer
from monitor.store.keys import Keys
from monitor.store.leases import Lease, Leases
from monitor.store.ticks import TickReader
from monitor.store.transitions import committed_transitions
from tests.waiting import wait_until
from tests.worlds import NOON, make_step, quote, threshold

ROLE = "compute"
RULES = [threshold(id="up", on="X", above=10.0, recover=5.0)]


@dataclass
class Told:
    """What the loop counted."""

    ticks: int = 0
    steps: int = 0
    rules: int = 0
    trimmed: int = 0
    rejected: Counter[tuple[str, str]] = field(default_factory=Counter)
    transitions: list[tuple[str, str]] = field(default_factory=list)

    def ticks_taken(self, ticks: int) -> None:
        """Count entries."""
        self.ticks += ticks

    def ticks_trimmed(self, ticks: int) -> None:
        """Count what the stream forgot."""
        self.trimmed += ticks

    def step_took(self, seconds: float) -> None:
        """Count batches."""
        assert seconds >= 0
        self.steps += 1

    def quote_rejected(self, feed: str, reason: str, times: int = 1) -> None:
        """Count refused quotes."""
        self.rejected[feed, reason] += times

    def rules_evaluated(self, kind: str, times: int, seconds: float) -> None:
        """Count evaluations."""
        assert kind in {"threshold", "expression"}
        assert seconds >= 0
        self.rules += times

    def transitioned(self, to_state: str, reason: str, mode: str) -> None:
        """Note a transition."""
        self.transitions.append((to_state, reason))


class Shard:
    """One shard in a real Redis with workers that come and go."""

    def __init__(self, client: RedisClient, tag: str) -> None:
        self.client = client
        self.keys = Keys(tag)
        self.clock = ManualClock(NOON)
        self.rules: Sequence[Rule] = RULES
        self.told = Told()

    async def counted(self, ticks: int) -> None:
        """Wait until so many entries have been shown to a step."""
        await wait_until(lambda: self.told.ticks == ticks, f"{ticks} ticks to be counted")

    def worker(self, *, count: int = 500) -> ComputeWorker:
        """Return a worker of this shard."""
        return ComputeWorker(
            Committer(self.client, self.keys),
            TickReader(self.client, self.keys, count=count),
            build=lambda _users: make_step(self.rules),
            clock=self.clock,
            counts=self.told,
        )

    async def lease(self, owner: str = "one") -> Lease:
        """Return a new lease, as if the one before had run out."""
        await self.client.delete(self.keys.lease(ROLE))
        lease = await Leases(self.client, self.keys).acquire(ROLE, owner)
        assert lease is not None
        return lease

    async def add(self, *quotes: Quote, at: int | None = None) -> str:
        """Append one tick as a stranger would."""
        entry = await self.client.xadd(self.keys.ticks, encode_tick(quotes, at))  # type: ignore[arg-type]  # redis-py's dict is invariant
        assert isinstance(entry, bytes)
        return entry.decode()

    async def transitions(self) -> list[Transition]:
        """Return the whole audit trail."""
        return [decode_transition(b) async for b in committed_transitions(self.client, self.keys)]

    async def settled(self, cursor: str) -> None:
        """Wait until the entry `cursor` has been committed."""

        async def reached() -> bool:
            return await self.client.hget(self.keys.state, "cursor") == cursor.encode()

        async with asyncio.timeout(10):
            while not await reached():
                pass

    @asynccontextmanager
    async def working(self, worker: ComputeWorker | None = None) -> AsyncIterator[ComputeWorker]:
        """Let a worker work for the block under a lease of its own."""
        worker = worker or self.worker()
        task = asyncio.create_task(worker.work(await self.lease()))
        try:
            yield worker
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def x(value: float, at: int = NOON) -> Quote:
    """Return a quote of X that is good for an hour."""
    return quote("X", value, at, fresh_ms=HOUR)
