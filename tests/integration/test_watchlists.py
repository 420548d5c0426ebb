"""Watch lists in a real Redis: no change is lost, and none goes half way."""

from __future__ import annotations

import asyncio

import pytest
from redis.asyncio import Redis

from monitor.store.keys import Keys
from monitor.store.watchlists import TOO_MANY_LISTS, TOO_MANY_SYMBOLS, WatchlistStore

pytestmark = pytest.mark.integration


async def test_lists_are_made_changed_and_removed(any_redis: Redis, tag: str) -> None:
    """Each symbol is on a list once; a removed list is gone with all that was on it."""
    store = WatchlistStore(any_redis, Keys(tag))
    assert await store.put("ana", ["RIOT", "HUT"], lists=9, most=9) == 2
    assert await store.put("ana", ["RIOT", "CORZ"], lists=9, most=9) == 1
    assert await store.put("ben", ["BTC-USD"], lists=9, most=9) == 1
    assert await store.take("ana", ["HUT", "NVDA"]) == 1
    assert await store.read() == {"ana": ("CORZ", "RIOT"), "ben": ("BTC-USD",)}
    assert await store.put("ana", ["HIVE"], lists=9, most=9, anew=True) == 1
    assert await store.drop("ben")
    assert not await store.drop("ben")
    assert await store.read() == {"ana": ("HIVE",)}


async def test_bounds_change_nothing(any_redis: Redis, tag: str) -> None:
    """One list or symbol too many is refused whole."""
    store = WatchlistStore(any_redis, Keys(tag))
    await store.put("ana", ["RIOT"], lists=1, most=2)
    assert await store.put("ben", ["RIOT"], lists=1, most=2) == TOO_MANY_LISTS
    assert await store.put("ana", ["HUT", "CORZ"], lists=1, most=2) == TOO_MANY_SYMBOLS
    assert await store.read() == {"ana": ("RIOT",)}


async def test_two_people_at_once_lose_nothing(any_redis: Redis, tag: str) -> None:
    """Adding is one step in Redis, so nobody writes over the other."""
    store = WatchlistStore(any_redis, Keys(tag))
    names = [f"X-{number}" for number in range(40)]
    await asyncio.gather(*(store.put("desk", [name], lists=9, most=99) for name in names))
    assert (await store.read())["desk"] == tuple(sorted(names))
