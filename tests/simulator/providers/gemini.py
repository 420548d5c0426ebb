"""Gemini: the older ticker of one pair."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.domain.events import BTC_USD
from tests.simulator.market import Market
from tests.simulator.provider import Provider
from tests.simulator.shapes import Document, Shape, UnknownSymbolError


def ticker(market: Market, rest: str, _: Mapping[str, str]) -> Document:
    """Return the ticker of the pair in the path."""
    if rest != "btcusd":
        body = {"result": "error", "reason": "InvalidSymbol", "message": "no such pair"}
        raise UnknownSymbolError(400, body)
    price = market.value(BTC_USD, "gemini")
    volume = {"BTC": "812.5", "USD": f"{price * 812}", "timestamp": market.clock.now()}
    return {"bid": f"{price - 1}", "ask": f"{price + 1}", "volume": volume, "last": f"{price}"}


PROVIDER = Provider(
    shapes=(
        Shape(
            "v1/pubticker/",
            ticker,
            ("last",),
            time=("volume", "timestamp"),
            rename=("last",),
            book=(("bid",), ("ask",)),
        ),
    ),
)
