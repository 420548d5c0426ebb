"""Bybit: liquidations of longs of one perpetual, each of as much as the sum's walk says."""

from __future__ import annotations

import json
from decimal import Decimal

from tests.simulator.market import Market
from tests.simulator.shapes import Document
from tests.simulator.streaming import SimulatedStream

TOTAL = "perp.bybit.liquidated_1h_btc"
TOPIC = "allLiquidation.BTCUSDT"
REFUSAL = {
    "success": False,
    "ret_msg": "error:handler not found,topic:allLiquidation.BTCEUR",
    "conn_id": "a4d3ae55",
    "req_id": "",
    "op": "subscribe",
}


def liquidations(market: Market, _: int) -> Document:
    """Return one position that was closed; it has no number."""
    now = market.clock.now()
    row = {"T": now, "s": "BTCUSDT", "S": "Buy", "v": f"{market.value(TOTAL)}", "p": "97251.50"}
    return {"topic": TOPIC, "type": "snapshot", "ts": now, "data": [row]}


def subscribes(text: str) -> bool:
    """Tell whether the client subscribes to what there is."""
    asked = json.loads(text)
    return bool(asked["op"] == "subscribe" and asked["args"] == [TOPIC])


def answer(text: str) -> Document:
    """Confirm a subscription to what there is, and answer a ping."""
    done = {"success": True, "ret_msg": "", "conn_id": "a4d3ae55", "req_id": ""}
    if json.loads(text)["op"] == "ping":
        return done | {"ret_msg": "pong", "op": "ping"}
    return done | {"op": "subscribe"} if subscribes(text) else REFUSAL


STREAM = SimulatedStream(
    instrument=TOTAL,
    value=liquidations,
    answer=answer,
    subscribes=subscribes,
    refusal=REFUSAL,
    price=("data", 0, "v"),
    symbol=("data", 0, "s"),
    values={TOTAL: Decimal("23.500")},
)
