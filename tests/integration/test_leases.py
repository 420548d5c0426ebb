"""Leases in a real Redis: one holder at a time, rising tokens, and nobody waits for the dead."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis

from monitor.core.errors import LeaseLost, StoreUnavailable
from monitor.store.client import connect
from monitor.store.keys import Keys
from monitor.store.leases import Leases, own_name, surely_dead
from tests.holders import dead_process, living_process
from tests.servers import TestRedis

pytestmark = pytest.mark.integration

FAR = "another-boot/123/77/5000"
"""A holder on another machine: nothing can be known of it."""


async def test_one_holder_at_a_time(any_redis: Redis, tag: str) -> None:
    """While one holds the role nobody else gets it; given back, the next has it at once."""
    leases = Leases(any_redis, Keys(tag))
    first = await leases.acquire("compute", FAR)
    assert first is not None
    assert await leases.acquire("compute", own_name()) is None
    assert await leases.acquire("relay", own_name()) is not None
    await leases.release(first)
    second = await leases.acquire("compute", own_name())
    assert second is not None
    assert second.token > first.token


async def test_tokens_rise_even_when_all_is_forgotten_but_the_counter(
    any_redis: Redis, tag: str
) -> None:
    """Each holder has a higher token than every one before it."""
    keys = Keys(tag)
    leases = Leases(any_redis, keys)
    tokens = []
    for _ in range(3):
        lease = await leases.acquire("compute", FAR)
        assert lease is not None
        tokens.append(lease.token)
        await any_redis.delete(keys.lease("compute"))
    assert tokens == sorted(set(tokens))


async def test_renewing_keeps_the_lease(any_redis: Redis, tag: str) -> None:
    """A renewed lease lives for its whole time again."""
    keys = Keys(tag)
    leases = Leases(any_redis, keys, ttl_ms=60_000)
    lease = await leases.acquire("compute", FAR)
    assert lease is not None
    await any_redis.pexpire(keys.lease("compute"), 1_000)
    await leases.renew(lease)
    assert await any_redis.pttl(keys.lease("compute")) > 50_000


async def test_a_lease_that_ran_out_untaken_can_be_renewed(any_redis: Redis, tag: str) -> None:
    """A holder that was late but has no successor goes on with the same token."""
    keys = Keys(tag)
    leases = Leases(any_redis, keys)
    lease = await leases.acquire("compute", FAR)
    assert lease is not None
    await any_redis.delete(keys.lease("compute"))
    await leases.renew(lease)
    assert await any_redis.get(keys.lease("compute")) == FAR.encode()


async def test_a_lease_that_was_taken_over_is_lost_for_good(any_redis: Redis, tag: str) -> None:
    """The old holder can neither renew nor give back what is another's, also after that one left."""
    keys = Keys(tag)
    leases = Leases(any_redis, keys)
    old = await leases.acquire("compute", FAR)
    assert old is not None
    await any_redis.delete(keys.lease("compute"))
    new = await leases.acquire("compute", own_name())
    assert new is not None
    with pytest.raises(LeaseLost):
        await leases.renew(old)
    await leases.release(old)
    assert await any_redis.get(keys.lease("compute")) == own_name().encode()
    await leases.release(new)
    with pytest.raises(LeaseLost):
        await leases.renew(old)


async def test_a_lease_runs_out_by_itself(any_redis: Redis, tag: str) -> None:
    """The key of a lease always has an end, set by its lifetime."""
    keys = Keys(tag)
    await Leases(any_redis, keys, ttl_ms=700).acquire("compute", FAR)
    assert 0 < await any_redis.pttl(keys.lease("compute")) <= 700


async def test_the_dead_of_this_machine_are_not_waited_for(any_redis: Redis, tag: str) -> None:
    """After a kill -9 the next start here takes over at once, with a higher token."""
    leases = Leases(any_redis, Keys(tag), ttl_ms=600_000)
    old = await leases.acquire("compute", dead_process())
    assert old is not None
    new = await leases.acquire("compute", own_name())
    assert new is not None
    assert new.token > old.token


async def test_the_living_of_this_machine_keep_their_lease(any_redis: Redis, tag: str) -> None:
    """A process that runs, or one that nothing is known of, is never taken from."""
    leases = Leases(any_redis, Keys(tag))
    with living_process() as name:
        assert await leases.acquire("compute", name) is not None
        assert await leases.acquire("compute", own_name()) is None


async def test_a_process_takes_its_own_lease_anew(any_redis: Redis, tag: str) -> None:
    """Whoever holds the lease starts its work over without waiting, and fences its own past."""
    leases = Leases(any_redis, Keys(tag))
    first = await leases.acquire("compute", own_name())
    assert first is not None
    second = await leases.acquire("compute", own_name())
    assert second is not None
    assert second.token > first.token
    with pytest.raises(LeaseLost):
        await leases.renew(first)


def test_only_what_is_known_to_be_gone_is_dead() -> None:
    """Another boot, another namespace, a strange text and ourselves all count as alive."""
    host, pid, started = own_name().rsplit("/", 2)
    assert surely_dead(dead_process())
    assert surely_dead(f"{host}/{pid}/1{started}")  # the number was given to another process
    for name in (own_name(), FAR, "", "/", "x", f"{host}/x/{started}", f"other/{pid}/1"):
        assert not surely_dead(name), name


async def test_a_lost_redis_is_store_unavailable(own_redis: TestRedis, tag: str) -> None:
    """Each operation names what it was about to do when Redis was gone."""
    client = connect(own_redis.url)
    leases = Leases(client, Keys(tag))
    lease = await leases.acquire("compute", FAR)
    assert lease is not None
    own_redis.kill()
    with pytest.raises(StoreUnavailable, match="acquire the compute lease"):
        await leases.acquire("compute", FAR)
    with pytest.raises(StoreUnavailable, match="renew the compute lease"):
        await leases.renew(lease)
    with pytest.raises(StoreUnavailable, match="release the compute lease"):
        await leases.release(lease)
    await client.aclose()
