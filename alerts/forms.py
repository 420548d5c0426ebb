"""How a rulebook writes names and durations."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Annotated

import msgspec

_UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
MAX_DURATION_MS = 366 * _UNITS_MS["d"]
_PART = re.compile(r"(\d+)(ms|s|m|h|d)")

RuleId = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
"""A rule's id, and the name of what rules share: part of topics and ids."""


@lru_cache(maxsize=1024)
def duration_ms(text: str) -> int:
    """Return the milliseconds that `90s`, `5m` or `1h30m` name.

    Raises:
        ValueError: the text is none of these, or means more than a year; the message says which.

    """
    position = 0
    total = 0
    for part in _PART.finditer(text):
        if part.start() != position:
            break
        total += int(part[1]) * _UNITS_MS[part[2]]
        position = part.end()
    if not text or position != len(text):
        raise ValueError(f"{text!r} is no duration; write 90s, 5m, 1h30m or 0s")
    if total > MAX_DURATION_MS:
        raise ValueError(f"{text!r} is longer than 366d")
    return total
