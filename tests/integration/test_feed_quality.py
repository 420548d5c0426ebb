"""`hashhedge feeds quality` of a running service: what the step noticed is kept and told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from monitor.core.clock import HOUR, MINUTE, SystemClock, iso
from monitor.domain.flaws import Flaw, FlawEvent
from monitor.store.client import connected
from monitor.store.feeds import FeedStore
from monitor.store.flaws import KEEP_REFUSED_MS, FlawStore, refused_field
from monitor.store.keys import Keys
from tests.servers import TestRedis
from tests.services import computing
from tests.worlds import quote

pytestmark = pytest.mark.integration


async def test_a_running_service_tells_gaps_and_refusals(own_redis: TestRedis) -> None:
    """Ten minutes of silence, one zero price, and a source that is silent since."""
    now = SystemClock().now()
    async with computing(own_redis.url) as service:
        await service.say(quote("BTC-USD", 100_000, now - 12 * MINUTE, source="kraken"))
        await service.say(quote("USDT-USD", 1, now - 3 * HOUR, source="desk", fresh_ms=MINUTE))
        await service.say(quote("BTC-USD", 100_001, now - 2 * MINUTE, source="kraken"))
        await service.say(quote("BTC-USD", 0, now, source="kraken"))
        said = await service.ask("feeds", "quality", "-o", "json")
        assert said.code == 0, said.err
        flaws = said.json["flaws"]
        ended = [row for row in flaws if row["kind"] == "gap" and not row["ongoing"]]
        assert [(row["feed"], row["start"], row["end"]) for row in ended] == [
            ("kraken", iso(now - 12 * MINUTE), iso(now - 2 * MINUTE))
        ]
        lasting = [row["feed"] for row in flaws if row["kind"] == "gap" and row["ongoing"]]
        assert "desk" in lasting
        (refused,) = (row for row in flaws if row["kind"] == "refused")
        assert (refused["feed"], refused["reason"], refused["count"]) == ("kraken", "zero_price", 1)


async def test_the_hour_that_runs_has_no_end_in_the_future(own_redis: TestRedis) -> None:
    """What is counted by the hour ends now, not at the end of the hour."""
    now = SystemClock().now()
    async with computing(own_redis.url) as service:
        await service.say(quote("BTC-USD", 0, now, source="kraken"))
        said = await service.ask("feeds", "quality", "-o", "json")
    (refused,) = (row for row in said.json["flaws"] if row["kind"] == "refused")
    assert refused["start"] <= refused["end"] <= said.json["until"]
    assert refused["duration_s"] <= HOUR / 1_000


async def test_lost_streams_are_told(own_redis: TestRedis) -> None:
    """An outage, lost messages and an outage that lasts; a feed without a stream has dashes."""
    now = SystemClock().now()
    cut = FlawEvent(Flaw.DISCONNECTED, "", "kraken", now - 3 * MINUTE, now - 2 * MINUTE)
    lost = FlawEvent(Flaw.MISSED, "BTC-USD", "kraken", now - MINUTE, now - MINUTE, 7)
    async with connected(own_redis.url) as client:
        await FlawStore(client, Keys()).add([cut, lost])
        streams = {"kraken": None, "coinbase": now - 5 * MINUTE}
        await FeedStore(client, Keys()).write(
            {"edgar": {"stream": None}}
            | {feed: {"stream": {"down_since": since}} for feed, since in streams.items()}
        )
    async with computing(own_redis.url) as service:
        said = await service.ask("feeds", "quality", "-o", "json")
        table = await service.ask("feeds", "quality")
    counts = {
        row["feed"]: (row["disconnections"], row["missed_messages"]) for row in said.json["feeds"]
    }
    assert counts["kraken"] == (1, 7)
    assert counts["coinbase"] == (1, 0)
    assert counts["edgar"] == (None, None)
    flaws = {(row["feed"], row["kind"]): row for row in said.json["flaws"]}
    assert flaws["kraken", "disconnected"]["duration_s"] == 60
    assert flaws["coinbase", "disconnected"]["ongoing"]
    assert flaws["kraken", "missed"]["count"] == 7
    assert "BTC-USD x7" in table.out
    assert "- not known: a service counts no quotes" in table.out
    assert {row["quotes"] for row in said.json["feeds"]} == {None}


async def test_counts_are_forgotten_after_some_days(own_redis: TestRedis) -> None:
    """What is older than a week goes, what is not stays."""
    now = SystemClock().now()
    week = round(timedelta(days=7).total_seconds() * 1_000)
    assert week == KEEP_REFUSED_MS
    async with connected(own_redis.url) as client:
        store = FlawStore(client, Keys())
        old, new = (refused_field(at, "a|b", "future") for at in (now - week - HOUR, now))
        await store.count({old: 2, new: 3})
        await store.forget(now)
        (span,) = await store.refused()
    assert (span.source, span.reason, span.times) == ("a|b", "future", 3)
