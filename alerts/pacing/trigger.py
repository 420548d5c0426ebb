"""Which fires of an alert are news at all: every one, the first, or one a trading session.

And until when: a rule past its expiry says so once and is silent from then on. A session is the
exchange's trading day, named by its opening; nights and weekends belong to the one before them,
pre-market to the one it opens.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from monitor.core.clock import Millis

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Trigger(StrEnum):
    """Which fires are told; the words of the rule file."""

    EVERY = "every"
    ONCE = "once"
    ONCE_PER_SESSION = "once_per_session"


@dataclass(frozen=True, slots=True)
class TriggerRecord:
    """The session in which a fire was told last, by its opening, ms UTC."""

    session: Millis


def holds(trigger: Trigger, record: TriggerRecord | None, session: Millis) -> bool:
    """Tell whether a fire in `session` is one too many."""
    if record is None or trigger is Trigger.EVERY:
        return False
    # a correction may tell of an earlier session: that one had its turn as well
    return trigger is Trigger.ONCE or session <= record.session


def on_told(trigger: Trigger, session: Millis) -> TriggerRecord | None:
    """Remember a fire that was told, if that matters later."""
    return None if trigger is Trigger.EVERY else TriggerRecord(session)


def expiry_ms(text: str) -> Millis:
    """Return the moment at which `2026-12-31` or `2026-12-31T15:00:00-05:00` is over, ms UTC.

    A date lasts to the end of its day in UTC.

    Raises:
        ValueError: neither of the two, or no time zone; the message says how to write it.

    """
    try:
        if _DAY.fullmatch(text):
            day = date.fromisoformat(text) + timedelta(days=1)
            moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
        else:
            moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise ValueError(
            f"{text!r} is no moment; write 2026-12-31 or 2026-12-31T21:00:00Z"
        ) from error
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} names no time zone; end it with Z or an offset like -05:00")
    return (moment - _EPOCH) // _MILLISECOND
