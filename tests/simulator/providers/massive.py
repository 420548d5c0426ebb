"""Massive: the snapshot of one share, for whoever has a key."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.core.clock import MINUTE
from tests.simulator.market import STOCKS, Market
from tests.simulator.provider import Provider
from tests.simulator.shapes import Document, Shape, UnknownSymbolError

NS_PER_MS = 1_000_000


def snapshot(market: Market, rest: str, _: Mapping[str, str]) -> Document:
    """Return the snapshot of the share in the path."""
    if rest not in STOCKS:
        body = {"status": "NOT_FOUND", "request_id": "1", "message": "Ticker not found."}
        raise UnknownSymbolError(404, body)
    price, now = float(market.value(rest)), market.clock.now()
    day = {"o": price, "h": price, "l": price, "c": price, "v": 688, "vw": price}
    bid, ask = round(price - 0.01, 2), round(price + 0.01, 2)
    ticker = {
        "ticker": rest,
        "day": day,
        "prevDay": day | {"c": float(market.previous_close(rest))},
        "min": day | {"t": now - now % MINUTE, "n": 5},
        "lastTrade": {"c": None, "i": "1", "p": price, "s": 2, "t": now * NS_PER_MS, "x": 12},
        "lastQuote": {"P": ask, "S": 5, "p": bid, "s": 3, "t": now * NS_PER_MS},
        "updated": now * NS_PER_MS,
    }
    return {"request_id": "957db942", "status": "OK", "ticker": ticker}


PROVIDER = Provider(
    shapes=(
        Shape(
            "v2/snapshot/locale/us/markets/stocks/tickers/",
            snapshot,
            ("ticker", "lastTrade", "p"),
            time=("ticker", "lastTrade", "t"),
            rename=("ticker", "lastTrade", "p"),
            book=(("ticker", "lastQuote", "p"), ("ticker", "lastQuote", "P")),
        ),
    ),
    environ={"MASSIVE_API_KEY": "test-key-massive-0123"},
    key_header="Authorization",
    refusal={"status": "ERROR", "error": "Unknown API Key"},
)
