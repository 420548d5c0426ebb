"""Coinbase Exchange: ticker and heartbeat channels of one product."""

from __future__ import annotations

import json

from monitor.core.clock import iso
from monitor.domain.events import BTC_USD
from tests.simulator.market import Market
from tests.simulator.shapes import Document
from tests.simulator.streaming import SimulatedStream


def ticker(market: Market, number: int) -> Document:
    """Return the ticker after the trade of this id."""
    price = market.value(BTC_USD, "coinbase")
    return {
        "type": "ticker",
        "sequence": 3 * number,
        "product_id": "BTC-USD",
        "price": f"{price}",
        "open_24h": f"{price - 100}",
        "volume_24h": "8123.45678901",
        "low_24h": f"{price - 900}",
        "high_24h": f"{price + 900}",
        "volume_30d": "240000.1",
        "best_bid": f"{price - 1}",
        "best_bid_size": "0.1",
        "best_ask": f"{price + 1}",
        "best_ask_size": "0.2",
        "side": "buy",
        "time": iso(market.clock.now()),
        "trade_id": number,
        "last_size": "0.0125",
    }


def heartbeat(market: Market) -> Document:
    """Return what comes each second."""
    now = iso(market.clock.now())
    return {
        "type": "heartbeat",
        "sequence": 90,
        "last_trade_id": 20,
        "product_id": "BTC-USD",
        "time": now,
    }


def subscribes(text: str) -> bool:
    """Tell whether the client subscribes to what there is."""
    asked = json.loads(text)
    return bool(asked["type"] == "subscribe" and asked["product_ids"] == ["BTC-USD"])


def answer(text: str) -> Document:
    """Confirm a subscription to what there is."""
    if not subscribes(text):
        return REFUSAL
    asked = json.loads(text)
    channels = [{"name": name, "product_ids": ["BTC-USD"]} for name in asked["channels"]]
    return {"type": "subscriptions", "channels": channels}


REFUSAL = {
    "type": "error",
    "message": "Failed to subscribe",
    "reason": "BTC-USD is not a valid product",
}
STREAM = SimulatedStream(
    instrument=BTC_USD,
    value=ticker,
    heartbeat=heartbeat,
    answer=answer,
    subscribes=subscribes,
    refusal=REFUSAL,
    price=("price",),
    symbol=("product_id",),
)
