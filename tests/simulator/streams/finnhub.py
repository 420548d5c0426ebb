"""Finnhub: trades of shares, each asked for by itself; nothing is confirmed."""

from __future__ import annotations

import json

from tests.simulator.market import Market
from tests.simulator.shapes import Document
from tests.simulator.streaming import SimulatedStream

SHARE = "RIOT"


def trades(market: Market, _: int) -> Document:
    """Return a message with one trade; it has no number."""
    price, now = float(market.value(SHARE)), market.clock.now()
    return {
        "type": "trade",
        "data": [{"c": ["1", "12"], "p": price, "s": SHARE, "t": now, "v": 100}],
    }


def subscribes(text: str) -> bool:
    """Tell whether the client subscribes to the share that trades here."""
    return bool(json.loads(text) == {"type": "subscribe", "symbol": SHARE})


def answer(text: str) -> Document | None:
    """Send the ping that elsewhere comes each minute."""
    return {"type": "ping"} if subscribes(text) else None


STREAM = SimulatedStream(
    instrument=SHARE,
    value=trades,
    answer=answer,
    subscribes=subscribes,
    refusal={"type": "error", "msg": "Invalid symbol"},
    price=("data", 0, "p"),
    symbol=("data", 0, "s"),
)
