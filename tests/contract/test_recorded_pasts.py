"""Recorded and documented answers of history endpoints give the values of their own times.

The recordings lie beside the project and are read in place, as in test_recorded_answers.py.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from monitor.core.clock import parse_iso
from monitor.domain.events import Quote
from monitor.feeds.base import Http
from tests.contract.test_recorded_answers import NOW, sample
from tests.contract.test_recorded_derivatives import FEEDS, Bodies

SWAP = "BTC-USDT-SWAP"


def past(provider: str, instrument: str, symbol: str, *bodies: str, now: int = NOW) -> list[Quote]:
    """Return what one provider makes of `bodies` for the past of one instrument."""
    feed = FEEDS[provider]
    spec = replace(feed.spec, instruments={instrument: symbol})
    http: Http = Bodies(bodies, now)

    async def ask() -> list[Quote]:
        assert feed.past is not None
        return [item for item in await feed.past(http, spec) if isinstance(item, Quote)]

    quotes = asyncio.run(ask())
    assert {(it.instrument, it.source) for it in quotes} <= {(instrument, provider)}
    return sorted(quotes, key=lambda quote: quote.observed_at)


@pytest.mark.parametrize(
    ("files", "provider", "instrument", "symbol", "value", "observed"),
    [
        (
            ["blockchain_info_charts_hash_rate"],
            "blockchain_info",
            "chain.blockchain_info.hashrate_eh",
            "hash_rate",
            "0.3970314",
            "2015-09-18T00:00:00.000Z",
        ),
        (
            ["binance_fapi_funding_rate"],
            "binance_futures",
            "perp.binance.funding_8h_ratio",
            "BTCUSDT",
            "0.0001",
            "2023-11-01T00:00:00.000Z",
        ),
        (
            ["binance_fapi_open_interest_hist"],
            "binance_futures",
            "perp.binance.open_interest_btc",
            "BTCUSDT",
            "20401.367",
            "2020-03-02T05:50:00.000Z",
        ),
        (
            ["binance_fapi_top_long_short_position_ratio"],
            "binance_futures",
            "perp.binance.top_positions_long_short_ratio",
            "BTCUSDT",
            "1.4337",
            "2020-03-02T09:05:00.000Z",
        ),
        (
            ["bybit_v5_account_ratio"],
            "bybit",
            "perp.bybit.accounts_long_short_ratio",
            "BTCUSDT",
            "0.9607843137254901960784313725",
            "2023-10-02T16:00:00.000Z",
        ),
        (
            ["bybit_v5_open_interest"],
            "bybit",
            "perp.bybit-inverse.open_interest_usd",
            "BTCUSD",
            "31955346",
            "2026-06-09T00:00:00.000Z",
        ),
        (
            ["hyperliquid_meta_and_asset_ctxs", "hyperliquid_funding_history"],
            "hyperliquid",
            "perp.hyperliquid.funding_8h_ratio",
            "BTC",
            "0.0000264",
            "2026-02-01T03:20:00.000Z",
        ),
        (
            ["okx_long_short_account_ratio"],
            "okx_swap",
            "perp.okx.accounts_long_short_ratio",
            "BTC",
            "1.25",
            "2021-09-01T13:15:00.000Z",
        ),
        (
            ["coinglass_etf_bitcoin_flow_history"],
            "coinglass_daily",
            "etf.btc.flow_usd",
            "BTC",
            "655300000",
            "2024-01-11T21:00:00.000Z",
        ),
    ],
)
def test_the_newest_of_a_recorded_past(
    files: list[str], provider: str, instrument: str, symbol: str, value: str, observed: str
) -> None:
    """Units turned as those of the present value, at the source's own time."""
    quotes = past(provider, instrument, symbol, *(sample(f"{file}.json") for file in files))
    assert (quotes[-1].value, quotes[-1].observed_at) == (Decimal(value), parse_iso(observed))
    assert not quotes[-1].local_time


def test_a_settled_rate_is_of_the_time_since_the_one_before() -> None:
    """OKX' own example, of another swap: two settlements make one interval."""
    body = sample("okx_funding_rate_history.json").replace("BTC-USD-SWAP", SWAP)
    (quote,) = past("okx_swap", "perp.okx.funding_8h_ratio", SWAP, body)
    # what was paid, not what was announced
    assert quote.value == Decimal("0.0000746572360545")
    assert quote.observed_at == 1_703_059_200_000


def test_days_of_stablecoins_in_dollars() -> None:
    """Two days: two caps, and no change of a week, for which the row before is missing."""
    body, now = sample("defillama_stablecoincharts_all.json"), parse_iso("2025-10-01T00:00:00Z")
    caps = past("defillama", "stablecoin.all.cap_usd", "all", body, now=now)
    assert [int(it.value) for it in caps] == [305_000_000_000, 306_305_000_000]
    assert past("defillama", "stablecoin.all.cap_week_change_ratio", "all", body, now=now) == []
