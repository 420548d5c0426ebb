"""Binance futures: liquidations of longs of one perpetual, each of as much as the sum's walk says."""

from __future__ import annotations

import json
from decimal import Decimal

from tests.simulator.binance_stream import REFUSAL
from tests.simulator.market import Market
from tests.simulator.shapes import Document
from tests.simulator.streaming import SimulatedStream

TOTAL = "perp.binance.liquidated_1h_btc"


def liquidation(market: Market, _: int) -> Document:
    """Return one order that closed a long; it has no number."""
    now, btc = market.clock.now(), f"{market.value(TOTAL)}"
    order = {
        "s": "BTCUSDT",
        "S": "SELL",
        "o": "LIMIT",
        "f": "IOC",
        "q": btc,
        "p": "97251.50",
        "ap": "97255.12",
        "X": "FILLED",
        "l": "0.014",
        "z": btc,
        "T": now,
    }
    return {"e": "forceOrder", "E": now, "o": order}


def subscribes(text: str) -> bool:
    """Tell whether the client subscribes to what there is."""
    asked = json.loads(text)
    return bool(asked["method"] == "SUBSCRIBE" and asked["params"] == ["btcusdt@forceOrder"])


def answer(text: str) -> Document:
    """Confirm a subscription to what there is, without naming it."""
    return {"result": None, "id": 1} if subscribes(text) else REFUSAL


STREAM = SimulatedStream(
    instrument=TOTAL,
    value=liquidation,
    answer=answer,
    subscribes=subscribes,
    refusal=REFUSAL,
    price=("o", "z"),
    symbol=("o", "s"),
    values={TOTAL: Decimal("41.250")},
)
