"""How long something takes, as people write it in books and on the command line: `90s`, `1h30m`."""

from __future__ import annotations

import re
from functools import lru_cache

_UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
MAX_DURATION_MS = 366 * _UNITS_MS["d"]
_PART = re.compile(r"(\d+)(ms|s|m|h|d)")


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


def span_words(span_ms: int) -> str:
    """Return how long something took, for people: `20 s`, `5 min`, `1 h 30 min`, `2 d`.

    From a minute on without the rest below it; two units at most.
    """
    if span_ms < _UNITS_MS["m"]:
        return f"{span_ms // _UNITS_MS['s']} s"
    minutes = span_ms // _UNITS_MS["m"]
    days, hours = divmod(minutes // 60, 24)
    parts = [(days, "d"), (hours, "h"), (minutes % 60, "min")]
    said = [f"{count} {unit}" for count, unit in parts if count]
    return " ".join(said[:2])
