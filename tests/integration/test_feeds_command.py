"""`hashhedge feeds status` and `feeds quotes` on a real Redis with what a service leaves there."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from monitor.core.clock import DAY, SystemClock, iso
from monitor.domain.events import Quote
from monitor.store.client import connected
from monitor.store.feeds import FeedStore
from monitor.store.keys import Keys
from monitor.store.ticks import TickWriter
from tests.command import hashhedge
from tests.servers import TestRedis

pytestmark = pytest.mark.integration

SILENT: dict[str, Any] = {
    "state": "dead",
    "observed_at": None,
    "last_success": None,
    "failures": [],
}
COUNTED: dict[str, Any] = {
    "reconnects": 3,
    "gaps": 1,
    "missed": 5,
    "duplicates": 1,
    "out_of_order": 1,
    "refused": [],
}
REFUSED = {"reason": "unreachable", "message": "kraken: no route [to host]"}


async def test_a_stored_quote_shows_both_times_and_whether_it_is_fresh(
    own_redis: TestRedis, tmp_path: Path
) -> None:
    """A price of three days ago fetched now has its own time, ours, and fresh=false (row A03)."""
    now = SystemClock().now()
    old = Quote(
        instrument="BTC-USD",
        value=Decimal("105000.5"),
        observed_at=now - 3 * DAY,
        source="kraken",
        received_at=now,
    )
    new = Quote(instrument="BTC-USD", value=Decimal(105_001), observed_at=now, source="coinbase")
    async with connected(own_redis.url) as client:
        await TickWriter(client, Keys()).deliver([(old, False), (new, True)], now)
    words = ("feeds", "quotes", "--redis-url", own_redis.url)
    first, second = hashhedge(*words, "-o", "json", cwd=tmp_path).json
    assert (first["source"], first["fresh"], first["received_at"]) == ("coinbase", True, None)
    assert second.pop("age_s") >= 3 * DAY / 1_000
    assert second == {
        "instrument": "BTC-USD",
        "source": "kraken",
        "value": 105_000.5,
        "observed_at": iso(now - 3 * DAY),
        "received_at": iso(now),
        "delay_s": 0.0,
        "session": None,
        "session_said": None,
        "state": "dead",
        "fresh": False,
    }
    assert "105,000.5" in hashhedge(*words, cwd=tmp_path).out


async def test_feeds_that_never_answered_are_a_finding(
    own_redis: TestRedis, tmp_path: Path
) -> None:
    """Exit 1 with a sentence and the last error's words; a feed without its key is listed too."""
    words = ("feeds", "status", "--redis-url", own_redis.url)
    async with connected(own_redis.url) as client:
        store = FeedStore(client, Keys())
        await store.write({"coinbase": SILENT, "kraken": SILENT | {"failures": [REFUSED]}})
        silent = hashhedge(*words, cwd=tmp_path)
        await store.write({"kraken": SILENT | {"last_success": SystemClock().now()}})
        answered = hashhedge(*words, "-o", "json", cwd=tmp_path)
    assert silent.code == 1
    assert "is this machine online?" in silent.err
    assert "kraken: no route [to host]" in silent.out
    assert answered.code == 0
    assert {row["feed"]: row["state"] for row in answered.json}["finnhub"] == "no key"


async def test_feeds_that_were_only_just_started_are_not_called_unreachable(
    own_redis: TestRedis, tmp_path: Path
) -> None:
    """No answer and no failure is a service that has just begun: exit 1, no word of the network."""
    async with connected(own_redis.url) as client:
        await FeedStore(client, Keys()).write({"coinbase": SILENT, "kraken": SILENT})
        said = hashhedge("feeds", "status", "--redis-url", own_redis.url, cwd=tmp_path)
    assert said.code == 1
    assert "no provider has answered yet" in said.err
    assert "online" not in said.err


async def test_a_feed_that_nobody_asks_any_more_is_not_fresh(
    own_redis: TestRedis, tmp_path: Path
) -> None:
    """The feeds role is gone for a quarter of an hour: its last word is no state of now."""
    now = SystemClock().now()
    record = SILENT | {"state": "fresh", "observed_at": now, "last_success": now}
    words = ("--redis-url", own_redis.url, "-o", "json")
    async with connected(own_redis.url) as client:
        await FeedStore(client, Keys()).write({"kraken": record | {"budget_ms": 60_000}})
        (row, *_) = hashhedge("feeds", "status", *words, cwd=tmp_path).json
        assert (row["feed"], row["state"]) == ("kraken", "fresh")
        stored = json.loads(await client.hget(Keys().feeds, "kraken") or b"")
        stored["said_at"] -= 15 * 60_000
        await client.hset(Keys().feeds, "kraken", json.dumps(stored))
        (row, *_) = hashhedge("feeds", "status", *words, cwd=tmp_path).json
        found = hashhedge("doctor", *words, cwd=tmp_path).json
    assert (row["feed"], row["state"]) == ("kraken", "dead")
    (feed,) = [it for it in found if (it["group"], it["check"]) == ("feeds", "kraken")]
    assert feed["result"] == "warn"
    assert "newest data is dead; nobody has asked it for 90" in feed["detail"]
    assert feed["fix"] == "start a process with the role feeds"


async def test_a_stream_is_shown_beside_its_feed(own_redis: TestRedis, tmp_path: Path) -> None:
    """Link, ages of the last message and the last trade, gaps, repeats, late ones, reconnects."""
    now = SystemClock().now()
    stream = COUNTED | {
        "link": "up",
        "up_since": now - 700_000,
        "heard_at": now - 1_000,
        "traded_at": now - 600_000,
        "retry_at": None,
        "error": "",
        "message": "",
    }
    words = ("feeds", "status", "--redis-url", own_redis.url)
    async with connected(own_redis.url) as client:
        record = SILENT | {"last_success": now, "stream": stream}
        await FeedStore(client, Keys()).write({"kraken": record, "yahoo": SILENT})
        shown = hashhedge(*words, cwd=tmp_path)
        rows = {row["feed"]: row for row in hashhedge(*words, "-o", "json", cwd=tmp_path).json}
    told = rows["kraken"]["stream"]
    assert told.pop("last_trade_age_s") >= 600
    assert told.pop("last_message_age_s") < 60
    assert told.pop("up_s") >= 700
    nothing = {"retry_in_s": None, "error": None, "message": None}
    assert told == COUNTED | nothing | {"link": "up"}
    assert rows["yahoo"]["stream"] is None
    assert "1 (5)" in shown.out
