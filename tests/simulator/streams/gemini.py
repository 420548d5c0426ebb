"""Gemini, second version: the book of one pair and the trades that come with it."""

from __future__ import annotations

import json

from monitor.domain.events import BTC_USD
from tests.simulator.market import Market
from tests.simulator.shapes import Document
from tests.simulator.streaming import SimulatedStream

PAIR = "BTCUSD"


def trade(market: Market, number: int) -> Document:
    """Return the trade of this id."""
    return {
        "type": "trade",
        "symbol": PAIR,
        "event_id": number,
        "timestamp": market.clock.now(),
        "price": f"{market.value(BTC_USD, 'gemini')}",
        "quantity": "0.0125",
        "side": "buy",
    }


def heartbeat(market: Market) -> Document:
    """Return the sign of life of a quiet market."""
    return {"type": "heartbeat", "timestamp": market.clock.now()}


def subscribes(text: str) -> bool:
    """Tell whether the client subscribes to what there is."""
    asked = json.loads(text)
    wanted = [{"name": "l2", "symbols": [PAIR]}]
    return bool(asked["type"] == "subscribe" and asked["subscriptions"] == wanted)


def answer(text: str) -> Document:
    """Begin with the book, which is all there is of a confirmation."""
    if not subscribes(text):
        return REFUSAL
    book = [["buy", "97000.00", "0.4"], ["sell", "97500.00", "0.3"]]
    return {"type": "l2_updates", "symbol": PAIR, "changes": book, "trades": []}


REFUSAL = {"result": "error", "reason": "InvalidSymbol", "message": "no such symbol"}
STREAM = SimulatedStream(
    instrument=BTC_USD,
    value=trade,
    heartbeat=heartbeat,
    answer=answer,
    subscribes=subscribes,
    refusal=REFUSAL,
    price=("price",),
    symbol=("symbol",),
)
