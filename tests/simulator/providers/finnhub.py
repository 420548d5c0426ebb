"""Finnhub: the quote of one share, for whoever has a key."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.core.clock import SECOND
from tests.simulator.market import STOCKS, Market
from tests.simulator.provider import Provider
from tests.simulator.shapes import Document, Shape, UnknownSymbolError


def quote(market: Market, _: str, query: Mapping[str, str]) -> Document:
    """Return the quote of the share that is asked for."""
    symbol = query.get("symbol", "")
    if symbol not in STOCKS:
        body = {"c": 0, "d": None, "dp": None, "h": 0, "l": 0, "o": 0, "pc": 0, "t": 0}
        raise UnknownSymbolError(200, body)
    price = float(market.value(symbol))
    at = market.clock.now() // SECOND
    close = float(market.previous_close(symbol))
    change = {"d": price - close, "dp": (price / close - 1) * 100}
    return {"c": price, **change, "h": price, "l": price, "o": close, "pc": close, "t": at}


PROVIDER = Provider(
    shapes=(Shape("api/v1/quote", quote, ("c",), time=("t",), rename=("c",)),),
    environ={"FINNHUB_API_KEY": "test-key-0123456789"},
    key_header="X-Finnhub-Token",
    refusal={"error": "Please use an API key."},
)
