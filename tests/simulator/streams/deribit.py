"""Deribit: the perpetual's ticker, in JSON-RPC; nothing is sent in a quiet market."""

from __future__ import annotations

import json

from tests.simulator.market import Market
from tests.simulator.providers.deribit import FUNDING, MARK, PERP_OPEN
from tests.simulator.shapes import Document
from tests.simulator.streaming import SimulatedStream

CHANNEL = "ticker.BTC-PERPETUAL.100ms"
REFUSAL = {
    "jsonrpc": "2.0",
    "id": 1,
    "error": {"message": "Invalid params", "code": -32602, "data": {"reason": "wrong format"}},
}


def ticker(market: Market, _: int) -> Document:
    """Return the ticker; it has no number."""
    data = {
        "instrument_name": "BTC-PERPETUAL",
        "timestamp": market.clock.now(),
        "state": "open",
        "mark_price": float(market.value(MARK)),
        "index_price": float(market.value(MARK)),
        "open_interest": int(market.value(PERP_OPEN)),
        "current_funding": 0.0,
        "funding_8h": float(market.value(FUNDING)),
        "best_bid_price": None,
    }
    return {
        "jsonrpc": "2.0",
        "method": "subscription",
        "params": {"channel": CHANNEL, "data": data},
    }


def subscribes(text: str) -> bool:
    """Tell whether the client subscribes to what there is."""
    asked = json.loads(text)
    return bool(asked["method"] == "public/subscribe" and asked["params"]["channels"] == [CHANNEL])


def answer(text: str) -> Document:
    """Name the channels that will come."""
    return {"jsonrpc": "2.0", "id": 1, "result": [CHANNEL]} if subscribes(text) else REFUSAL


STREAM = SimulatedStream(
    instrument=MARK,
    value=ticker,
    answer=answer,
    subscribes=subscribes,
    refusal=REFUSAL,
    price=("params", "data", "mark_price"),
    symbol=("params", "data", "instrument_name"),
)
