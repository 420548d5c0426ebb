"""What rules know besides values, and one rule at work as others may look at it. Hop 5, pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from alerts.record import AlertRecord
from alerts.rules.base import Rule
from alerts.series import Series
from monitor.domain.agenda import NO_EVENTS, Agenda
from monitor.domain.events import Reading

ReadingOf: TypeAlias = Callable[[str, str | None], Reading]
"""Tells the present reading of a target, by its name and the company."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What rules know besides values.

    Attributes:
        session: names the exchange session of a moment.
        agenda: the events that windows are around.
        quiet_start: the first sample of a value ever begins no alert that is told.
        stopwatch: tells nanoseconds, for what judging costs; it decides nothing.

    """

    session: Callable[[int], str] = lambda _now: ""
    agenda: Agenda = NO_EVENTS
    quiet_start: bool = False
    stopwatch: Callable[[], int] = lambda: 0


PLAIN = Setting()
"""No session is known and no event, and every alert is told."""


@dataclass(frozen=True, slots=True)
class Bound:
    """One rule at work on one subject, for those who look.

    Attributes:
        rule: with the levels that it has now.
        series: what it is judged by.
        record: what is remembered; None for inactive.
        shut: it is outside the windows of its rule.

    """

    rule: Rule
    series: Series
    record: AlertRecord | None
    shut: bool = False

    @property
    def key(self) -> str:
        """Return the subject, as in topics."""
        return self.series.key

    def reading_of(self, present: ReadingOf) -> Reading:
        """Return what the rule is judged by, `present` telling the readings of targets."""
        series = self.series
        if series.signal is None:
            return present(series.target.name, series.company)
        return series.reading
