"""Bitfinex: the trades of one pair as lists behind the number of a channel."""

from __future__ import annotations

import json

from monitor.domain.events import BTC_USD
from tests.simulator.market import Market
from tests.simulator.shapes import Document
from tests.simulator.streaming import SimulatedStream

PAIR = "tBTCUSD"
CHANNELS = {"ticker": 232_950, "trades": 232_951}


def trade(market: Market, number: int) -> Document:
    """Return the trade of this id; figures are JSON numbers here."""
    price = float(market.value(BTC_USD, "bitfinex"))
    return [CHANNELS["trades"], "te", [number, market.clock.now(), 0.0125, price]]


def heartbeat(_: Market) -> Document:
    """Return what comes on a channel that is quiet."""
    return [CHANNELS["ticker"], "hb"]


def subscribes(text: str) -> bool:
    """Tell whether the client subscribes to the trades."""
    asked = json.loads(text)
    return bool(asked["channel"] == "trades" and asked["symbol"] == PAIR)


def answer(text: str) -> Document:
    """Confirm a subscription to what there is, with the channel's number."""
    asked = json.loads(text)
    if asked["symbol"] != PAIR:
        return REFUSAL
    channel = asked["channel"]
    confirmed = {"channel": channel, "chanId": CHANNELS[channel], "symbol": PAIR, "pair": PAIR[1:]}
    return {"event": "subscribed", **confirmed}


REFUSAL = {"event": "error", "msg": "symbol: invalid", "code": 10_300}
STREAM = SimulatedStream(
    instrument=BTC_USD,
    value=trade,
    heartbeat=heartbeat,
    answer=answer,
    subscribes=subscribes,
    refusal=REFUSAL,
    greeting=({"event": "info", "version": 2, "serverId": "083bd8d4", "platform": {"status": 1}},),
    price=(2, 3),
)
