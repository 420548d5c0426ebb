"""What the rulebook says of telling, beside its rules: quiet times, inhibition, pace. Frozen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from typing import Annotated, Literal, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from alerts.desk.matching import Subject, match_fault, meets
from alerts.model import Severity
from alerts.pacing.notify import NO_PACE, PaceBook
from monitor.core.durations import duration_ms

Day: TypeAlias = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Field: TypeAlias = Literal["rule", "key", "severity", "target", "company"]
Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
WEEK: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NEVER = "never"
FEED_DEAD_AFTER = "1m"
"""For a rulebook that does not say: a poll that failed once is no news."""
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")


class Quiet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Times at which some alerts are not told, week after week.

    Attributes:
        name: shown as `quiet:<name>`.
        match: which alerts; without it all but critical ones.
        zone: time zone of `from` and `to`, by its IANA name.
        days: the days on which it begins.
        from_: time of day at which it begins, `22:00`.
        to: time of day at which it ends, that or the next day; `24:00` is midnight.
        outside: in place of times: whenever this session of the New York Stock Exchange is not on.

    """

    name: Name
    match: Mapping[str, str] = {}
    zone: str = "UTC"
    days: tuple[Day, ...] = WEEK
    from_: str = msgspec.field(name="from", default="")
    to: str = ""
    outside: Literal["regular"] | None = None

    def __post_init__(self) -> None:
        """Refuse a zone, a time or a matcher that is none."""
        if (self.outside is None) == (not self.from_ and not self.to):
            raise ValueError("give `from` and `to`, or `outside: regular`")
        for text in (self.from_, self.to) if self.outside is None else ():
            if not _TIME.fullmatch(text):
                raise ValueError(f"{text!r} is no time of day; write 22:00")
        if not self.days:
            raise ValueError("`days` is empty, so it never begins; leave it out for all")
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"{self.zone!r} is no time zone; write America/New_York") from error
        if self.match and (fault := match_fault(self.match)):
            raise ValueError(f"match: {fault}")

    @property
    def begins(self) -> time:
        """Return the time of day at which it begins."""
        return _time(self.from_)

    @property
    def ends(self) -> time:
        """Return the time of day at which it ends."""
        return _time(self.to)

    def covers(self, subject: Subject) -> bool:
        """Tell whether it is about this alert."""
        if not self.match:
            return subject.severity is not Severity.CRITICAL
        return meets(self.match, subject)


class Inhibit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """While one alert fires, others are not told.

    Attributes:
        source: the alert that must fire.
        target: those that it mutes.
        equal: fields in which both must agree.

    """

    source: Mapping[str, str]
    target: Mapping[str, str]
    equal: tuple[Field, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a matcher that names nothing."""
        for side, match in (("source", self.source), ("target", self.target)):
            if fault := match_fault(match):
                raise ValueError(f"{side}: {fault}")


class DeskBook(msgspec.Struct, frozen=True, kw_only=True):
    """All of it; an empty one mutes nothing by itself and tells of no dead input.

    Attributes:
        quiet: quiet times, by unique name.
        inhibit: what mutes what.
        feed_dead_after: how long an input that rules rest on must be stale before that is told;
            `never`.
        pace: what the rules share of how often: groups, caps, escalations, the default.

    """

    quiet: tuple[Quiet, ...] = ()
    inhibit: tuple[Inhibit, ...] = ()
    feed_dead_after: str = NEVER
    pace: PaceBook = NO_PACE

    def __post_init__(self) -> None:
        """Refuse a name given twice, and a duration that is none."""
        names = [window.name for window in self.quiet]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"quiet: the name `{twice[0]}` is used twice")
        if self.feed_dead_after != NEVER:
            duration_ms(self.feed_dead_after)

    @property
    def dead_after_ms(self) -> int | None:
        """Return after how long a dead input is told; None: never."""
        return None if self.feed_dead_after == NEVER else duration_ms(self.feed_dead_after)


NOTHING_SAID = DeskBook()
"""The book of a rulebook that says nothing of telling."""


def _time(text: str) -> time:
    return time.min if text == "24:00" else time.fromisoformat(text)
