"""Coinbase Exchange: the ticker of one product."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.core.clock import iso
from monitor.domain.events import BTC_USD
from tests.simulator.market import Market
from tests.simulator.provider import Provider
from tests.simulator.shapes import Document, Shape, UnknownSymbolError


def ticker(market: Market, rest: str, _: Mapping[str, str]) -> Document:
    """Return the ticker of the product in the path."""
    if rest != "BTC-USD/ticker":
        raise UnknownSymbolError(404, {"message": "NotFound"})
    price = market.value(BTC_USD, "coinbase")
    return {
        "trade_id": 900_000_001,
        "price": f"{price}",
        "size": "0.01250000",
        "time": iso(market.clock.now()),
        "bid": f"{price - 1}",
        "ask": f"{price + 1}",
        "volume": "8123.45678901",
    }


PROVIDER = Provider(
    shapes=(
        Shape(
            "products/",
            ticker,
            ("price",),
            time=("time",),
            rename=("price",),
            book=(("bid",), ("ask",)),
        ),
    ),
)
