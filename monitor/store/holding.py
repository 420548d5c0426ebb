"""Do a role's work while its lease is held: acquire, renew beside the work, start over on failure.

Whatever the work was doing when the store failed or the lease was lost, it is cancelled and
begun anew with a new lease, from what Redis holds: no role keeps a memory of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import structlog

from monitor.core.backoff import Backoff
from monitor.core.clock import SECOND, Clock
from monitor.core.errors import LeaseLost, StoreUnavailable
from monitor.store.leases import Lease, Leases

STEADY_MS = 10 * SECOND
"""Work that went on for this long has got over the failures before it."""

AGAIN_S = 0.02
"""The shortest wait after a failure: jitter that draws next to nothing may not make a hot loop."""

log = structlog.get_logger()

Work = Callable[[Lease], Awaitable[None]]


class HoldingCounts(Protocol):
    """What is told of the holding; telemetry implements it."""

    def lease_held(self, role: str, held: bool) -> None:
        """Set whether this process does the work of `role`."""
        ...

    def store_failed(self, role: str, why: str) -> None:
        """Count a failed Redis command in the work of `role`; it fails until told otherwise."""
        ...

    def store_works(self, role: str) -> None:
        """Note that Redis took a write of `role`, or that there is none to make."""
        ...


@dataclass(frozen=True, slots=True)
class Holder:
    """One process as a holder of leases.

    Attributes:
        leases: of the shard.
        owner: this process's name as a holder.
        clock: what waiting is measured on.
        counts: told when a lease is taken or lost, and of each failure.

    """

    leases: Leases
    owner: str
    clock: Clock
    counts: HoldingCounts

    async def hold(self, role: str, work: Work) -> None:
        """Run `work` whenever this process holds the lease of `role`; never returns by itself.

        On cancellation the lease is given back, so that the next holder need not wait.
        """
        backoff, rng = Backoff(base_s=0.2, cap_s=5.0), random.Random()  # noqa: S311  # jitter, not a secret
        failures = away = 0
        while True:
            began = self.clock.now()
            try:
                await self._turn(role, work, away)
            except LeaseLost as lost:
                log.warning("lease.lost", role=role, why=str(lost))
                away = 0
            except StoreUnavailable as error:
                self.counts.store_failed(role, str(error))
                if self.clock.now() - began > STEADY_MS:
                    away = 0  # it was there meanwhile
                if not away:
                    log.warning("store.unavailable", role=role, why=str(error))
                away += 1
            else:
                failures = away = 0
                continue
            if self.clock.now() - began > STEADY_MS:
                failures = 0
            await self.clock.sleep(backoff.delay_s(failures, rng, floor_s=AGAIN_S))
            failures += 1

    async def _turn(self, role: str, work: Work, away: int) -> None:
        """Ask for the lease once; wait if another has it, else work until something breaks."""
        lease = await self.leases.acquire(role, self.owner)
        if away:
            log.info("store.recovered", role=role, failures=away)
        if lease is None:
            self.counts.store_works(role)
            await self.clock.sleep(self.leases.renew_every_s)
        else:
            await self._held(lease, work)

    async def _held(self, lease: Lease, work: Work) -> None:
        """Work and renew side by side; the first to fail ends both."""
        log.info("lease.taken", role=lease.role, fence=lease.token)
        self.counts.lease_held(lease.role, True)
        working = asyncio.ensure_future(work(lease))
        renewing = asyncio.ensure_future(self._renew(lease))
        try:
            done, _ = await asyncio.wait({working, renewing}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except asyncio.CancelledError:
            await _cancel(working, renewing)
            with contextlib.suppress(StoreUnavailable):  # it runs out by itself soon enough
                await self.leases.release(lease)
            raise
        finally:
            self.counts.lease_held(lease.role, False)
            await _cancel(working, renewing)

    async def _renew(self, lease: Lease) -> None:
        while True:
            await self.clock.sleep(self.leases.renew_every_s)
            await self.leases.renew(lease)
            self.counts.store_works(lease.role)


async def _cancel(*tasks: asyncio.Future[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
