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
from tests.simulator.shapes import ANY, Shape, like, look, put

BOMB_BYTES = 32 * 1024 * 1024
HUGE_BYTES = 50 * 1024 * 1024
CHUNK_BYTES = 65_536
RETRY_AFTER_S = 30
STALE_BY: Millis = -3 * DAY
FUTURE_BY: Millis = HOUR
_SECONDS_UNTIL = 100_000_000_000


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
    NULL = "null"
    TEXT = "text"
    CROSSED = "crossed"
    MS_FOR_S = "ms_for_s"
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
        repeat: send the body so many times, without saying beforehand how long that gets.

    """

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    drop: bool = False
    repeat: int = 0


_STATUS = {
    Scenario.THROTTLED: 429,
    Scenario.SERVER_ERROR: 503,
    Scenario.UNAUTHORIZED: 401,
    Scenario.FORBIDDEN: 403,
    Scenario.NOT_FOUND: 404,
    Scenario.GEO_BLOCKED: 451,
}


TIME_MOVES = {Scenario.STALE: STALE_BY, Scenario.FUTURE: FUTURE_BY}
_FIXED = {
    Scenario.REDIRECT: Reply(b"", 302, {"Location": "http://elsewhere.invalid/"}),
    Scenario.HTML: Reply(
        b"<!DOCTYPE html><html><body>Checking your browser</body></html>",
        headers={"Content-Type": "text/html"},
    ),
    Scenario.HUGE: Reply(b" " * CHUNK_BYTES, repeat=HUGE_BYTES // CHUNK_BYTES),
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
    changed = change(scenario, shape, document)
    body = (changed if shape.is_text else json.dumps(changed)).encode()
    if scenario is Scenario.TRUNCATED:
        # one byte of a bare number is still a number; nothing at all is not
        body = body[: len(body) // 2] if len(body) > len("12345678") else b""
    headers = {"Content-Type": shape.content_type}
    return Reply(body, headers=headers, drop=scenario is Scenario.DROPPED)


_OF_THE_VALUE = frozenset(
    {Scenario.ZEROS, Scenario.WRONG_TYPE, Scenario.NAN, Scenario.NULL, Scenario.TEXT}
)


def change(scenario: Scenario, shape: Shape, document: Any) -> Any:
    """Return `document` with the scenario's one field changed; a text stays as it is."""
    if shape.is_text:
        return document
    if scenario is Scenario.RENAMED_KEY and shape.rename:
        return _renamed(document, shape)
    if scenario in TIME_MOVES and shape.time:
        moved = _moved(look(document, shape.time), TIME_MOVES[scenario])
        return put(document, shape.time, moved)
    if scenario is Scenario.MS_FOR_S and shape.time:
        return put(document, shape.time, _in_ms(look(document, shape.time)))
    if scenario is Scenario.CROSSED and shape.book:
        bid, ask = shape.book
        swapped = put(document, bid, look(document, ask))
        return put(swapped, ask, look(document, bid))
    return _priced(scenario, shape, document) if scenario in _OF_THE_VALUE else document


def _priced(scenario: Scenario, shape: Shape, document: Any) -> Any:
    price = look(document, shape.price)
    values = {
        Scenario.ZEROS: like(price, Decimal(0)),
        Scenario.WRONG_TYPE: {"amount": price},
        Scenario.NAN: "NaN" if isinstance(price, str) else float("nan"),
        Scenario.NULL: None,
        Scenario.TEXT: _as_text(price),
    }
    return put(document, shape.price, values[scenario])


def _as_text(price: Any) -> Any:
    """Return a number as text; what is text already comes as a number."""
    return json.loads(price) if isinstance(price, str) else json.dumps(price)


def _per_ms(time: int) -> int:
    """Return how many of a time's units are a millisecond: it is in ms, us or ns."""
    return next(units for units in (1, 1_000, 1_000_000) if time < _SECONDS_UNTIL * 1_000 * units)


def _in_ms(time: Any) -> Any:
    """Return a time of seconds in milliseconds; a time in words stays."""
    if isinstance(time, int):
        return time * SECOND if time < _SECONDS_UNTIL else time
    return str(int(time) * SECOND) if time.isdigit() and int(time) < _SECONDS_UNTIL else time


def _renamed(document: Any, shape: Shape) -> Any:
    *parents, key = shape.rename
    parent = dict(look(document, tuple(parents)))
    if key == ANY:
        key = next(iter(parent))
    parent[f"new_{key}"] = parent.pop(key)
    return put(document, tuple(parents), parent)


def _moved(time: Any, by: Millis) -> Any:
    if isinstance(time, int):
        return time + (by // SECOND if time < _SECONDS_UNTIL else by * _per_ms(time))
    if time.isdigit():
        return str(_moved(int(time), by))
    return iso(parse_iso(time) + by)


@cache
def _bomb() -> bytes:
    return gzip.compress(b" " * BOMB_BYTES, compresslevel=9)
