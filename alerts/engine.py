"""The alert's life as a pure state machine. Hop 5.

inactive -> pending -> firing -> resolved, with no_data beside them (domain.md section 8). Each
function takes what is and returns what is to be: the new record (None for inactive), the
transition if there is one, and always the reason. Time comes in; nothing waits, nothing writes.

`for` and the patience with missing data are timers of the engine: `AlertRecord.due` is an exact
event time, and `on_timer` is called with that time, however late the caller comes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from alerts.model import OUTSIDE, AlertState, Reason
from alerts.rules.base import Rule
from monitor.domain.events import Reading

KEEP_WITHOUT_DATA_MS = 15 * 60_000
"""How long a firing alert keeps its state without data: domain.md section 8, "no data"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRecord:
    """What is remembered of an alert that is not inactive.

    Attributes:
        state: pending, firing or no_data.
        since: event time at which the episode began, ms UTC.
        number: transitions so far in this episode.
        fired: whether a fire notice belongs to this episode, so that its end must be told.
        due: event time of the next timer, ms UTC.
        version: of the rule that made it.
        bound: the level that decided last.

    """

    state: AlertState
    since: int
    number: int
    fired: bool
    due: int | None
    version: str
    bound: float | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one step of one alert.

    `changed` tells whether there is a transition from `before` to `after`; `record` is what to
    remember (None: inactive). `since` and `number` identify the transition.
    """

    record: AlertRecord | None
    before: AlertState
    after: AlertState
    reason: Reason
    bound: float | None
    since: int
    number: int

    @property
    def changed(self) -> bool:
        """Tell whether the state changed."""
        return self.before is not self.after


def _stay(record: AlertRecord | None, reason: Reason, bound: float | None) -> Outcome:
    """Return an outcome without transition."""
    state = AlertState.INACTIVE if record is None else record.state
    since, number = (0, 0) if record is None else (record.since, record.number)
    return Outcome(record, state, state, reason, bound, since, number)


def _move(record: AlertRecord, to: AlertRecord, reason: Reason) -> Outcome:
    """Return an outcome that goes on in the same episode."""
    moved = replace(to, number=record.number + 1)
    return Outcome(moved, record.state, moved.state, reason, moved.bound, moved.since, moved.number)


def _end(record: AlertRecord, after: AlertState, reason: Reason, bound: float | None) -> Outcome:
    """Return an outcome that ends the episode."""
    return Outcome(None, record.state, after, reason, bound, record.since, record.number + 1)


def _begin(rule: Rule, bound: float, reason: Reason, now: int) -> Outcome:
    """Return an outcome that begins an episode: pending if the rule waits, else firing."""
    hold = rule.hold_ms
    record = AlertRecord(
        state=AlertState.PENDING if hold else AlertState.FIRING,
        since=now,
        number=1,
        fired=not hold,
        due=now + hold if hold else None,
        version=rule.version,
        bound=bound,
    )
    return Outcome(record, AlertState.INACTIVE, record.state, reason, bound, now, 1)


def on_reading(rule: Rule, record: AlertRecord | None, value: float, now: int) -> Outcome:
    """Judge a usable value."""
    if record is None:
        verdict = rule.judge(value, AlertState.INACTIVE)
        if not verdict.breached:
            return _stay(None, verdict.reason, verdict.bound)
        return _begin(rule, verdict.bound, verdict.reason, now)
    if record.state is AlertState.NO_DATA:
        return _on_data_back(rule, record, value, now)
    verdict = rule.judge(value, record.state)
    if verdict.breached:
        kept = record if record.due is None or not record.fired else replace(record, due=None)
        waiting = record.state is AlertState.PENDING
        return _stay(kept, Reason.WAITING_FOR if waiting else verdict.reason, verdict.bound)
    if record.state is AlertState.PENDING:
        return _end(record, AlertState.INACTIVE, Reason.BACK_BEFORE_FOR, verdict.bound)
    return _end(record, AlertState.RESOLVED, Reason.RECOVERED, verdict.bound)


def _on_data_back(rule: Rule, record: AlertRecord, value: float, now: int) -> Outcome:
    """Leave no_data: back to firing, to a new wait, to resolved, or quietly to inactive."""
    state = AlertState.FIRING if record.fired else AlertState.INACTIVE
    verdict = rule.judge(value, state)
    if record.fired and verdict.breached:
        back = replace(record, state=AlertState.FIRING, due=None, bound=verdict.bound)
        return _move(record, back, Reason.INPUT_BACK)
    if record.fired:
        return _end(record, AlertState.RESOLVED, Reason.RECOVERED, verdict.bound)
    if not verdict.breached:
        return _end(record, AlertState.INACTIVE, Reason.INPUT_BACK, verdict.bound)
    hold = rule.hold_ms
    again = replace(
        record,
        state=AlertState.PENDING if hold else AlertState.FIRING,
        fired=not hold,
        due=now + hold if hold else None,
        bound=verdict.bound,
    )
    # firing from here is this episode's first fire, which is news; INPUT_BACK would not be
    return _move(record, again, Reason.INPUT_BACK if hold else verdict.reason)


def on_unusable(record: AlertRecord, now: int, reason: Reason = Reason.INPUT_UNUSABLE) -> Outcome:
    """Lose the input: a wait ends at once, a firing alert keeps its state for a while."""
    if record.state is AlertState.NO_DATA:
        return _stay(record, Reason.STILL_WITHOUT_DATA, record.bound)
    if record.state is AlertState.FIRING:
        if record.due is not None:
            return _stay(record, Reason.KEPT_WITHOUT_DATA, record.bound)
        patient = replace(record, due=now + KEEP_WITHOUT_DATA_MS)
        return _stay(patient, Reason.KEPT_WITHOUT_DATA, record.bound)
    lost = replace(record, state=AlertState.NO_DATA, due=None)
    return _move(record, lost, reason)


def on_refused(record: AlertRecord, now: int, reason: Reason) -> Outcome:
    """Meet what the rule is not judged by: data that is not usable, or a time that is not its own.

    Outside its own time nothing begins and nothing ends unsaid: a wait is given up, what fires
    goes on firing until it is judged again, and its patience with missing data does not run.
    """
    if reason not in OUTSIDE:
        return on_unusable(record, now, reason)
    if record.state is AlertState.PENDING:
        return _end(record, AlertState.INACTIVE, reason, record.bound)
    return _stay(record if record.due is None else replace(record, due=None), reason, record.bound)


def on_timer(record: AlertRecord) -> Outcome:
    """Run the timer that is due: a wait is over, or patience with missing data is."""
    if record.state is AlertState.PENDING:
        firing = replace(record, state=AlertState.FIRING, fired=True, due=None)
        return _move(record, firing, Reason.HELD_FOR)
    lost = replace(record, state=AlertState.NO_DATA, due=None)
    return _move(record, lost, Reason.INPUT_UNUSABLE)


def on_removed(record: AlertRecord, *, changed: bool) -> Outcome:
    """End an alert whose rule is gone or says something else now."""
    after = AlertState.RESOLVED if record.fired else AlertState.INACTIVE
    reason = Reason.RULE_CHANGED if changed else Reason.RULE_REMOVED
    return _end(record, after, reason, record.bound)


def state_of(
    rule: Rule, record: AlertRecord | None, reading: Reading | None, *, shut: bool = False
) -> AlertState:
    """Return what to show for an alert: a rule that cannot be evaluated is in no_data, not ok.

    One that is `shut` by its window, or waits for another session, is not asked.
    """
    if record is not None:
        return record.state
    refusal = Reason.INPUT_UNUSABLE if reading is None else rule.refusal(reading)
    if shut or refusal is None or refusal in OUTSIDE:
        return AlertState.INACTIVE
    return AlertState.NO_DATA
