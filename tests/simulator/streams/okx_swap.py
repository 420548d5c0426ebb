"""OKX swaps: liquidations of all contracts, in contracts; ours is one of them."""

from __future__ import annotations

import json
from decimal import Decimal

from tests.simulator.market import Market
from tests.simulator.shapes import Document
from tests.simulator.streaming import SimulatedStream
from tests.simulator.streams.okx import REFUSAL

TOTAL = "perp.okx.liquidated_1h_btc"
WANTED = {"channel": "liquidation-orders", "instType": "SWAP"}
BTC_EACH = Decimal("0.01")


def liquidations(market: Market, _: int) -> Document:
    """Return one order that closed a long of ours, and one of a contract that is none of ours."""
    now = market.clock.now()
    one = {"bkLoss": "0", "bkPx": "97251.5", "ccy": "", "posSide": "long", "side": "sell"}
    ours = one | {"sz": f"{market.value(TOTAL) / BTC_EACH}", "ts": f"{now}"}
    theirs = one | {"sz": "13", "ts": f"{now}"}
    return {
        "arg": WANTED,
        "data": [
            {
                "details": [detail],
                "instFamily": f"{coin}-USDT",
                "instId": f"{coin}-USDT-SWAP",
                "instType": "SWAP",
                "uly": f"{coin}-USDT",
            }
            for coin, detail in (("BTC", ours), ("IOST", theirs))
        ],
    }


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
    done = {"event": "subscribe", "arg": WANTED, "connId": "a4d3ae55"}
    return done if subscribes(text) else REFUSAL


STREAM = SimulatedStream(
    instrument=TOTAL,
    value=liquidations,
    answer=answer,
    subscribes=subscribes,
    refusal=REFUSAL,
    price=("data", 0, "details", 0, "sz"),
    values={TOTAL: Decimal("12.34")},
)
