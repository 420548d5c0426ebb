"""Recorded answers about shares give the values that stand in them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from monitor.core.clock import parse_iso
from monitor.core.errors import FeedError
from monitor.feeds.base import Http, faults_of, previous_close, quotes_of
from tests.contract.test_recorded_answers import FEEDS, OneAnswer, sample


def values(file: str, provider: str, symbol: str) -> dict[str, tuple[Decimal, int]]:
    """Return what one provider makes of a recording: each value with its time."""
    feed = FEEDS[provider]
    spec = replace(feed.spec, instruments={"AAPL": symbol})

    async def ask() -> dict[str, tuple[Decimal, int]]:
        http: Http = OneAnswer(sample(file))
        found = await feed.fetch(http, spec)
        for fault in faults_of(found):
            raise fault.error
        quotes = quotes_of(found)
        return {quote.instrument: (quote.value, quote.observed_at) for quote in quotes}

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("file", "provider", "symbol", "value", "close", "observed"),
    [
        (
            "alpaca_snapshots.json",
            "alpaca",
            "AAPL",
            "161.1998",
            "160.62",
            "2022-03-18T14:33:58.448Z",
        ),
        # when the quote was made, not when the day's bar opened
        (
            "twelvedata_quote.json",
            "twelvedata",
            "AAPL",
            "315.02",
            "319.97",
            "2026-09-08T18:49:00Z",
        ),
        (
            "massive_snapshot_ticker.json",
            "massive",
            "AAPL",
            "159.99",
            "163.64",
            "2022-04-29T17:05:48.294Z",
        ),
        ("tiingo_iex.json", "tiingo", "USD", "51.27", "48.77", "2021-11-05T15:54:23.055Z"),
        ("fmp_stable_quote.json", "fmp", "AAPL", "178.72", "176.57", "2023-12-01T20:00:00Z"),
        ("yahoo_chart_v8.json", "yahoo", "AAPL", "333.923", "333.69", "2026-10-05T13:58:27Z"),
    ],
)
def test_a_recording_gives_price_close_and_time(
    file: str, provider: str, symbol: str, value: str, close: str, observed: str
) -> None:
    """Price, yesterday's close and the source's time, whatever unit or zone it is in."""
    at = parse_iso(observed)
    assert values(file, provider, symbol) == {
        "AAPL": (Decimal(value), at),
        previous_close("AAPL"): (Decimal(close), at),
    }


@pytest.mark.parametrize(
    ("file", "provider", "reason"),
    [
        ("alpaca_latest_trade_not_found.json", "alpaca", "missing_field"),
        ("twelvedata_error_429.json", "twelvedata", "throttled"),
        ("massive_error_429.json", "massive", "throttled"),
        ("massive_error_403.json", "massive", "forbidden"),
        ("tiingo_error_429.json", "tiingo", "throttled"),
        ("tiingo_iex.json", "tiingo", "missing_field"),
        ("fmp_error_invalid_key.json", "fmp", "unauthorized"),
        # the price alone, without whose and when
        ("twelvedata_price.json", "twelvedata", "missing_field"),
    ],
)
def test_a_recorded_error_under_http_200_is_named(file: str, provider: str, reason: str) -> None:
    """An error body, or an answer about another share, is no price."""
    with pytest.raises(FeedError) as caught:
        values(file, provider, "MARA")
    assert caught.value.reason == reason
