"""The key under which two alerts are the same, and how often it came.

The key is made of rule, version and identity labels, never of value, time or text (domain.md
section 8). Its count goes up with each fire and begins anew after a day without one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from monitor.core.clock import DAY, Millis

FORGET_AFTER_MS = DAY


@dataclass(frozen=True, slots=True)
class Occurrences:
    """How often a key fired, and when it did last (ms UTC)."""

    count: int
    last_at: Millis


def dedup_key(rule: str, rule_version: str, labels: Mapping[str, str]) -> str:
    """Return the key of an alert: 16 hex digits, the same wherever and whenever it fires."""
    identity = (part for name in sorted(labels) for part in (name, labels[name]))
    text = "\x1f".join((rule, rule_version, *identity))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def on_fire(record: Occurrences | None, now: Millis) -> Occurrences:
    """Count one more fire."""
    if record is None or now >= due(record):
        return Occurrences(1, now)
    return Occurrences(record.count + 1, max(now, record.last_at))


def due(record: Occurrences) -> Millis:
    """Return when the count is forgotten, ms UTC."""
    return record.last_at + FORGET_AFTER_MS
