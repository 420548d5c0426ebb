"""Recorded and documented answers about futures, options, flows and treasuries give their value.

The recordings lie beside the project and are read in place, as in test_recorded_answers.py.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from monitor.core.clock import parse_iso
from monitor.core.discovery import declared
from monitor.core.errors import FeedError
from monitor.domain.events import Quote
from monitor.feeds.base import Answer, Feed, Http, quotes_of
from tests.contract.test_recorded_answers import NOW, sample

FEEDS = dict(declared("monitor.feeds", "FEED", Feed))


class Bodies:
    """An `Http` that answers each request with the next body, the last one again and again."""

    def __init__(self, bodies: Sequence[str], now: int = NOW) -> None:
        self._bodies = list(bodies)
        self._now = now
        self.asked: list[dict[str, str]] = []

    async def get(self, url: str, **asked: Any) -> Answer:
        """Return the next body, whatever was asked."""
        self.asked.append(dict(asked.get("params") or {}))
        body = self._bodies.pop(0) if len(self._bodies) > 1 else self._bodies[0]
        return Answer(200, body, {}, self._now)

    async def post_json(self, url: str, body: object, **asked: Any) -> Answer:
        """Return the next body here too."""
        return await self.get(url, **asked)


def fetch(provider: str, instrument: str, symbol: str, *bodies: str, now: int = NOW) -> Quote:
    """Return what one provider makes of `bodies` for one instrument."""
    feed = FEEDS[provider]
    spec = replace(feed.spec, instruments={instrument: symbol})
    http: Http = Bodies(bodies, now)

    async def ask() -> list[Quote]:
        return quotes_of(await feed.fetch(http, spec))

    (quote,) = asyncio.run(ask())
    assert (quote.instrument, quote.source) == (instrument, provider)
    return quote


SWAP = "BTC-USDT-SWAP"


@pytest.mark.parametrize(
    ("files", "provider", "instrument", "symbol", "value", "observed"),
    [
        (
            ["binance_fapi_premium_index", "binance_fapi_funding_info"],
            "binance_futures",
            "perp.binance.funding_8h_ratio",
            "BTCUSDT",
            "0.00038246",
            "2020-08-14T02:01:35.002Z",
        ),
        (
            ["binance_fapi_open_interest"],
            "binance_futures",
            "perp.binance.open_interest_btc",
            "BTCUSDT",
            "10659.509",
            "2020-05-14T06:25:30.011Z",
        ),
        (
            # the first row's ratio is a misprint; the newest row is the last
            ["binance_fapi_global_long_short_account_ratio"],
            "binance_futures",
            "perp.binance.accounts_long_short_ratio",
            "BTCUSDT",
            "1.9559",
            "2020-03-02T09:05:00Z",
        ),
        (
            ["binance_fapi_top_long_short_position_ratio"],
            "binance_futures",
            "perp.binance.top_positions_long_short_ratio",
            "BTCUSDT",
            "1.4337",
            "2020-03-02T09:05:00Z",
        ),
        (
            ["okx_funding_rate"],
            "okx_swap",
            "perp.okx.funding_8h_ratio",
            SWAP,
            "0.0000792386885340",
            "2023-12-20T11:11:25.309Z",
        ),
        (
            ["okx_open_interest"],
            "okx_swap",
            "perp.okx.open_interest_btc",
            SWAP,
            "555.55",
            "2020-08-10T02:26:23.085Z",
        ),
        (
            ["okx_long_short_account_ratio"],
            "okx_swap",
            "perp.okx.accounts_long_short_ratio",
            "BTC",
            "1.25",
            "2021-09-01T13:15:00Z",
        ),
        (
            ["bybit_v5_tickers_inverse"],
            "bybit",
            "perp.bybit-inverse.funding_8h_ratio",
            "BTCUSD",
            "0.0001",
            "2025-10-13T10:46:09.814Z",
        ),
        (
            # both sides are 63,910,691
            ["bybit_v5_open_interest"],
            "bybit",
            "perp.bybit-inverse.open_interest_usd",
            "BTCUSD",
            "31955346",
            "2026-06-09T00:00:00Z",
        ),
        (
            # 0.49 / 0.51
            ["bybit_v5_account_ratio"],
            "bybit",
            "perp.bybit.accounts_long_short_ratio",
            "BTCUSDT",
            "0.9607843137254901960784313725",
            "2023-10-02T16:00:00Z",
        ),
    ],
)
def test_a_recorded_answer_gives_its_value(
    files: list[str], provider: str, instrument: str, symbol: str, value: str, observed: str | None
) -> None:
    """The value, in our unit, and the source's time are those that stand in the recording."""
    quote = fetch(provider, instrument, symbol, *(sample(f"{file}.json") for file in files))
    assert quote.value == Decimal(value)
    assert quote.observed_at == (NOW if observed is None else parse_iso(observed))
    assert quote.local_time is (observed is None)


@pytest.mark.parametrize(
    ("file", "provider", "instrument", "symbol"),
    [
        ("binance_fapi_funding_rate", "binance_futures", "perp.binance", "BTCUSDT"),
        ("okx_funding_rate_history", "okx_swap", "perp.okx", "BTC-USD-SWAP"),
        ("bybit_v5_funding_history", "bybit", "perp.bybit", "ETHPERP"),
    ],
)
def test_a_recorded_history_is_too_short_for_a_day(
    file: str, provider: str, instrument: str, symbol: str
) -> None:
    """One or two recorded settlements are read, and make no day."""
    with pytest.raises(FeedError, match="a day of settlements") as caught:
        fetch(provider, f"{instrument}.funding_held_8h_ratio", symbol, sample(f"{file}.json"))
    assert caught.value.reason == "out_of_bounds"


@pytest.mark.parametrize(
    ("file", "provider", "instrument", "symbol", "reason"),
    [
        ("okx_error", "okx_swap", "perp.okx.funding_8h_ratio", SWAP, "not_found"),
        ("bybit_v5_error_rate_limit", "bybit", "perp.bybit.funding_8h_ratio", "X", "throttled"),
        ("okx_funding_rate", "okx_swap", "perp.okx.funding_8h_ratio", "ETH", "wrong_symbol"),
        (
            "binance_fapi_open_interest",
            "binance_futures",
            "perp.binance.open_interest_btc",
            "ETHUSDT",
            "wrong_symbol",
        ),
    ],
)
def test_a_recorded_error_is_named(
    file: str, provider: str, instrument: str, symbol: str, reason: str
) -> None:
    """An error under HTTP 200, and an answer about something else."""
    with pytest.raises(FeedError) as caught:
        fetch(provider, instrument, symbol, sample(f"{file}.json"))
    assert caught.value.reason == reason


def test_binance_says_only_which_intervals_are_unusual() -> None:
    """A symbol that the list does not name pays every eight hours; one that it names, as it says."""
    index = {"symbol": "BTCUSDT", "lastFundingRate": "0.0001", "time": NOW}
    for info, value in (
        ([], "0.0001"),
        ([{"symbol": "ETHUSDT", "fundingIntervalHours": 1}], "0.0001"),
        ([{"symbol": "BTCUSDT", "fundingIntervalHours": 1}], "0.0008"),
    ):
        bodies = (json.dumps(index), json.dumps(info))
        quote = fetch("binance_futures", "perp.binance.funding_8h_ratio", "BTCUSDT", *bodies)
        assert quote.value == Decimal(value)


def test_a_rate_of_zero_is_a_rate() -> None:
    """No funding is paid: a value, unlike a price of zero."""
    index = {"symbol": "BTCUSDT", "lastFundingRate": "0.00000000", "time": NOW}
    quote = fetch(
        "binance_futures", "perp.binance.funding_8h_ratio", "BTCUSDT", json.dumps(index), "[]"
    )
    assert quote.value == 0
