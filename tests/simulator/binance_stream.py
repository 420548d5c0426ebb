"""Binance's spot streams, which several hosts serve: the aggregated trades of one pair."""

from __future__ import annotations

import json

from monitor.domain.events import BTC_USDT
from tests.simulator.market import Market
from tests.simulator.shapes import Document
from tests.simulator.streaming import SimulatedStream

PAIR = "BTCUSDT"
REFUSAL = {"error": {"code": 2, "msg": "Invalid request: no such pair"}, "id": 1}


def spot_stream(provider: str) -> SimulatedStream:
    """Return the stream of the host that serves `provider`."""

    def trade(market: Market, number: int) -> Document:
        now = market.clock.now()
        one = {
            "e": "aggTrade",
            "E": now,
            "s": PAIR,
            "a": number,
            "p": f"{market.value(BTC_USDT, provider)}",
            "q": "0.01250000",
            "f": number,
            "l": number,
            "T": now,
            "m": False,
            "M": True,
        }
        return {"stream": "btcusdt@aggTrade", "data": one}

    return SimulatedStream(
        instrument=BTC_USDT,
        value=trade,
        answer=answer,
        subscribes=subscribes,
        refusal=REFUSAL,
        price=("data", "p"),
        symbol=("data", "s"),
    )


def subscribes(text: str) -> bool:
    """Tell whether the client subscribes to what there is."""
    asked = json.loads(text)
    return bool(asked["method"] == "SUBSCRIBE" and f"{PAIR.lower()}@aggTrade" in asked["params"])


def answer(text: str) -> Document:
    """Confirm a subscription to what there is, without naming it."""
    return {"result": None, "id": 1} if subscribes(text) else REFUSAL
