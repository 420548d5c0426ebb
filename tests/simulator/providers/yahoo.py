"""Yahoo chart: the head of one share's day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from monitor.core.clock import SECOND
from monitor.nyse import nyse_calendar
from tests.simulator.market import STOCKS, Market
from tests.simulator.provider import Provider
from tests.simulator.shapes import Document, Shape, UnknownSymbolError

PAST_DAYS = 30


def chart(market: Market, rest: str, query: Mapping[str, str]) -> Document:
    """Return the chart of the share in the path, of today or of thirty days."""
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
    if query.get("interval") == "1d":
        opens = [open_s for back in range(PAST_DAYS, -1, -1) if (open_s := _open_s(now_s, back))]
        closes = [None if place == 1 else price for place in range(len(opens))]
        result |= {"timestamp": opens, "indicators": {"quote": [{"close": closes}]}}
    return {"chart": {"result": [result], "error": None}}


def _open_s(now_s: int, days_back: int) -> int | None:
    """Return the open of the session of a day before now, None where there was none."""
    day = datetime.fromtimestamp(now_s, UTC).date() - timedelta(days=days_back)
    session = nyse_calendar().on(day)
    return None if session is None else session.open_at // SECOND


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
