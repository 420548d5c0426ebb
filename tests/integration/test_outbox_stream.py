"""The outbox in a real Redis: nothing leaves it but by settlement."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from monitor.core.errors import StoreUnavailable
from monitor.store.client import BLOCK_MS, RedisClient, connect
from monitor.store.keys import Keys
from monitor.store.outbox_stream import OutboxEntry, OutboxStream
from tests.servers import TestRedis

pytestmark = pytest.mark.integration


def stream(redis: RedisClient, tag: str, consumer: str = "a") -> OutboxStream:
    """Return the outbox of `tag` as `consumer` sees it."""
    keys = Keys(tag)
    return OutboxStream(redis, keys.outbox, consumer=consumer, dead_key=keys.dead_letters)


async def append(redis: RedisClient, tag: str, *texts: str) -> list[str]:
    """Append one entry for each text, as the commit does."""
    ids = [await redis.xadd(Keys(tag).outbox, {"n": text}) for text in texts]
    return [entry_id.decode() for entry_id in ids if isinstance(entry_id, bytes)]


def texts(entries: list[OutboxEntry]) -> list[str]:
    """Return what is in the entries."""
    return [entry.fields[b"n"].decode() for entry in entries]


async def test_read_gives_each_entry_once(any_redis: RedisClient, tag: str) -> None:
    """Entries appended before the group existed must be read too, in order, and only once."""
    outbox = stream(any_redis, tag)
    await append(any_redis, tag, "one", "two")
    await outbox.ensure_group()
    await outbox.ensure_group()
    assert texts(await outbox.read(1, 10)) == ["one", "two"]
    assert await outbox.read(1, 10) == []
    assert await outbox.depth() == 2


async def test_settled_entries_are_gone(any_redis: RedisClient, tag: str) -> None:
    """Settling must remove the entry and its pending mark; settling again does no harm."""
    outbox = stream(any_redis, tag)
    await outbox.ensure_group()
    await append(any_redis, tag, "one", "two")
    first, second = await outbox.read(1, 10)
    for _ in range(2):
        await outbox.settle([first.id])
    assert await outbox.depth() == 1
    assert texts(await outbox.claim(0)) == ["two"]
    await outbox.settle([second.id])
    assert await outbox.depth() == 0
    assert await outbox.claim(0) == []


async def test_claim_takes_all_of_the_dead_in_order(any_redis: RedisClient, tag: str) -> None:
    """What dead consumers left must come back complete and in the order of appending."""
    await stream(any_redis, tag).ensure_group()
    expected = [str(number) for number in range(25)]
    await append(any_redis, tag, *expected)
    for number in range(25):
        await stream(any_redis, tag, f"dead-{number % 3}").read(1, 1)
    heir = stream(any_redis, tag, "heir")
    assert texts(await heir.claim(0, count=4)) == expected
    assert await heir.claim(60_000) == []


async def test_what_was_left_comes_in_pages(any_redis: RedisClient, tag: str) -> None:
    """However much was left, little of it is in memory at a time; settling between pages harms nothing."""
    outbox = stream(any_redis, tag)
    await outbox.ensure_group()
    expected = [str(number) for number in range(25)]
    await append(any_redis, tag, *expected)
    await outbox.read(1, 100)
    pages = []
    async for page in outbox.claims(0, count=4):
        pages.append(texts(page))
        await outbox.settle([page[0].id])
    assert [text for page in pages for text in page] == expected
    assert max(map(len, pages)) <= 4


async def test_entries_are_read_again_by_their_ids(any_redis: RedisClient, tag: str) -> None:
    """In the order asked for, without those that are gone; whose they are stays as it is."""
    outbox = stream(any_redis, tag)
    await outbox.ensure_group()
    one, two, three = await append(any_redis, tag, "one", "two", "three")
    await outbox.read(1, 10)
    await outbox.settle([two])
    assert texts(await stream(any_redis, tag, "b").entries([three, two, one])) == ["three", "one"]
    assert await outbox.entries([]) == []
    found = await any_redis.xinfo_consumers(Keys(tag).outbox, "relay")
    assert [(it["name"], it["pending"]) for it in found] == [(b"a", 2)]


async def test_a_consumer_that_is_gone_is_drained_before_it_is_removed(
    any_redis: RedisClient, tag: str
) -> None:
    """A pod comes back under another name: what the old one held is taken first (row D05)."""
    old, new = stream(any_redis, tag, "pod-1"), stream(any_redis, tag, "pod-2")
    await old.ensure_group()
    await append(any_redis, tag, "one")
    await old.read(1, 10)
    assert await new.forget_gone(0) == 0
    (left,) = await new.claim(0)
    assert await new.forget_gone(0) == 1
    found = await any_redis.xinfo_consumers(Keys(tag).outbox, "relay")
    assert [(it["name"], it["pending"]) for it in found] == [(b"pod-2", 1)]
    await new.settle([left.id])
    assert await new.forget_gone(0) == 0


async def test_touched_entries_are_not_claimed(any_redis: RedisClient, tag: str) -> None:
    """An entry its consumer still works on must not be taken by the time it was given."""
    owner, other = stream(any_redis, tag), stream(any_redis, tag, "b")
    await owner.ensure_group()
    appended = await append(any_redis, tag, "kept", "left")
    kept, _ = await owner.read(1, 10)
    # age both in Redis itself: XCLAIM may set how long an entry has been idle
    key = Keys(tag).outbox
    await any_redis.xclaim(key, "relay", "a", 0, [*appended], idle=90_000)
    await owner.touch([kept.id])
    assert texts(await other.claim(60_000)) == ["left"]


async def test_dead_letters_keep_entry_and_reason(any_redis: RedisClient, tag: str) -> None:
    """A dead letter must leave the outbox and hold what it was and why, in one step."""
    outbox = stream(any_redis, tag)
    await outbox.ensure_group()
    await append(any_redis, tag, "bad")
    (entry,) = await outbox.read(1, 10)
    await outbox.dead_letter(entry, "too_large")
    ((_, letter),) = await any_redis.xrange(Keys(tag).dead_letters) or []
    assert letter == {b"n": b"bad", b"reason": b"too_large", b"entry": entry.id.encode()}
    assert await outbox.depth() == 0
    assert await outbox.claim(0) == []


async def test_a_blocked_read_outlasts_the_librarys_time_out(
    real_redis: TestRedis, tag: str
) -> None:
    """A read must block for as long as asked, and the block must end with the first entry."""
    async with (
        connect(real_redis.url, blocking=True) as client,
        connect(real_redis.url) as writer,
    ):
        outbox = stream(client, tag)
        await outbox.ensure_group()
        started = time.monotonic()
        assert await outbox.read(300, 10) == []
        assert time.monotonic() - started >= 0.29
        limit_s = client.connection_pool.connection_kwargs["socket_timeout"]
        assert limit_s > BLOCK_MS / 1_000
        await append(writer, tag, "one")
        assert texts(await outbox.read(10_000, 10)) == ["one"]


@pytest.fixture
async def lost_redis(own_redis: TestRedis) -> AsyncIterator[RedisClient]:
    """Give a client whose Redis has been killed."""
    async with connect(own_redis.url, blocking=True) as client:
        await client.ping()
        own_redis.kill()
        yield client


async def test_a_lost_redis_is_store_unavailable(lost_redis: RedisClient, tag: str) -> None:
    """Every operation must raise StoreUnavailable, at once, when Redis is gone."""
    outbox = stream(lost_redis, tag)
    entry = OutboxEntry("1-0", {b"n": b"x"})
    started = time.monotonic()
    for attempt in (
        outbox.ensure_group(),
        outbox.read(10_000, 1),
        outbox.claim(0),
        outbox.entries(["1-0"]),
        outbox.touch(["1-0"]),
        outbox.settle(["1-0"]),
        outbox.dead_letter(entry, "x"),
        outbox.depth(),
    ):
        with pytest.raises(StoreUnavailable):
            await attempt
    assert time.monotonic() - started < 2


async def test_a_read_that_waits_holds_no_other_up(redis: RedisClient, tag: str) -> None:
    """Alerts and letters to users are read by one client: neither waits for the other's news."""
    quiet, keys = stream(redis, tag), Keys(tag)
    letters = OutboxStream(redis, keys.letters, consumer="a", dead_key=keys.dead_user_letters)
    await quiet.ensure_group()
    await letters.ensure_group()
    await redis.xadd(keys.letters, {"n": "x"})
    waiting = asyncio.create_task(quiet.read(4_000, 1))
    await asyncio.wait([waiting], timeout=0.1)
    async with asyncio.timeout(2):
        assert len(await letters.read(4_000, 1)) == 1
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
