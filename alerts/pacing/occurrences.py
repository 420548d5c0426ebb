"""The key under which two alerts are the same, and how often it came.

The key is made of rule, version and identity labels, never of value, time or text (domain.md
section 8). Its count goes up with each fire and begins anew after a day without one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import msgspec

from monitor.core.clock import DAY, Millis

FORGET_AFTER_MS = DAY


class Occurrences(msgspec.Struct, frozen=True):
    """How often a key fired, when it did last, and the beginning of that episode (ms UTC)."""

    count: int
    last_at: Millis
    since: Millis


def dedup_key(rule: str, rule_version: str, labels: Mapping[str, str]) -> str:
    """Return the key of an alert: 16 hex digits, the same wherever and whenever it fires."""
    identity = (part for name in sorted(labels) for part in (name, labels[name]))
    text = "\x1f".join((rule, rule_version, *identity))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def on_fire(record: Occurrences | None, since: Millis, now: Millis) -> Occurrences:
    """Count a fire of the episode that began at `since`; one episode counts once."""
    if record is None:
        return Occurrences(1, now, since)
    if since == record.since:
        return record
    count = 1 if now >= due(record) else record.count + 1
    return Occurrences(count, max(now, record.last_at), since)


def due(record: Occurrences) -> Millis:
    """Return when the count is forgotten, ms UTC."""
    return record.last_at + FORGET_AFTER_MS
