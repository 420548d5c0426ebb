"""Bitstamp: the ticker of one pair."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.core.clock import SECOND
from monitor.domain.events import BTC_USD
from tests.simulator.market import Market
from tests.simulator.provider import Provider
from tests.simulator.shapes import Document, Shape, UnknownSymbolError


def ticker(market: Market, rest: str, _: Mapping[str, str]) -> Document:
    """Return the ticker of the pair in the path."""
    if rest != "btcusd/":
        body = {"status": "error", "reason": "Invalid symbol", "code": "404.003"}
        raise UnknownSymbolError(404, body)
    price = market.value(BTC_USD, "bitstamp")
    return {
        "timestamp": str(market.clock.now() // SECOND),
        "open": f"{price - 100}",
        "high": f"{price + 900}",
        "low": f"{price - 900}",
        "last": f"{price}",
        "volume": "1800.00000000",
        "vwap": f"{price}",
        "bid": f"{price - 1}",
        "ask": f"{price + 1}",
        "side": "0",
        "open_24": f"{price - 50}",
        "percent_change_24": "0.05",
        "pair": "BTC/USD",
    }


PROVIDER = Provider(
    shapes=(
        Shape(
            "api/v2/ticker/",
            ticker,
            ("last",),
            time=("timestamp",),
            rename=("last",),
            book=(("bid",), ("ask",)),
        ),
    ),
)
