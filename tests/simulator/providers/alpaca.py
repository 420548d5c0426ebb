"""Alpaca: snapshots of several shares, for whoever has both parts of a key."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.core.clock import DAY, iso
from tests.simulator.market import STOCKS, Market
from tests.simulator.provider import Provider
from tests.simulator.shapes import ANY, EACH, Document, Shape


def snapshots(market: Market, _: str, query: Mapping[str, str]) -> Document:
    """Return what is known of the shares that are asked for; others are left out."""
    asked = query.get("symbols", "").split(",")
    return {symbol: _snapshot(market, symbol) for symbol in asked if symbol in STOCKS}


def _snapshot(market: Market, symbol: str) -> Document:
    price, now = float(market.value(symbol)), market.clock.now()
    # nanoseconds, as the provider writes them
    at, before = f"{iso(now)[:-1]}448206Z", iso(now - now % DAY - DAY)
    bar = {"t": before, "o": price, "h": price, "l": price, "c": price, "v": 1, "n": 1, "vw": price}
    return {
        "latestTrade": {"t": at, "x": "D", "p": price, "s": 200, "c": ["@"], "i": 39_884, "z": "C"},
        "latestQuote": {
            "t": at,
            "ax": "K",
            "ap": round(price + 0.01, 2),
            "as": 2,
            "bx": "K",
            "bp": round(price - 0.01, 2),
            "bs": 5,
            "c": ["R"],
            "z": "C",
        },
        "minuteBar": None,
        "dailyBar": bar,
        "prevDailyBar": bar | {"c": float(market.previous_close(symbol))},
    }


PROVIDER = Provider(
    shapes=(
        Shape(
            "v2/stocks/snapshots",
            snapshots,
            (ANY, "latestTrade", "p"),
            time=(EACH, "latestTrade", "t"),
            rename=(ANY, "latestTrade", "p"),
        ),
    ),
    environ={"APCA_API_KEY_ID": "test-id-alpaca-01", "APCA_API_SECRET_KEY": "test-key-alpaca-02"},
    key_header="APCA-API-SECRET-KEY",
    refusal={"message": "forbidden."},
    refusal_status=403,
)
