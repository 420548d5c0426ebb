"""Twelve Data: the quote of one share, for whoever has a key."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.core.clock import SECOND, iso
from tests.simulator.market import STOCKS, Market
from tests.simulator.provider import Provider
from tests.simulator.shapes import Document, Shape, UnknownSymbolError


def quote(market: Market, _: str, query: Mapping[str, str]) -> Document:
    """Return the quote of the share that is asked for."""
    symbol, now = query.get("symbol", ""), market.clock.now()
    if symbol not in STOCKS:
        body = {"code": 404, "message": "**symbol** not found", "status": "error"}
        raise UnknownSymbolError(200, body)
    return {
        "symbol": symbol,
        "name": symbol,
        "exchange": "NASDAQ",
        "mic_code": "XNGS",
        "currency": "USD",
        "datetime": iso(now)[:10],
        "timestamp": now // SECOND - 3_600,
        "last_quote_at": now // SECOND,
        "open": f"{market.value(symbol)}",
        "close": f"{market.value(symbol)}",
        "volume": "886145",
        "previous_close": f"{market.previous_close(symbol)}",
        "is_market_open": True,
    }


PROVIDER = Provider(
    shapes=(Shape("quote", quote, ("close",), time=("last_quote_at",), rename=("close",)),),
    environ={"TWELVEDATA_API_KEY": "test-key-twelve-0123"},
    key_header="Authorization",
    refusal={"code": 401, "message": "**apikey** parameter is incorrect", "status": "error"},
)
