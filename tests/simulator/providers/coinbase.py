"""Coinbase Exchange: the ticker of one product."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from monitor.core.clock import iso
from monitor.domain.events import BTC_USD, USDT_USD
from tests.simulator.market import Market
from tests.simulator.provider import Provider
from tests.simulator.shapes import Document, Shape, UnknownSymbolError

TICKS = {BTC_USD: Decimal(1), USDT_USD: Decimal("0.0001")}


def ticker(market: Market, rest: str, _: Mapping[str, str]) -> Document:
    """Return the ticker of the product in the path."""
    instrument = rest.removesuffix("/ticker")
    if instrument not in TICKS:
        raise UnknownSymbolError(404, {"message": "NotFound"})
    price, tick = market.value(instrument, "coinbase"), TICKS[instrument]
    return {
        "trade_id": 900_000_001,
        "price": f"{price}",
        "size": "0.01250000",
        "time": iso(market.clock.now()),
        "bid": f"{price - tick}",
        "ask": f"{price + tick}",
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
