"""Binance: last trade, book and 24 h volume of BTC-USDT. No key; refused in some regions.

A pair of a stablecoin: it says dollars only through that coin's own fresh rate.
"""

from __future__ import annotations

from monitor.domain.events import BTC_USDT
from monitor.feeds.base import Feed, FeedSpec
from monitor.feeds.binance_spot import fetch
from monitor.feeds.binance_stream import spot_stream

FEED = Feed(
    FeedSpec(
        name="binance",
        base_url="https://api.binance.com",
        instruments={BTC_USDT: "BTCUSDT"},
        interval_s=5,
        timeout_s=4,
        fresh_s=60,
        requests_per_minute=6_000,  # weight a minute; a ticker counts 2
        licence="Public market data; own use under Binance's terms; not offered in every region (HTTP 451).",
        max_bytes=16_384,
        batch=1,
        enabled=False,
    ),
    fetch,
)
STREAM = spot_stream(FEED.spec, "wss://data-stream.binance.vision/stream")
