"""Yahoo chart: the head of one share's day."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.core.clock import SECOND
from tests.simulator.market import STOCKS, Market
from tests.simulator.provider import Provider
from tests.simulator.shapes import Document, Shape, UnknownSymbolError


def chart(market: Market, rest: str, _: Mapping[str, str]) -> Document:
    """Return the chart of the share in the path."""
    if rest not in STOCKS:
        error = {"code": "Not Found", "description": "No data found, symbol may be delisted"}
        raise UnknownSymbolError(404, {"chart": {"result": None, "error": error}})
    price, now_s = float(market.value(rest)), market.clock.now() // SECOND
    meta = {
        "currency": "USD",
        "symbol": rest,
        "exchangeName": "NMS",
        "instrumentType": "EQUITY",
        "regularMarketTime": now_s,
        "gmtoffset": -18_000,
        "regularMarketPrice": price,
        "chartPreviousClose": float(market.previous_close(rest)),
        "previousClose": float(market.previous_close(rest)),
    }
    bars = {"quote": [{"close": [price, None, price], "volume": [1_000, None, 0]}]}
    result = {"meta": meta, "timestamp": [now_s - 600, now_s - 300, now_s], "indicators": bars}
    return {"chart": {"result": [result], "error": None}}


PROVIDER = Provider(
    shapes=(
        Shape(
            "v8/finance/chart/",
            chart,
            ("chart", "result", 0, "meta", "regularMarketPrice"),
            time=("chart", "result", 0, "meta", "regularMarketTime"),
            rename=("chart", "result", 0, "meta", "regularMarketPrice"),
        ),
    ),
)
