"""Every way an answer goes wrong, as a change to a good one or as an answer of its own."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any

from monitor.core.clock import DAY, HOUR, SECOND, Millis, iso, parse_iso
from tests.simulator.shapes import Shape, like, look, put

BOMB_BYTES = 32 * 1024 * 1024
HUGE_BYTES = 1024 * 1024
RETRY_AFTER_S = 30
STALE_BY: Millis = -3 * DAY
FUTURE_BY: Millis = HOUR


class Scenario(StrEnum):
    """What a provider does to whoever asks it."""

    NORMAL = "normal"
    SLOW = "slow"
    THROTTLED = "429"
    SERVER_ERROR = "5xx"
    UNAUTHORIZED = "401"
    FORBIDDEN = "403"
    NOT_FOUND = "404"
    GEO_BLOCKED = "451"
    ZEROS = "zeros"
    STALE = "stale"
    FUTURE = "future"
    TRUNCATED = "truncated"
    DROPPED = "dropped"
    WRONG_TYPE = "wrong_type"
    HTML = "html"
    NAN = "nan"
    RENAMED_KEY = "renamed_key"
    GZIP_BOMB = "gzip_bomb"
    HUGE = "huge"
    NOT_TEXT = "not_text"
    REDIRECT = "redirect"


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes over the wire.

    Attributes:
        body: as sent, packed if the headers say so.
        status: of HTTP.
        headers: beside the length.
        drop: break the connection after half of the body.

    """

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    drop: bool = False


_STATUS = {
    Scenario.THROTTLED: 429,
    Scenario.SERVER_ERROR: 503,
    Scenario.UNAUTHORIZED: 401,
    Scenario.FORBIDDEN: 403,
    Scenario.NOT_FOUND: 404,
    Scenario.GEO_BLOCKED: 451,
}


_TIME_MOVES = {Scenario.STALE: STALE_BY, Scenario.FUTURE: FUTURE_BY}
_FIXED = {
    Scenario.REDIRECT: Reply(b"", 302, {"Location": "http://elsewhere.invalid/"}),
    Scenario.HTML: Reply(
        b"<!DOCTYPE html><html><body>Checking your browser</body></html>",
        headers={"Content-Type": "text/html"},
    ),
    Scenario.HUGE: Reply(b" " * HUGE_BYTES),
    Scenario.NOT_TEXT: Reply(b'{"price": "\xff\xfe"}'),
}


def reply(scenario: Scenario, shape: Shape, document: Any) -> Reply:
    """Return what `scenario` makes of the good `document`."""
    if scenario in _STATUS:
        wait = {"Retry-After": str(RETRY_AFTER_S)} if scenario is Scenario.THROTTLED else {}
        return Reply(
            b"Too Many Requests", _STATUS[scenario], {"Content-Type": "text/plain", **wait}
        )
    if scenario is Scenario.GZIP_BOMB:
        return Reply(_bomb(), headers={"Content-Encoding": "gzip"})
    return _FIXED.get(scenario) or _changed(scenario, shape, document)


def _changed(scenario: Scenario, shape: Shape, document: Any) -> Reply:
    body = json.dumps(change(scenario, shape, document)).encode()
    if scenario is Scenario.TRUNCATED:
        # one byte of a bare number is still a number; nothing at all is not
        body = body[: len(body) // 2] if len(body) > len("12345678") else b""
    return Reply(body, drop=scenario is Scenario.DROPPED)


def change(scenario: Scenario, shape: Shape, document: Any) -> Any:
    """Return `document` with the scenario's one field changed."""
    price = look(document, shape.price)
    if scenario is Scenario.RENAMED_KEY and shape.rename:
        return _renamed(document, shape)
    if scenario in _TIME_MOVES and shape.time:
        moved = _moved(look(document, shape.time), _TIME_MOVES[scenario])
        return put(document, shape.time, moved)
    values = {
        Scenario.ZEROS: like(price, Decimal(0)),
        Scenario.WRONG_TYPE: {"amount": price},
        Scenario.NAN: "NaN" if isinstance(price, str) else float("nan"),
    }
    return put(document, shape.price, values[scenario]) if scenario in values else document


def _renamed(document: Any, shape: Shape) -> Any:
    *parents, key = shape.rename
    parent = dict(look(document, tuple(parents)))
    parent[f"new_{key}"] = parent.pop(key)
    return put(document, tuple(parents), parent)


def _moved(time: Any, by: Millis) -> Any:
    if isinstance(time, int):
        return time + by // SECOND
    if time.isdigit():
        return str(int(time) + by // SECOND)
    return iso(parse_iso(time) + by)


@cache
def _bomb() -> bytes:
    return gzip.compress(b" " * BOMB_BYTES, compresslevel=9)
