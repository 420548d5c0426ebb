"""OKX: the tickers of one pair; it answers a ping with a text and sends no heartbeat by itself."""

from __future__ import annotations

import json

from monitor.domain.events import BTC_USDT
from tests.simulator.market import Market
from tests.simulator.shapes import Document
from tests.simulator.streaming import SimulatedStream

WANTED = {"channel": "tickers", "instId": "BTC-USDT"}


def ticker(market: Market, _: int) -> Document:
    """Return the pair's ticker; it has no number."""
    price, now = market.value(BTC_USDT, "okx"), market.clock.now()
    one = {
        "instType": "SPOT",
        "instId": "BTC-USDT",
        "last": f"{price}",
        "lastSz": "0.0125",
        "askPx": f"{price + 1}",
        "askSz": "0.4",
        "bidPx": f"{price - 1}",
        "bidSz": "0.3",
        "open24h": f"{price}",
        "high24h": f"{price}",
        "low24h": f"{price}",
        "sodUtc0": f"{price}",
        "sodUtc8": f"{price}",
        "volCcy24h": "725802090.6",
        "vol24h": "7602.13085371",
        "ts": f"{now}",
    }
    return {"arg": WANTED, "data": [one]}


def subscribes(text: str) -> bool:
    """Tell whether the client subscribes to what there is."""
    if text == "ping":
        return False
    asked = json.loads(text)
    return bool(asked["op"] == "subscribe" and asked["args"] == [WANTED])


def answer(text: str) -> Document:
    """Confirm a subscription to what there is, and answer a ping."""
    if text == "ping":
        return "pong"
    return (
        {"event": "subscribe", "arg": WANTED, "connId": "a4d3ae55"} if subscribes(text) else REFUSAL
    )


REFUSAL = {
    "event": "error",
    "code": "60018",
    "msg": "Wrong URL or channel:tickers,instId:BTC-EUR doesn't exist.",
    "connId": "a4d3ae55",
}
STREAM = SimulatedStream(
    instrument=BTC_USDT,
    value=ticker,
    answer=answer,
    subscribes=subscribes,
    refusal=REFUSAL,
    price=("data", 0, "last"),
    symbol=("data", 0, "instId"),
)
