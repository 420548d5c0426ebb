"""Whether each object of a JSON rulebook has each of its keys once: JSON takes the last one in silence.

Told rule by rule it costs as much as reading them, so a thousand are looked at together first: as
many colons as there are different keys leave none for a key that is there twice. A colon in a text,
or an object within a rule, spoils that count; then those thousand are looked at one by one.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

TOGETHER = 1_000
"""Rules looked at in one call of C code, which no other thread can interrupt: 1 to 2 ms."""
_COLON = b":"
_top = msgspec.json.Decoder(dict[str, msgspec.Raw])
_apart = msgspec.json.Decoder(list[msgspec.Raw])
_objects = msgspec.json.Decoder(list[dict[str, Any]])


def refuse_twice(raw: bytes) -> None:
    """Refuse a key that an object has twice.

    Raises:
        ValueError: it has; or this is no JSON.

    """
    if not _surely_once(raw):
        json.loads(raw, object_pairs_hook=_once)


def _surely_once(raw: bytes) -> bool:
    """Tell whether it is certain that no key is there twice; what is no rulebook is never certain."""
    try:
        top = _top.decode(raw)
        rules = _apart.decode(top.pop("rules", b"[]"))
        inner = sum(_colons(b"[" + bytes(value) + b"]") for value in top.values())
        for first in range(0, len(rules), TOGETHER):
            together = b"[" + b",".join(rules[first : first + TOGETHER]) + b"]"
            keys = sum(map(len, _objects.decode(together)))
            inner += keys if keys == together.count(_COLON) else _colons(together)
    except (ValueError, RecursionError):  # msgspec's errors are values that are wrong, too
        return False
    return raw.count(_COLON) - inner == len(top) + 1


def _colons(raw: bytes) -> int:
    """Return how many there are in JSON whose keys are each there once.

    Raises:
        ValueError: one is there twice; or this is no JSON.

    """
    json.loads(raw, object_pairs_hook=_once)
    return raw.count(_COLON)


def _once(pairs: list[tuple[str, Any]]) -> None:
    if len({key for key, _ in pairs}) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"`{twice}` is given twice in one object; keep one of them")
