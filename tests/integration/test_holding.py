"""Holding a role: work only under the lease, start over after a failure, give back at the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from redis.asyncio import Redis

from monitor.core.clock import ManualClock
from monitor.core.errors import LeaseLost, StoreUnavailable
from monitor.store.holding import Holder, Work
from monitor.store.keys import Keys
from monitor.store.leases import Lease, Leases
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

ROLE = "compute"
TTL_MS = 600_000
"""Far longer than any test: nothing here may depend on a lease that runs out."""


@dataclass
class Told:
    """What the holder said about itself."""

    held: list[bool] = field(default_factory=list)
    failures: int = 0
    why: str = ""

    def lease_held(self, role: str, held: bool) -> None:
        """Note it."""
        assert role == ROLE
        self.held.append(held)

    def store_failed(self, role: str, why: str) -> None:
        """Count it, and why."""
        assert role == ROLE
        self.failures += 1
        self.why = why

    def store_works(self, role: str) -> None:
        """Forget why."""
        assert role == ROLE
        self.why = ""


@dataclass
class Scene:
    """One holder at work."""

    client: Redis
    keys: Keys
    clock: ManualClock
    told: Told
    leases: list[Lease] = field(default_factory=list)
    ended: int = 0

    def working(self, *failures: Exception) -> Work:
        """Return work that fails once with each of `failures`, then goes on until it is ended."""
        left = list(failures)

        async def work(lease: Lease) -> None:
            self.leases.append(lease)
            if left:
                raise left.pop(0)
            try:
                await asyncio.Event().wait()
            finally:
                self.ended += 1

        return work

    async def moved(self, predicate: Callable[[], object], what: str) -> None:
        """Let time pass on the holder's clock until `predicate` holds."""

        def move() -> object:
            self.clock.advance(TTL_MS / 3_000)
            return predicate()

        await wait_until(move, what)

    @asynccontextmanager
    async def holding(self, work: Work, owner: str = "me") -> AsyncIterator[asyncio.Task[None]]:
        """Hold the role for the block."""
        leases = Leases(self.client, self.keys, ttl_ms=TTL_MS)
        holder = Holder(leases, owner, self.clock, self.told)
        task = asyncio.create_task(holder.hold(ROLE, work))
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def scene(redis: Redis, tag: str) -> Scene:
    """Give a holder's surroundings."""
    return Scene(redis, Keys(tag), ManualClock(), Told())


async def test_the_lease_is_given_back_at_the_end(scene: Scene) -> None:
    """A holder that is stopped ends its work and leaves no lease for the next to wait for."""
    async with scene.holding(scene.working()):
        await wait_until(lambda: scene.leases, "the work to begin")
        assert await scene.client.get(scene.keys.lease(ROLE)) == b"me"
    assert await scene.client.exists(scene.keys.lease(ROLE)) == 0
    assert (scene.told.held, scene.ended) == ([True, False], 1)


async def test_the_second_waits_for_the_first(scene: Scene) -> None:
    """Work is done under the lease only; the second begins when the first has gone."""
    async with scene.holding(scene.working(), "first"):
        await wait_until(lambda: scene.leases, "the first to begin")
        async with scene.holding(scene.working(), "second"):
            for _ in range(20):  # each round trip of ours gives the second time for one of its own
                await scene.client.ping()
                scene.clock.advance(TTL_MS)
            assert [lease.owner for lease in scene.leases] == ["first"]
    async with scene.holding(scene.working(), "second"):
        await scene.moved(lambda: len(scene.leases) == 2, "the second to begin")
    assert scene.leases[1].token > scene.leases[0].token


async def test_a_lost_lease_ends_the_work(scene: Scene) -> None:
    """When another has taken over, renewing fails and the work is cancelled within its lifetime."""
    async with scene.holding(scene.working()):
        await wait_until(lambda: scene.leases, "the work to begin")
        await scene.client.delete(scene.keys.lease(ROLE))
        other = await Leases(scene.client, scene.keys).acquire(ROLE, "another")
        assert other is not None
        await scene.moved(lambda: scene.ended, "the work to be cancelled")
    assert await scene.client.get(scene.keys.lease(ROLE)) == b"another"


@pytest.mark.parametrize(
    "failure", [StoreUnavailable("gone"), LeaseLost("the cursor is not where it was")]
)
async def test_work_that_failed_begins_anew_with_a_new_lease(
    scene: Scene, failure: Exception
) -> None:
    """After a failure the same process starts over without waiting for its own lease to run out."""
    async with scene.holding(scene.working(failure)):
        await scene.moved(lambda: len(scene.leases) == 2, "the work to begin again")
    first, second = scene.leases
    assert second.token > first.token
    assert scene.told.failures == isinstance(failure, StoreUnavailable)


async def test_failures_one_after_the_other_are_spaced(scene: Scene) -> None:
    """Work that always fails is not begun again before some time has passed: no hot loop."""
    async with scene.holding(scene.working(*[StoreUnavailable("gone")] * 50)):
        await wait_until(lambda: scene.told.failures, "the first failure")
        for _ in range(200):
            await asyncio.sleep(0)
        assert len(scene.leases) == 1
        await scene.moved(lambda: len(scene.leases) == 51, "the work to hold in the end")


async def test_a_failure_is_told_until_a_write_succeeds(scene: Scene) -> None:
    """Redis that answers but takes no write is told as long as it lasts, and then no longer."""
    await scene.client.set(scene.keys.token(ROLE), "no number")
    async with scene.holding(scene.working()):
        await scene.moved(lambda: scene.told.failures > 2, "several failures")
        assert "acquire the compute lease" in scene.told.why
        await scene.client.delete(scene.keys.token(ROLE))
        await scene.moved(lambda: scene.leases and not scene.told.why, "the failure to be over")


async def test_who_waits_for_the_lease_is_not_failing(scene: Scene) -> None:
    """After an outage a standby writes nothing, so there is nothing that could still fail."""
    scene.told.why = "the outage before"
    async with scene.holding(scene.working(), "first"):
        await wait_until(lambda: scene.leases, "the first to begin")
        async with scene.holding(scene.working(), "second"):
            await wait_until(lambda: not scene.told.why, "the failure to be over")


async def test_a_bug_in_the_work_comes_out(scene: Scene) -> None:
    """An error that nobody expects is not swallowed: it ends the role, and the lease is free."""
    async with scene.holding(scene.working(ZeroDivisionError("a bug"))) as task:
        await wait_until(task.done, "the role to end")
        with pytest.raises(ZeroDivisionError):
            task.result()
    assert scene.told.held == [True, False]
