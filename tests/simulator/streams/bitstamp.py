"""Bitstamp: the trades of one pair; it sends no heartbeat by itself."""

from __future__ import annotations

import json

from monitor.domain.events import BTC_USD
from tests.simulator.market import Market
from tests.simulator.shapes import Document
from tests.simulator.streaming import SimulatedStream

CHANNEL = "live_trades_btcusd"


def trade(market: Market, number: int) -> Document:
    """Return the trade of this id."""
    price, now = market.value(BTC_USD, "bitstamp"), market.clock.now()
    one = {
        "id": number,
        "timestamp": str(now // 1_000),
        "amount": 0.241,
        "amount_str": "0.24100000",
        "price": float(price),
        "price_str": f"{price}",
        "type": 0,
        "microtimestamp": f"{now}000",
        "buy_order_id": 1_982_008_431_775_746,
        "sell_order_id": 1_982_008_430_600_193,
    }
    return {"data": one, "channel": CHANNEL, "event": "trade"}


def subscribes(text: str) -> bool:
    """Tell whether the client subscribes to what there is."""
    message = json.loads(text)
    return bool(message["event"] == "bts:subscribe" and message["data"]["channel"] == CHANNEL)


def answer(text: str) -> Document:
    """Confirm a subscription to what there is."""
    if not subscribes(text):
        return REFUSAL
    return {"event": "bts:subscription_succeeded", "channel": CHANNEL, "data": {}}


REFUSAL = {
    "event": "bts:error",
    "channel": "",
    "data": {"code": None, "message": "Incorrect JSON format."},
}
STREAM = SimulatedStream(
    instrument=BTC_USD,
    value=trade,
    answer=answer,
    subscribes=subscribes,
    refusal=REFUSAL,
    price=("data", "price_str"),
    symbol=("channel",),
)
