"""A service's compute role on a real Redis, inside the test, for commands that ask a running one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from redis.asyncio import Redis

from monitor.app.computing import ComputeRole, ShownRulebook
from monitor.app.world import build_step, load_world
from monitor.compute.worker import ROLE, ComputeWorker
from monitor.core.clock import SystemClock
from monitor.domain.events import Quote
from monitor.settings import Settings
from monitor.store.client import connected
from monitor.store.commit import Committer
from monitor.store.keys import Keys
from monitor.store.leases import Leases
from monitor.store.rulebooks import RulebookStore
from monitor.store.ticks import TickReader, append_raw
from monitor.store.views import ViewStore
from monitor.telemetry.instruments import Instruments
from monitor.telemetry.series import Known
from tests.command import Said, hashhedge
from tests.waiting import wait_until
from tests.worlds import quote

HOUR = 3_600_000


class Computing:
    """A compute worker at work on one Redis, under the default keys."""

    def __init__(self, client: Redis, url: str, role: ComputeRole) -> None:
        self._client = client
        self._keys = Keys()
        self._role = role
        self.url = url

    async def say(self, *quotes: Quote) -> None:
        """Send quotes as any program may, and come back when they are computed."""
        await append_raw(self._client, self._keys, quotes, SystemClock().now())
        await self.settled()

    async def settled(self, within_s: float = 10) -> None:
        """Come back when everything in the stream is committed."""

        async def done() -> bool:
            entries = await self._client.xrevrange(self._keys.ticks, count=1)
            cursor = await self._client.hget(self._keys.state, "cursor")
            return not entries or cursor == entries[0][0]

        async with asyncio.timeout(within_s):
            while not await done():
                pass

    async def show(self) -> None:
        """Write what people see in Redis, as the role does once a second."""
        step = self._role.worker.step
        assert step is not None
        await self._role.show_once(step)

    async def ask(self, *words: str | Path) -> Said:
        """Run a command against this service."""
        return await asyncio.to_thread(hashhedge, *words, "--redis-url", self.url)


@asynccontextmanager
async def computing(
    url: str, *, rules: Path | None = None, companies: Path | None = None
) -> AsyncIterator[Computing]:
    """Compute on the Redis at `url` for the block, with these books or the default ones."""
    clock = SystemClock()
    world = load_world(Settings(rules=rules, companies=companies), clock.now())
    async with connected(url) as client, connected(url, blocking=True) as blocking:
        told = Instruments(Known(), version="0")
        reader = TickReader(blocking, Keys())
        worker = ComputeWorker(
            Committer(client, Keys()),
            reader,
            build=lambda users: build_step(world, users=users),
            clock=clock,
            counts=told,
        )
        views = ViewStore(client, Keys())
        role = ComputeRole(worker, views, TickReader(client, Keys()), world.catalogue, told)
        role.rulebook = ShownRulebook(lambda: world.rulebook, RulebookStore(client, Keys()))
        lease = await Leases(client, Keys()).acquire(ROLE, "test")
        assert lease is not None
        task = asyncio.create_task(worker.work(lease))
        try:
            await wait_until(lambda: worker.step is not None or task.done(), "the first commit")
            yield Computing(client, url, role)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def market(at: int, *, btc_usd: float = 105_000) -> Sequence[Quote]:
    """Return the reference network of 2026-01-12 at a price, good for an hour."""
    values: dict[str, float | str] = {
        "BTC-USD": btc_usd,
        "network.difficulty": 146_472_570_620_000,
        "network.height": 931_995,
        "network.fees_btc_per_block": "0.016238",
    }
    return [quote(name, value, at, fresh_ms=HOUR) for name, value in values.items()]
