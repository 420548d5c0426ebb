"""What is remembered of an alert, and what one step of it comes to. Hop 5, pure."""

from __future__ import annotations

import msgspec

from alerts.model import AlertState
from alerts.reasons import Reason

_WITHIN_A_STATE = frozenset({Reason.SEVERITY_RAISED, Reason.SEVERITY_LOWERED, Reason.NO_DATA_ALERT})
"""Reasons of a transition that leaves the state what it is."""


class AlertRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered of an alert that is not inactive, or that has an anchor.

    Attributes:
        state: pending, firing, recovering, no_data or error; inactive with an anchor only.
        since: event time at which the episode began, ms UTC.
        number: transitions so far in this episode.
        fired: whether a fire notice belongs to this episode, so that its end must be told.
        due: event time of the next timer, ms UTC.
        version: of the rule that made it.
        bound: the level that decided last.
        entered_at: event time at which the present state began; None in a record of old.
        level: how many steps louder than the rule's own severity.
        lost_at: since when the value is unknown.
        broken: the value is unknown because the rule itself failed.
        told: that the value is unknown was told.
        cleared: its condition was over already when the value was lost.
        cold: it began with the first sample of a value ever, and nobody is told that it fires.
        fired_at: event time from which the steps in severity count, ms UTC.
        anchor: the value from which a move is measured.

    """

    state: AlertState
    since: int
    number: int
    fired: bool
    due: int | None
    version: str
    bound: float | None
    entered_at: int | None = None
    level: int = 0
    lost_at: int | None = None
    broken: bool = False
    told: bool = False
    cleared: bool = False
    cold: bool = False
    fired_at: int | None = None
    anchor: float | None = None

    @property
    def lasts(self) -> bool:
        """Tell whether the alert is on: it fired, and its end is still to come."""
        return self.state in {AlertState.FIRING, AlertState.RECOVERING}


class Outcome(msgspec.Struct, frozen=True):
    """The result of one step of one alert.

    `changed` tells whether there is a transition from `before` to `after`; `record` is what to
    remember (None: inactive). `since` and `number` identify the transition; `level` is by how many
    steps it is louder than its rule.
    """

    record: AlertRecord | None
    before: AlertState
    after: AlertState
    reason: Reason
    bound: float | None
    since: int
    number: int
    level: int = 0

    @property
    def changed(self) -> bool:
        """Tell whether the state changed, or something within it that has to be told."""
        return self.before is not self.after or self.reason in _WITHIN_A_STATE
