"""A pause between two notices of one alert: cooldown.

The minimum time between two fire notices of one key (domain.md section 8). States are recorded all
the same, and a higher severity passes. What fired meanwhile and still fires when the time is over
is told then: a pause must not lose an alert.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from alerts.model import Severity
from alerts.pacing.severities import is_higher
from monitor.core.clock import Millis


@dataclass(frozen=True, slots=True)
class CooldownRecord:
    """The last fire notice of one key.

    Attributes:
        told_at: event time of the notice, ms UTC.
        severity: how loud it was.
        owed: a fire was held since; it is told at the end if it still fires.

    """

    told_at: Millis
    severity: Severity
    owed: bool = False


def holds(
    cooldown_ms: Millis, record: CooldownRecord | None, severity: Severity, now: Millis
) -> bool:
    """Tell whether a fire at `now` is too early to be told."""
    if record is None or is_higher(severity, record.severity):
        return False
    return now < record.told_at + cooldown_ms


def on_told(severity: Severity, now: Millis) -> CooldownRecord:
    """Begin the pause after a fire notice."""
    return CooldownRecord(now, severity)


def on_held(record: CooldownRecord) -> CooldownRecord:
    """Remember that a fire was held."""
    return replace(record, owed=True)


def due(cooldown_ms: Millis, record: CooldownRecord) -> Millis:
    """Return the end of the pause: what is owed is told then, and the record dropped."""
    return record.told_at + cooldown_ms
