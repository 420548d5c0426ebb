"""What happened reaches the stream once, whatever a source repeats; in a real Redis."""

from __future__ import annotations

import pytest

from monitor.core.clock import DAY, HOUR
from monitor.domain.notices import Notice, NoticeKind
from monitor.store.client import RedisClient
from monitor.store.codec import decode_tick
from monitor.store.keys import Keys
from monitor.store.ticks import NoticeWriter, TickReader
from tests.worlds import NOON

pytestmark = pytest.mark.integration


def filing(identifier: str, at: int = NOON) -> Notice:
    """Return a filing of CORZ."""
    return Notice(
        kind=NoticeKind.FILING,
        id=identifier,
        subject="CORZ",
        title="8-K",
        observed_at=at,
        source="edgar",
    )


async def told(client: RedisClient, keys: Keys) -> list[list[str]]:
    """Return the ids of the notices of each entry on the stream."""
    entries = await TickReader(client, keys).read("", block_ms=1)
    return [[notice.id for notice in decode_tick(*entry).notices] for entry in entries]


async def test_a_thing_is_told_once(any_redis: RedisClient, tag: str) -> None:
    """A source lists its filings at every poll; only the new one makes an entry."""
    keys = Keys(tag)
    writer = NoticeWriter(any_redis, keys)
    assert await writer.deliver([filing("1")], NOON) == 1
    assert await writer.deliver([filing("1")], NOON + HOUR) == 0
    assert await writer.deliver([filing("2"), filing("1")], NOON + HOUR) == 1
    assert await told(any_redis, keys) == [["1"], ["2"]]


async def test_the_first_look_tells_one_day_and_later_ones_a_week(
    any_redis: RedisClient, tag: str
) -> None:
    """A new installation is not flooded with old filings; a weekend's outage loses none."""
    keys = Keys(tag)
    writer = NoticeWriter(any_redis, keys)
    first = [filing("old", NOON - 2 * DAY), filing("today", NOON - HOUR)]
    assert await writer.deliver(first, NOON) == 1
    late = NOON + 5 * DAY
    missed = [*first, filing("missed", NOON + DAY), filing("ancient", NOON - 10 * DAY)]
    assert await writer.deliver(missed, late) == 1
    assert await told(any_redis, keys) == [["today"], ["missed"]]


async def test_ids_are_kept_for_a_month(any_redis: RedisClient, tag: str) -> None:
    """What is forgotten is too old to be told again."""
    keys = Keys(tag)
    writer = NoticeWriter(any_redis, keys)
    await writer.deliver([filing("1")], NOON)
    await writer.deliver([filing("2", NOON + 40 * DAY)], NOON + 40 * DAY)
    assert await any_redis.zrange(keys.notices("edgar"), 0, -1) == [b"filing|CORZ|2"]
    assert await writer.deliver([filing("1")], NOON + 40 * DAY) == 0
