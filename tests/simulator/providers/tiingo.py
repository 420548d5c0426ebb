"""Tiingo: rows of several shares on IEX, for whoever has a key."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from monitor.core.clock import SECOND
from monitor.domain.sessions import NEW_YORK
from tests.simulator.market import STOCKS, Market
from tests.simulator.provider import Provider
from tests.simulator.shapes import EACH, Document, Shape


def rows(market: Market, _: str, query: Mapping[str, str]) -> Document:
    """Return a row for each known share that is asked for."""
    asked = query.get("tickers", "").upper().split(",")
    return [_row(market, symbol) for symbol in asked if symbol in STOCKS]


def _row(market: Market, symbol: str) -> Document:
    price, now = float(market.value(symbol)), market.clock.now()
    moment = datetime.fromtimestamp(now // SECOND, UTC).astimezone(NEW_YORK)
    at = moment.isoformat(timespec="microseconds")
    # nanoseconds, as the provider writes them
    at = f"{at[:-6]}029{at[-6:]}"
    return {
        "ticker": symbol,
        "prevClose": float(market.previous_close(symbol)),
        "last": price,
        "tngoLast": price,
        "lastSaleTimestamp": at,
        "quoteTimestamp": at,
        "timestamp": at,
        "bidPrice": 0.0,
        "askPrice": 0.0,
        "bidSize": 0,
        "askSize": 0,
        "mid": None,
        "volume": 680,
    }


PROVIDER = Provider(
    shapes=(
        Shape(
            "iex/",
            rows,
            (0, "tngoLast"),
            time=(EACH, "timestamp"),
            rename=(0, "tngoLast"),
        ),
    ),
    environ={"TIINGO_API_KEY": "test-key-tiingo-0123"},
    key_header="Authorization",
    refusal={"detail": "Invalid token."},
)
