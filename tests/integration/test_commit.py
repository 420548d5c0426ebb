"""One commit in a real Redis: whole or not at all, once, and only by the newest holder."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.core.errors import LeaseLost, StoreUnavailable
from monitor.domain.events import Quote
from monitor.store.client import RedisClient
from monitor.store.commit import GROUP, Commit, Committer
from monitor.store.keys import Keys
from monitor.store.leases import Lease, Leases
from monitor.store.ticks import TickReader, append_raw
from tests.worlds import NOON, quote

pytestmark = pytest.mark.integration

ROLE = "compute"


async def lease_of(client: RedisClient, keys: Keys, owner: str = "one") -> Lease:
    """Return a new lease, however many there were."""
    await client.delete(keys.lease(ROLE))
    lease = await Leases(client, keys).acquire(ROLE, owner)
    assert lease is not None
    return lease


async def ticks(client: RedisClient, keys: Keys, count: int) -> list[str]:
    """Append `count` ticks; return their ids."""
    for number in range(count):
        item: Quote = quote("X", number + 1, NOON + number)
        await append_raw(client, keys, [item], NOON + number)
    return [entry_id.decode() for entry_id, _ in await TickReader(client, keys).read("")]


async def ready(client: RedisClient, keys: Keys) -> tuple[Committer, str, Lease]:
    """Return a committer with its group, the id of the one tick there is, and a lease."""
    committer = Committer(client, keys)
    await committer.prepare()
    (first,) = await ticks(client, keys, 1)
    return committer, first, await lease_of(client, keys)


async def everything(client: RedisClient, keys: Keys) -> dict[str, Any]:
    """Return all that a commit may change."""
    return {
        "state": await client.hgetall(keys.state),
        "outbox": await client.xrange(keys.outbox),
        "transitions": await client.xrange(keys.transitions),
        "rejected": await client.xrange(keys.rejected),
        "groups": await client.xinfo_groups(keys.ticks),
    }


def batch(cursor: str, *, expected: str = "", read: int = 1, **fields: Any) -> Commit:
    """Return a batch that changes a bit of everything."""
    changes: dict[str, Any] = {
        "cells": {"now": b"1", "q|X|test": b"{}"},
        "transitions": [b"first", b"second"],
        "rejected": [("0-1", "field v is None")],
    } | fields
    return Commit(expected_cursor=expected, cursor=cursor, entries_read=read, **changes)


async def test_a_commit_writes_all_of_its_parts(any_redis: RedisClient, tag: str) -> None:
    """Cells, audit trail, outbox, rejected entries and the group's place change together."""
    keys = Keys(tag)
    committer = Committer(any_redis, keys)
    await committer.prepare()
    first, *_ = await ticks(any_redis, keys, 3)
    lease = await lease_of(any_redis, keys)
    await committer.commit(lease, batch(first))
    found = await everything(any_redis, keys)
    assert await committer.load() == {
        "now": b"1",
        "q|X|test": b"{}",
        "cursor": first.encode(),
        "entries_read": b"1",
    }
    assert [fields[b"n"] for _, fields in found["outbox"]] == [b"first", b"second"]
    assert [fields[b"n"] for _, fields in found["transitions"]] == [b"first", b"second"]
    ((_, bad),) = found["rejected"]
    assert bad == {b"id": b"0-1", b"reason": b"field v is None"}
    (group,) = found["groups"]
    assert (group["name"], group["last-delivered-id"]) == (GROUP.encode(), first.encode())
    assert (group["entries-read"], group["lag"], group["pending"]) == (1, 2, 0)


async def test_a_cell_of_none_is_removed(any_redis: RedisClient, tag: str) -> None:
    """An alert that is inactive again leaves no cell behind, and others stay."""
    keys = Keys(tag)
    committer = Committer(any_redis, keys)
    await committer.prepare()
    lease = await lease_of(any_redis, keys)
    await committer.commit(lease, batch("", read=0, cells={"a|r|X": b"1", "now": b"1"}))
    await committer.commit(lease, batch("", read=0, cells={"a|r|X": None, "now": b"2"}))
    assert await committer.load() == {"now": b"2"}


async def test_thousands_of_cells_go_in_one_commit(any_redis: RedisClient, tag: str) -> None:
    """The size of a batch has no limit that Lua's stack would set."""
    keys = Keys(tag)
    committer = Committer(any_redis, keys)
    await committer.prepare()
    lease = await lease_of(any_redis, keys)
    cells: dict[str, bytes | None] = {f"c{number}": str(number).encode() for number in range(4_321)}
    await committer.commit(lease, batch("", read=0, cells=cells))
    assert await committer.load() == cells
    gone: dict[str, bytes | None] = dict.fromkeys(cells)
    del gone["c7"]
    await committer.commit(lease, batch("", read=0, cells=gone))
    assert await committer.load() == {"c7": b"7"}


@pytest.mark.parametrize("older", ["token", "cursor"])
async def test_a_refused_commit_leaves_nothing_behind(
    any_redis: RedisClient, tag: str, older: str
) -> None:
    """A holder with an older token, or whose cursor somebody moved, changes nothing at all."""
    keys = Keys(tag)
    committer = Committer(any_redis, keys)
    await committer.prepare()
    first, second = await ticks(any_redis, keys, 2)
    old = await lease_of(any_redis, keys, "old")
    lease = await lease_of(any_redis, keys, "new")
    await committer.commit(lease, batch(first))
    before = await everything(any_redis, keys)
    late = batch(second, expected=first if older == "token" else "", read=2, cells={"now": b"9"})
    with pytest.raises(LeaseLost, match=older):
        await committer.commit(old if older == "token" else lease, late)
    assert await everything(any_redis, keys) == before


async def test_the_same_commit_twice_changes_nothing(any_redis: RedisClient, tag: str) -> None:
    """A commit whose answer was lost may be sent again: it is refused and doubles nothing."""
    keys = Keys(tag)
    committer = Committer(any_redis, keys)
    await committer.prepare()
    (first,) = await ticks(any_redis, keys, 1)
    lease = await lease_of(any_redis, keys)
    await committer.commit(lease, batch(first))
    before = await everything(any_redis, keys)
    with pytest.raises(LeaseLost):
        await committer.commit(lease, batch(first))
    assert await everything(any_redis, keys) == before


EVERY_PART = ("outbox", "transitions", "rejected", "flaws", "refused", "replies")
ALL_OF_IT: dict[str, Any] = {
    "flaws": [b"flaw"],
    "refused": {"1|test|zero": 2},
    "replies": [b"reply"],
}


@pytest.mark.parametrize("broken", [*EVERY_PART, "ticks"])
async def test_a_redis_that_cannot_take_one_part_takes_none(
    any_redis: RedisClient, tag: str, broken: str
) -> None:
    """Where one key holds something foreign the commit fails and no other key has changed."""
    keys = Keys(tag)
    committer, first, lease = await ready(any_redis, keys)
    foreign = getattr(keys, broken)
    await any_redis.delete(foreign)
    await any_redis.set(foreign, "somebody else's")
    with pytest.raises(StoreUnavailable, match="commit"):
        await committer.commit(lease, batch(first, **ALL_OF_IT))
    assert await committer.load() == {}
    for name in {*EVERY_PART} - {broken}:
        assert await any_redis.exists(getattr(keys, name)) == 0


@pytest.mark.parametrize("broken", EVERY_PART)
async def test_what_a_commit_does_not_write_does_not_stop_it(
    any_redis: RedisClient, tag: str, broken: str
) -> None:
    """A foreign key in a place that this commit leaves alone is met when its turn comes."""
    keys = Keys(tag)
    committer, first, lease = await ready(any_redis, keys)
    await any_redis.set(getattr(keys, broken), "somebody else's")
    own = {"outbox": "transitions", "transitions": "transitions"}.get(broken, broken)
    given: dict[str, Any] = {"transitions": [b"first"], "rejected": [("0-1", "why")]} | ALL_OF_IT
    rest: dict[str, Any] = {
        name: given[name] if name != own else type(given[name])() for name in given
    }
    await committer.commit(lease, batch(first, **rest))
    assert (await committer.load())["cursor"] == first.encode()


async def test_the_group_is_made_once_and_at_the_start(any_redis: RedisClient, tag: str) -> None:
    """Ticks that came before the first start count as waiting; preparing again moves nothing."""
    keys = Keys(tag)
    committer, reader = Committer(any_redis, keys), TickReader(any_redis, keys)
    assert await reader.lag() == 0
    first, *_ = await ticks(any_redis, keys, 3)
    await committer.prepare()
    assert await reader.lag() == 3
    lease = await lease_of(any_redis, keys)
    await committer.commit(lease, batch(first))
    await committer.prepare()
    assert await reader.lag() == 2


async def test_the_lag_survives_trimming(any_redis: RedisClient, tag: str) -> None:
    """Forgetting committed ticks must not change what is said to wait."""
    keys = Keys(tag)
    committer, reader = Committer(any_redis, keys), TickReader(any_redis, keys)
    await committer.prepare()
    ids = await ticks(any_redis, keys, 500)
    lease = await lease_of(any_redis, keys)
    await committer.commit(lease, batch(ids[399], read=400))
    await reader.trim(ids[399])
    assert await any_redis.xlen(keys.ticks) < 500
    assert await reader.lag() == 100
    assert [i.decode() for i, _ in await reader.read(ids[399])] == ids[400:]
