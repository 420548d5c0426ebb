"""Ticks, latest quotes, views and feed health in a real Redis."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings

from monitor.core.clock import DAY, SECOND
from monitor.core.errors import StoreUnavailable
from monitor.domain.events import Quote
from monitor.domain.freshness import is_fresh
from monitor.store.client import RedisClient, connect
from monitor.store.codec import decode_tick
from monitor.store.feeds import FeedStore
from monitor.store.keys import Keys
from monitor.store.ticks import TickReader, TickWriter, append_raw
from monitor.store.views import TOGETHER, ViewStore
from tests.quotes import any_quote
from tests.servers import TestRedis
from tests.worlds import NOON, quote

pytestmark = pytest.mark.integration


async def stored(client: RedisClient, keys: Keys) -> list[list[Quote]]:
    """Return the quotes of each entry on the stream."""
    entries = await TickReader(client, keys).read("", block_ms=1)
    return [list(decode_tick(*entry).quotes) for entry in entries]


async def test_what_came_together_is_one_entry(any_redis: RedisClient, tag: str) -> None:
    """One poll's quotes make one tick, at the moment of their arrival, and come back as sent."""
    keys = Keys(tag)
    quotes = [
        quote("BTC-USD", "105000.10", NOON, source="kraken", bid=Decimal("105000.00")),
        quote("network.fees_btc_per_block", "0.03125", NOON - 7, local_time=True),
    ]
    writer = TickWriter(any_redis, keys)
    assert await writer.deliver([(item, True) for item in quotes], NOON + 5) == 2
    (entry,) = await TickReader(any_redis, keys).read("")
    found = decode_tick(*entry)
    assert (found.at, list(found.quotes)) == (NOON + 5, quotes)


async def test_the_same_quote_again_is_no_news(any_redis: RedisClient, tag: str) -> None:
    """A tick is made by a new value or a new source time, per source; nothing else makes one."""
    keys = Keys(tag)
    writer = TickWriter(any_redis, keys)
    first = quote("X", "1.10", NOON, source="a")
    assert await writer.deliver([(first, True)], NOON) == 1
    assert await writer.deliver([(first, False)], NOON + 1) == 0
    again = quote("X", "1.10", NOON, source="a", received_at=NOON + 9)
    assert await writer.deliver([(again, True)], NOON + 2) == 0
    later = quote("X", "1.10", NOON + 1, source="a")
    other_value = quote("X", "1.11", NOON + 1, source="a")
    other_source = quote("X", "1.11", NOON + 1, source="b")
    for item in (later, other_value, other_source):
        assert await writer.deliver([(item, True)], NOON + 3) == 1
    mixed = [(other_value, True), (quote("Y", 1, NOON, source="a"), True)]
    assert await writer.deliver(mixed, NOON + 4) == 1
    assert (await stored(any_redis, keys))[-1] == [mixed[1][0]]


async def test_moments_of_today_are_compared_to_the_millisecond(
    any_redis: RedisClient, tag: str
) -> None:
    """Thirteen digits must not be rounded on the way through the server's numbers."""
    keys = Keys(tag)
    writer = TickWriter(any_redis, keys)
    for step in (0, 1, 2):
        assert await writer.deliver([(quote("X", 1, 1_795_422_279_705 + step), True)], NOON) == 1


async def test_the_record_shows_both_times_and_its_age(any_redis: RedisClient, tag: str) -> None:
    """A quote three days old fetched now has its own time, ours, and fresh=false (row A03)."""
    keys = Keys(tag)
    old = quote("RIOT", "14.60", NOON - 3 * DAY, source="yahoo", received_at=NOON)
    fresh = is_fresh(old, NOON, 60 * SECOND)
    await TickWriter(any_redis, keys).deliver([(old, fresh)], NOON)
    record = (await FeedStore(any_redis, keys).quotes())["RIOT|yahoo"]
    assert record["observed_at"] == NOON - 3 * DAY
    assert record["received_at"] == NOON
    assert record["fresh"] is False
    raw = await any_redis.hget(keys.quotes, "RIOT|yahoo")
    assert raw is not None
    assert json.loads(raw) == record


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(item=any_quote())
async def test_any_quote_can_be_stored_and_read(redis: RedisClient, item: Quote) -> None:
    """Whatever words and numbers a feed brings, they come back the same, and once."""
    await redis.flushdb()
    keys = Keys("any")
    writer = TickWriter(redis, keys)
    assert await writer.deliver([(item, True)], NOON) == 1
    assert await writer.deliver([(item, True)], NOON) == 0
    assert await stored(redis, keys) == [[item]]


async def test_reading_goes_on_after_an_id(any_redis: RedisClient, tag: str) -> None:
    """The reader gives what follows, in order, at most a page, and nothing when nothing came."""
    keys = Keys(tag)
    for number in range(5):
        await append_raw(any_redis, keys, [quote("X", number + 1, NOON)], NOON)
    reader = TickReader(any_redis, keys, count=2)
    seen: list[int] = []
    after = ""
    while page := await reader.read(after, block_ms=1):
        assert len(page) <= 2
        after = page[-1][0].decode()
        seen += [int(decode_tick(*entry).quotes[0].value) for entry in page]
    assert seen == [1, 2, 3, 4, 5]


async def test_the_lag_counts_only_our_group(any_redis: RedisClient, tag: str) -> None:
    """Without our group nothing is said to wait, and a stranger's group is not taken for ours."""
    keys = Keys(tag)
    await append_raw(any_redis, keys, [quote("X", 1, NOON)], NOON)
    await any_redis.xgroup_create(keys.ticks, "audit", id="0")
    assert await TickReader(any_redis, keys).lag() == 0


async def test_views_are_replaced_as_a_whole(any_redis: RedisClient, tag: str) -> None:
    """A metric or company that is gone leaves no field, no hash and no name behind."""
    keys = Keys(tag)
    views = ViewStore(any_redis, keys)
    await views.write(
        {"BTC-USD": {"value": 1.0}}, {"RIOT": {"a": {"value": None}, "b": {}}, "WULF": {"a": {}}}
    )
    assert await views.read() == (
        {"BTC-USD": {"value": 1.0}},
        {"RIOT": {"a": {"value": None}, "b": {}}, "WULF": {"a": {}}},
    )
    await views.write({}, {"RIOT": {"a": {"value": 2.0}}})
    assert await views.read() == ({}, {"RIOT": {"a": {"value": 2.0}}})
    assert await any_redis.exists(keys.company("WULF")) == 0


async def test_only_what_changed_of_the_views_is_written_and_read(
    any_redis: RedisClient, tag: str
) -> None:
    """What is as it was is the very same object for whoever looks again, and is not decoded."""
    views, keys = ViewStore(any_redis, Keys(tag)), Keys(tag)
    seen = views.seen()
    await views.write({"BTC-USD": {"value": 1}}, {"RIOT": {"a": {}, "b": {}}, "WULF": {"a": {}}})
    before = await seen.read()
    assert await seen.read() is before
    await views.change({}, {"RIOT": {"a": None, "b": {"value": 2}}})
    market, companies = await seen.read()
    assert companies == {"RIOT": {"b": {"value": 2}}, "WULF": {"a": {}}}
    assert market is before[0]
    assert companies["WULF"] is before[1]["WULF"]
    assert await any_redis.hkeys(keys.company("RIOT")) == [b"b"]


async def test_a_view_is_seen_by_what_is_wanted_now(any_redis: RedisClient, tag: str) -> None:
    """Other books may want other readings, though none has been written since."""
    views, names = ViewStore(any_redis, Keys(tag)), ["a"]
    seen = views.seen()

    async def found() -> object:
        return await seen.read(lambda name: name in names, tuple(names))

    await views.write({"a": {}, "c": {}}, {"RIOT": {"a": {}, "b": {}}, "WULF": {"b": {}}})
    assert await found() == ({"a": {}}, {"RIOT": {"a": {}}, "WULF": {}})
    names.append("b")
    assert await found() == ({"a": {}}, {"RIOT": {"a": {}, "b": {}}, "WULF": {"b": {}}})
    names.append("c")
    assert await found() == ({"a": {}, "c": {}}, {"RIOT": {"a": {}, "b": {}}, "WULF": {"b": {}}})
    names.clear()
    assert await found() == ({}, {"RIOT": {}, "WULF": {}})


async def test_more_companies_than_go_together_are_written_and_seen(
    any_redis: RedisClient, tag: str
) -> None:
    """However many there are, each is written and seen once, the last ones too."""
    views = ViewStore(any_redis, Keys(tag))
    seen = views.seen()
    companies = {f"S{number:02d}": {"a": {"value": number}} for number in range(2 * TOGETHER + 1)}
    await views.write({}, companies)
    assert await seen.read() == ({}, companies)
    changed = {name: {"a": {"value": 0}, "b": {}} for name in companies}
    await views.change({}, changed)
    assert await seen.read(bool, ("a",)) == ({}, {it: {"a": {"value": 0}} for it in companies})
    assert await views.stands()


async def test_views_that_others_wrote_or_removed_do_not_stand(
    any_redis: RedisClient, tag: str
) -> None:
    """Whoever writes only what changed must know that the rest is there, and his own."""
    views, keys = ViewStore(any_redis, Keys(tag)), Keys(tag)
    assert not await views.stands()
    await views.write({"BTC-USD": {"value": 1}}, {"RIOT": {"a": {}}, "WULF": {}})
    assert await views.stands()
    await any_redis.delete(keys.company("RIOT"))
    assert not await views.stands()
    await views.write({}, {})
    assert await views.stands()
    await ViewStore(any_redis, keys).write({}, {})
    assert not await views.stands()


async def test_feed_health_is_replaced_as_a_whole(any_redis: RedisClient, tag: str) -> None:
    """A feed that left the book leaves here too; with no feeds at all nothing is written."""
    store = FeedStore(any_redis, Keys(tag))
    await store.write({})
    await store.write({"kraken": {"last_success": None}, "coinbase": {"last_success": 1}})
    await store.write({"kraken": {"last_success": 2}})
    await store.write({})
    (record,) = (await store.read()).values()
    assert record.pop("said_at") > 0
    assert record == {"last_success": 2}


async def test_a_lost_redis_is_store_unavailable(own_redis: TestRedis, tag: str) -> None:
    """Each operation says what it was about to do, and none hangs."""
    client, keys = connect(own_redis.url), Keys(tag)
    await client.ping()
    own_redis.kill()
    reader, views, feeds = (
        TickReader(client, keys),
        ViewStore(client, keys),
        FeedStore(client, keys),
    )
    for attempt in (
        TickWriter(client, keys).deliver([(quote("X", 1, NOON), True)], NOON),
        reader.read(""),
        reader.lag(),
        reader.trim("1-0"),
        views.read(),
        views.write({}, {}),
        feeds.read(),
        feeds.quotes(),
        feeds.write({"kraken": {}}),
    ):
        with pytest.raises(StoreUnavailable, match=r"\w+: ConnectionError"):
            await attempt
    await client.aclose()
