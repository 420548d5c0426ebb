"""Recorded answers of venues and of the chain give the values that stand in them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from monitor.core.clock import parse_iso
from monitor.core.errors import FeedError
from monitor.domain.events import (
    BTC_USD,
    BTC_USDT,
    DIFFICULTY,
    HASHPRICE_INDEX_BTC,
    HASHPRICE_INDEX_USD,
    HEIGHT,
)
from tests.contract.test_recorded_answers import NOW, fetch, sample

CHAIN = "chain.{}.hashrate_eh"


@pytest.mark.parametrize(
    ("file", "provider", "instrument", "symbol", "value", "observed"),
    [
        (
            "gemini_pubticker.json",
            "gemini",
            BTC_USD,
            "btcusd",
            "9115.23",
            "2020-07-17T10:45:00Z",
        ),
        ("bitfinex_ticker.json", "bitfinex", BTC_USD, "tBTCUSD", "10644.00645389", None),
        (
            "binance_ticker_24hr.json",
            "binance",
            BTC_USDT,
            "BNBBTC",
            "4.00000200",
            "2017-07-12T14:31:39.040Z",
        ),
        ("bitcoind_getmininginfo.json", "bitcoind", HEIGHT, "blocks", "856746", None),
        (
            "bitcoind_getmininginfo.json",
            "bitcoind",
            DIFFICULTY,
            "difficulty",
            "90666502495565.78",
            None,
        ),
        # 6.569089154381459e+20 H/s
        (
            "bitcoind_getmininginfo.json",
            "bitcoind",
            CHAIN.format("bitcoind"),
            "networkhashps",
            "656.9089154381459",
            None,
        ),
        # 44,977,500.7 TH/s, in GH/s
        (
            "blockchain_info_stats.json",
            "blockchain_info",
            CHAIN.format("blockchain_info"),
            "hash_rate",
            "44.97750072736728",
            "2019-05-12T07:35:25Z",
        ),
        (
            "blockchain_info_stats.json",
            "blockchain_info",
            HEIGHT,
            "n_blocks_total",
            "575644",
            "2019-05-12T07:35:25Z",
        ),
        # 0.039 USD per TH
        ("braiins_hashrate_stats.json", "braiins", HASHPRICE_INDEX_USD, "hash_price", "39", None),
        (
            "braiins_hashrate_stats.json",
            "braiins",
            CHAIN.format("braiins"),
            "current_hashrate",
            "1001.23",
            None,
        ),
        (
            "luxor_hashprice_current.json",
            "luxor",
            HASHPRICE_INDEX_USD,
            "PHS",
            "50.0",
            "2026-05-07T12:00:00Z",
        ),
        # the same figures as of a terahash: exactly a thousand times as much
        (
            "luxor_hashprice_current.json",
            "luxor",
            HASHPRICE_INDEX_BTC,
            "THS",
            "0.5",
            "2026-05-07T12:00:00Z",
        ),
        (
            "esplora_fee_estimates.json",
            "esplora",
            "chain.esplora.fee_rate_sat_vb",
            "/",
            "87.882",
            None,
        ),
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
    ("file", "provider", "symbol", "reason"),
    [
        ("gemini_error.json", "gemini", "btcusd", "server_error"),
        ("bitfinex_error_ratelimit.json", "bitfinex", "tBTCUSD", "throttled"),
        # the same row with its symbol in front would give the relative change as the price
        ("bitfinex_tickers.json", "bitfinex", "tBTCUSD", "missing_field"),
        ("binance_error_invalid_symbol.json", "binance", "BTCUSDT", "not_found"),
        ("binance_error_451.json", "binance", "BTCUSDT", "geo_blocked"),
        ("binance_ticker_price.json", "binance", "BTCUSDT", "wrong_symbol"),
        ("okx_error.json", "okx", "BTC-USDT", "not_found"),
        # a perpetual in place of spot
        ("okx_ticker.json", "okx", "BTC-USDT", "wrong_symbol"),
        ("bitcoind_error.json", "bitcoind", "blocks", "server_error"),
    ],
)
def test_a_recorded_error_or_another_instrument_is_named(
    file: str, provider: str, symbol: str, reason: str
) -> None:
    """An error body is an error whatever the status, and another instrument is never passed on."""
    instrument = {"binance": BTC_USDT, "okx": BTC_USDT, "bitcoind": HEIGHT}.get(provider, BTC_USD)
    with pytest.raises(FeedError) as caught:
        fetch(provider, instrument, symbol, sample(file))
    assert caught.value.reason == reason
