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
from tests.quotes import newest

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

    (quote,) = newest(asyncio.run(ask()))
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
        (
            # 0.0000125 an hour
            ["hyperliquid_meta_and_asset_ctxs"],
            "hyperliquid",
            "perp.hyperliquid.funding_8h_ratio",
            "BTC",
            "0.0001",
            None,
        ),
        (
            ["hyperliquid_meta_and_asset_ctxs"],
            "hyperliquid",
            "perp.hyperliquid.open_interest_btc",
            "ETH",
            "1882.55",
            None,
        ),
        (
            ["deribit_book_summary_perpetual"],
            "deribit",
            "perp.deribit.funding_8h_ratio",
            "BTC-PERPETUAL",
            "-0.00081069",
            "2025-11-20T21:29:37.068Z",
        ),
        (
            ["deribit_book_summary_perpetual"],
            "deribit",
            "perp.deribit.open_interest_usd",
            "BTC-PERPETUAL",
            "9978911260",
            "2025-11-20T21:29:37.068Z",
        ),
        (
            ["deribit_book_summary_perpetual"],
            "deribit",
            "perp.deribit.mark_usd",
            "BTC-PERPETUAL",
            "87102.01",
            "2025-11-20T21:29:37.068Z",
        ),
        (
            ["deribit_book_summary_by_currency"],
            "deribit",
            "options.deribit.open_interest_btc",
            "BTC",
            "364.1",
            "2024-03-22T09:59:54.477Z",
        ),
        (
            # the only contract listed: 28 June 2024, a last Friday
            ["deribit_book_summary_by_currency"],
            "deribit",
            "options.deribit.max_pain_usd",
            "BTC",
            "42000",
            "2024-03-22T09:59:54.477Z",
        ),
        (
            ["defillama_stablecoincharts_all"],
            "defillama",
            "stablecoin.all.cap_usd",
            "all",
            "306305000000",
            "2025-09-28T00:00:00Z",
        ),
        (
            ["coingecko_public_treasury_bitcoin"],
            "coingecko",
            "treasury.mara.holdings_btc",
            "MARA",
            "13286",
            None,
        ),
        (
            # second after Strategy (row L21)
            ["coingecko_public_treasury_bitcoin"],
            "coingecko",
            "treasury.mara.rank_count",
            "MARA",
            "2",
            None,
        ),
        (
            ["coingecko_public_treasury_bitcoin"],
            "coingecko",
            "treasury.mstr.rank_count",
            "MSTR",
            "1",
            None,
        ),
        (
            # `TSE: GLXY`
            ["coingecko_public_treasury_bitcoin"],
            "coingecko",
            "treasury.glxy.rank_count",
            "GLXY",
            "3",
            None,
        ),
        (
            ["coingecko_public_treasury_bitcoin"],
            "coingecko",
            "treasury.all.all_companies_btc",
            "*",
            "239494",
            None,
        ),
        (
            # 0.007343 % of eight hours
            ["coinglass_funding_rate_exchange_list"],
            "coinglass",
            "perp.binance.funding_8h_ratio",
            "Binance",
            "0.00007343",
            None,
        ),
        (
            ["coinglass_open_interest_exchange_list"],
            "coinglass",
            "perp.all.open_interest_usd",
            "All",
            "57437891724.5572",
            None,
        ),
        (
            ["coinglass_open_interest_exchange_list"],
            "coinglass",
            "perp.cme.open_interest_btc",
            "CME",
            "141275.5",
            None,
        ),
        (
            ["coinglass_liquidation_exchange_list"],
            "coinglass",
            "perp.all.liquidated_1h_usd",
            "All",
            "14673519.81739075",
            None,
        ),
        (
            ["coinglass_liquidation_exchange_list"],
            "coinglass",
            "perp.all.liquidated_long_1h_usd",
            "All",
            "451394.17404598",
            None,
        ),
        (
            # of 11 January 2024, over when New York had closed
            ["coinglass_etf_bitcoin_flow_history"],
            "coinglass_daily",
            "etf.btc.flow_usd",
            "BTC",
            "655300000",
            "2024-01-11T21:00:00Z",
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
        (
            "bitfinex_error_ratelimit",
            "bitfinex_margin",
            "perp.bitfinex.margin_long_btc",
            "long",
            "throttled",
        ),
        ("coinglass_error", "coinglass", "perp.all.open_interest_usd", "All", "unauthorized"),
        ("coinglass_error", "coinglass_daily", "etf.btc.flow_usd", "BTC", "unauthorized"),
        (
            "defillama_stablecoincharts_all",
            "defillama",
            "stablecoin.all.cap_week_change_ratio",
            "all",
            "missing_field",
        ),
        (
            "coingecko_public_treasury_bitcoin",
            "coingecko",
            "treasury.riot.holdings_btc",
            "RIOT",
            "missing_field",
        ),
        ("deribit_error", "deribit", "perp.deribit.mark_usd", "BTC-PERPETUAL", "not_found"),
        (
            # no put and no call stand against each other where only one contract is listed
            "deribit_book_summary_by_currency",
            "deribit",
            "options.deribit.put_call_ratio",
            "BTC",
            "missing_field",
        ),
        (
            "hyperliquid_meta_and_asset_ctxs",
            "hyperliquid",
            "perp.hyperliquid.funding_8h_ratio",
            "DOGE",
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


def test_a_year_later_hyperliquid_pays_the_shorts() -> None:
    """The recorded context of 2026: -0.0000015186 an hour is -0.0000121488 for eight hours."""
    context = json.loads(sample("hyperliquid_asset_ctx_btc_2026.json"))
    body = json.dumps([{"universe": [{"name": "BTC"}]}, [context]])
    funding = fetch("hyperliquid", "perp.hyperliquid.funding_8h_ratio", "BTC", body)
    assert funding.value == Decimal("-0.0000121488")
