"""Recorded and documented answers give the value that stands in them.

The recordings lie beside the project and are read in place. Without them the first test is
skipped, but not where CI says that they must be there.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from monitor.core.clock import ManualClock, parse_iso
from monitor.core.discovery import declared
from monitor.core.errors import BadQuote, FeedError, FeedRejected
from monitor.domain.events import BLOCK_PACE, BTC_USD, DIFFICULTY, FEES, HEIGHT, Quote
from monitor.feeds.base import Answer, Feed, FeedSpec, Http, quotes_of
from tests.simulator.catalogue import PROVIDERS
from tests.simulator.market import Market

SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "providers" / "samples"
NOW = 1_768_229_760_000
FEEDS = dict(declared("monitor.feeds", "FEED", Feed))


class OneAnswer:
    """An `Http` that gives one body to every request."""

    def __init__(self, body: str) -> None:
        self.answer = Answer(200, body, {}, NOW)

    async def get(self, url: str, **_: Any) -> Answer:
        """Return the body, whatever was asked."""
        return self.answer

    async def post_json(self, url: str, body: object, **_: Any) -> Answer:
        """Return the body here too."""
        return self.answer


def fetch(name: str, instrument: str, symbol: str, body: str) -> Quote:
    """Return what one provider makes of `body` for one instrument."""
    feed = FEEDS[name]
    spec = replace(feed.spec, instruments={instrument: symbol})
    http: Http = OneAnswer(body)
    quotes = asyncio.run(_await(feed, http, spec))
    (quote,) = (quote for quote in quotes if quote.instrument == instrument)
    return quote


async def _await(feed: Feed, http: Http, spec: FeedSpec) -> Sequence[Quote]:
    return quotes_of(await feed.fetch(http, spec))


def sample(name: str) -> str:
    """Return a recorded body, or skip; in CI a missing one is a failure."""
    path = SAMPLES / name
    if not path.exists() and os.environ.get("CI") != "true":
        pytest.skip(f"the recorded answers are not at {SAMPLES}")
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "provider", "instrument", "symbol", "value", "observed"),
    [
        (
            "coinbase_exchange_ticker.json",
            "coinbase",
            BTC_USD,
            "BTC-USD",
            "6268.48",
            "2020-03-20T00:22:57.833Z",
        ),
        ("kraken_ticker.json", "kraken", BTC_USD, "XBTUSD", "30303.2", None),
        ("kraken_ticker_xbtusdt.json", "kraken", BTC_USD, "XBTUSD", "105899.4", None),
        (
            "bitstamp_ticker.json",
            "bitstamp",
            BTC_USD,
            "btcusd",
            "26216",
            "2023-06-06T16:29:04Z",
        ),
        ("mempool_hashrate_3d.json", "mempool", DIFFICULTY, "/", "31251101365711.12", None),
        (
            "mempool_hashrate_3d_source_shape.json",
            "mempool",
            DIFFICULTY,
            "/",
            "31251101365711.12",
            None,
        ),
        ("mempool_blocks_tip_height.txt", "mempool", HEIGHT, "/", "698767", None),
        # 1,311,748,254 sat over 100 blocks
        ("mempool_reward_stats_100.json", "mempool", FEES, "/", "0.1311748254", None),
        # 1,451 blocks in 802,855 s; the answer has milliseconds
        ("mempool_difficulty_adjustment.json", "mempool", BLOCK_PACE, "/", "553.311", None),
        ("yahoo_chart_v8.json", "yahoo", "AAPL", "AAPL", "333.923", "2026-10-05T13:58:27Z"),
        ("finnhub_quote.json", "finnhub", "RIOT", "RIOT", "175.43", "2021-11-07T22:00:00Z"),
    ],
)
def test_a_recorded_answer_gives_its_value(
    file: str, provider: str, instrument: str, symbol: str, value: str, observed: str | None
) -> None:
    """The value and the source's time are those that stand in the recording."""
    quote = fetch(provider, instrument, symbol, sample(file))
    assert quote.value == Decimal(value)
    assert quote.observed_at == (NOW if observed is None else parse_iso(observed))
    assert quote.local_time is (observed is None)


@pytest.mark.parametrize(
    ("file", "bid", "ask", "volume"),
    [
        ("coinbase_exchange_ticker.json", "6265.15", "6267.71", "53602.03940154"),
        ("kraken_ticker.json", "30300", "30300.1", "4412.73601799"),
        ("bitstamp_ticker.json", "26208", "26211", "3563.13819902"),
    ],
)
def test_a_recorded_answer_gives_its_book(file: str, bid: str, ask: str, volume: str) -> None:
    """Bid, ask and 24 h volume are read from their own fields, not from today's or the lots."""
    quote = fetch(file.partition("_")[0], BTC_USD, "any", sample(file))
    assert (quote.bid, quote.ask, quote.volume) == (Decimal(bid), Decimal(ask), Decimal(volume))


@pytest.mark.parametrize(
    ("file", "provider", "instrument", "reason"),
    [
        ("kraken_error_unknown_pair.json", "kraken", BTC_USD, "not_found"),
        ("bitstamp_error.json", "bitstamp", BTC_USD, "server_error"),
        ("finnhub_quote_unknown_symbol.json", "finnhub", "RIOT", "zero_price"),
        ("finnhub_error_429.json", "finnhub", "RIOT", "throttled"),
        ("yahoo_chart_not_found.json", "yahoo", "RIOT", "not_found"),
        ("yahoo_429.txt", "yahoo", "RIOT", "not_json"),
        ("mempool_error.json", "mempool", DIFFICULTY, "missing_field"),
        ("mempool_error.json", "mempool", HEIGHT, "wrong_type"),
    ],
)
def test_a_recorded_error_under_http_200_is_named(
    file: str, provider: str, instrument: str, reason: str
) -> None:
    """A provider's error body is an error even when the status says otherwise."""
    with pytest.raises(FeedError) as caught:
        fetch(provider, instrument, instrument, sample(file))
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        ("EAPI:Rate limit exceeded", FeedError, "throttled"),
        ("EGeneral:Temporary lockout", FeedError, "throttled"),
        ("EService:Unavailable", FeedError, "server_error"),
        ("EQuery:Unknown asset pair", FeedRejected, "not_found"),
    ],
)
def test_kraken_errors_come_first(text: str, kind: type[FeedError], reason: str) -> None:
    """Kraken's error list decides, even beside a result."""
    with pytest.raises(kind) as caught:
        fetch("kraken", BTC_USD, "XBTUSD", json.dumps({"error": [text], "result": {}}))
    assert caught.value.reason == reason


def test_yahoo_about_another_symbol_or_currency_is_refused() -> None:
    """A quote of something else is never passed on under the name that was asked for."""
    market = Market(ManualClock(NOW))
    body = json.dumps(PROVIDERS["yahoo"].shapes[0].render(market, "HIVE", {}))
    assert fetch("yahoo", "HIVE", "HIVE", body).value == market.value("HIVE")
    for wrong in (body.replace('"HIVE"', '"HIVE.V"'), body.replace('"USD"', '"CAD"')):
        with pytest.raises(BadQuote) as caught:
            fetch("yahoo", "HIVE", "HIVE", wrong)
        assert caught.value.reason == "wrong_symbol"


def test_finnhub_without_a_trade_time_is_no_price() -> None:
    """A price beside t = 0 was never traded: refused under the name of the zeros it comes with."""
    with pytest.raises(BadQuote) as caught:
        fetch("finnhub", "RIOT", "RIOT", json.dumps({"c": 12.5, "t": 0}))
    assert caught.value.reason == "zero_price"


def test_milliseconds_in_a_field_of_seconds_are_understood() -> None:
    """A source that changes its unit overnight does not send us to the year 58000."""
    for stamp in (NOW // 1_000, NOW, NOW * 1_000, NOW * 1_000_000):
        body = json.dumps({"c": 12.5, "t": stamp})
        assert fetch("finnhub", "RIOT", "RIOT", body).observed_at == NOW


@pytest.mark.parametrize("pace", ["553311", "553.311"])
def test_a_pace_in_seconds_or_milliseconds_is_the_same(pace: str) -> None:
    """An older mempool gives seconds; no epoch's pace is near enough to mistake one for the other."""
    quote = fetch("mempool", BLOCK_PACE, "/", f'{{"timeAvg": {pace}}}')
    assert quote.value == Decimal("553.311")
