"""What a rule says of time: windows around events, steps in severity, patience with missing data."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

import msgspec

from alerts.model import Severity
from monitor.core.clock import DAY
from monitor.core.durations import duration_ms

MAX_WINDOW_MS = 14 * DAY
"""How long before and after an event a window may reach."""

EventName = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]


class EventWindow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """The time around the events of a kind, or around one of them.

    Attributes:
        event: their kind (`cpi`), or the id of one.
        before: how long before the event it begins; left out: what the event says itself.
        after: how long after the event it ends; likewise.

    """

    event: EventName
    before: str | None = None
    after: str | None = None

    def __post_init__(self) -> None:
        """Refuse a window without length and one that is too long."""
        lengths = [ms for ms in (self.before_ms, self.after_ms) if ms is not None]
        if any(ms > MAX_WINDOW_MS for ms in lengths):
            raise ValueError(f"a window around `{self.event}` reaches at most 14d to each side")
        if lengths == [0, 0]:
            raise ValueError(f"the window around `{self.event}` has no length")

    @property
    def before_ms(self) -> int | None:
        """Return `before` in milliseconds."""
        return None if self.before is None else duration_ms(self.before)

    @property
    def after_ms(self) -> int | None:
        """Return `after` in milliseconds."""
        return None if self.after is None else duration_ms(self.after)


def window_ms(text: str) -> int:
    """Return the milliseconds of a stretch of time that must not be empty.

    Raises:
        ValueError: the text is no duration, or 0.

    """
    found = duration_ms(text)
    if not found:
        raise ValueError(f"{text!r} is no stretch of time; write 5m or 1h")
    return found


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step up in severity.

    Attributes:
        severity: what it becomes.
        after: how long after it fired.

    """

    severity: Severity
    after: str

    def __post_init__(self) -> None:
        """Refuse a time that cannot be read."""
        window_ms(self.after)

    @property
    def after_ms(self) -> int:
        """Return `after` in milliseconds."""
        return duration_ms(self.after)


class NoData(StrEnum):
    """What becomes of an alert whose value is unknown for `no_data_after`.

    `no_data`: it says so and nothing is sent. `alert`: that is sent, also for one that was not
    firing, and so is the end of it. `ok`: it is taken for over. `keep`: it stays what it is.
    """

    NO_DATA = "no_data"
    ALERT = "alert"
    OK = "ok"
    KEEP = "keep"


class Mode(StrEnum):
    """Whether a rule speaks: `shadow` is evaluated and recorded, and sends nothing."""

    LIVE = "live"
    SHADOW = "shadow"


LATER: Mapping[str, object] = {
    "require": None,
    "exclude": None,
    "sessions": None,
    "as_of": None,
    "keep_firing_for": "0s",
    "no_data": "no_data",
    "no_data_after": "15m",
    "steps": (),
    "step_down_after": "0s",
    "mode": "live",
    "overrides": None,
    "notify": None,
    "beyond": None,
}
"""Fields of rules that came later, with what they are where they are not given, as builtins."""
