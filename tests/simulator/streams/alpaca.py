"""Alpaca: greets, wants a login, then a subscription; all in lists."""

from __future__ import annotations

import json
from typing import Any

from monitor.core.clock import iso
from tests.simulator.market import Market
from tests.simulator.providers.alpaca import PROVIDER
from tests.simulator.shapes import Document
from tests.simulator.streaming import Mood, SimulatedStream

SHARE = "RIOT"


def trades(market: Market, _: int) -> Document:
    """Return a message with one trade; ids are those of one exchange and one share."""
    price, at = float(market.value(SHARE)), f"{iso(market.clock.now())[:-1]}448206Z"
    return [
        {"T": "t", "i": 1, "S": SHARE, "x": "V", "p": price, "s": 1, "t": at, "c": ["@"], "z": "C"}
    ]


def logs_in(text: str) -> bool:
    """Tell whether the client shows both parts of its key."""
    told = _asked(text)
    keys = PROVIDER.environ
    return bool(
        told.get("action") == "auth"
        and told.get("key") == keys["APCA_API_KEY_ID"]
        and told.get("secret") == keys["APCA_API_SECRET_KEY"]
    )


def subscribes(text: str) -> bool:
    """Tell whether the client subscribes to the share that trades here."""
    told = _asked(text)
    return told.get("action") == "subscribe" and SHARE in told.get("trades", ())


def answer(text: str) -> Document | None:
    """Say whether the login is right, and repeat what is subscribed."""
    told = _asked(text)
    if told.get("action") == "auth":
        wrong = {"T": "error", "code": 402, "msg": "auth failed"}
        return [{"T": "success", "msg": "authenticated"} if logs_in(text) else wrong]
    none: dict[str, list[str]] = {"quotes": [], "bars": [], "statuses": []}
    return [{"T": "subscription", "trades": told.get("trades", []), **none}]


def _asked(text: str) -> dict[str, Any]:
    return dict(json.loads(text))


STREAM = SimulatedStream(
    instrument=SHARE,
    value=trades,
    answer=answer,
    subscribes=subscribes,
    greeting=([{"T": "success", "msg": "connected"}],),
    login=logs_in,
    locked=[{"T": "error", "code": 401, "msg": "not authenticated"}],
    refusal=[{"T": "error", "code": 405, "msg": "symbol limit exceeded"}],
    price=(0, "p"),
    symbol=(0, "S"),
    outcomes={Mood.REFUSE: "forbidden"},
)
