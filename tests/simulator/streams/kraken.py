"""Kraken, second version: trade and ticker channels of one pair."""

from __future__ import annotations

import json
from typing import Any

from monitor.core.clock import iso
from monitor.domain.events import BTC_USD
from tests.simulator.market import Market
from tests.simulator.shapes import Document
from tests.simulator.streaming import SimulatedStream

SYMBOL = "BTC/USD"


def trade(market: Market, number: int) -> Document:
    """Return the trade of this id; figures are JSON numbers here."""
    one = {
        "symbol": SYMBOL,
        "side": "buy",
        "price": float(market.value(BTC_USD, "kraken")),
        "qty": 0.0125,
        "ord_type": "limit",
        "trade_id": number,
        "timestamp": iso(market.clock.now()),
    }
    return {"channel": "trade", "type": "update", "data": [one]}


def heartbeat(_: Market) -> Document:
    """Return what comes each second in which nothing else does."""
    return {"channel": "heartbeat"}


def asked(text: str) -> dict[str, Any]:
    """Return the parameters of a subscription; of anything else nothing."""
    message = json.loads(text)
    return dict(message["params"]) if message.get("method") == "subscribe" else {}


def subscribes(text: str) -> bool:
    """Tell whether the client subscribes to the trades."""
    wanted = asked(text)
    return wanted.get("channel") == "trade" and wanted.get("symbol") == [SYMBOL]


def answer(text: str) -> Document | None:
    """Confirm a subscription to what there is."""
    wanted = asked(text)
    if not wanted:
        return None
    if wanted["symbol"] != [SYMBOL]:
        return REFUSAL
    result = {"channel": wanted["channel"], "snapshot": False, "symbol": SYMBOL}
    return {"method": "subscribe", "result": result, "success": True}


REFUSAL = {
    "error": "Currency pair not supported BTC/USD",
    "method": "subscribe",
    "success": False,
    "symbol": SYMBOL,
}
STREAM = SimulatedStream(
    instrument=BTC_USD,
    value=trade,
    heartbeat=heartbeat,
    answer=answer,
    subscribes=subscribes,
    refusal=REFUSAL,
    greeting=(
        {
            "channel": "status",
            "type": "update",
            "data": [{"api_version": "v2", "system": "online", "version": "2.0.0"}],
        },
    ),
    price=("data", 0, "price"),
    symbol=("data", 0, "symbol"),
)
