"""The alert's life as a pure state machine. Hop 5.

inactive -> pending -> firing -> recovering -> resolved, with no_data and error beside them
(domain.md section 8). Each function takes what is and returns what is to be: the new record (None
for inactive), the transition if there is one, and always the reason. Time comes in; nothing waits,
nothing writes.

`for`, `keep_firing_for`, the steps in severity and the patience with missing data are timers of the
engine: `AlertRecord.due` is an exact event time, and `on_timer` is called with that time, however
late the caller comes.
"""

from __future__ import annotations

from msgspec.structs import replace

from alerts.model import AlertState
from alerts.reasons import OUTSIDE, Reason
from alerts.record import AlertRecord, Outcome
from alerts.rules.base import Rule, Verdict
from alerts.rules.life import NoData
from monitor.domain.events import Reading


def _stay(record: AlertRecord | None, reason: Reason, bound: float | None) -> Outcome:
    """Return an outcome without transition."""
    if record is None:
        return Outcome(None, AlertState.INACTIVE, AlertState.INACTIVE, reason, bound, 0, 0)
    since, number = record.since, record.number
    return Outcome(record, record.state, record.state, reason, bound, since, number, record.level)


def _move(rule: Rule, record: AlertRecord, to: AlertRecord, reason: Reason, now: int) -> Outcome:
    """Return an outcome that goes on in the same episode; no timer of it lies in the past."""
    entered = now if to.state is not record.state else record.entered_at
    moved = replace(to, number=record.number + 1, entered_at=entered)
    due = _due(rule, moved)
    moved = replace(moved, due=None if due is None else max(due, now))
    before, after = record.state, moved.state
    since, number = moved.since, moved.number
    return Outcome(moved, before, after, reason, moved.bound, since, number, moved.level)


def _end(record: AlertRecord, after: AlertState, reason: Reason, bound: float | None) -> Outcome:
    """Return an outcome that ends the episode."""
    number = record.number + 1
    return Outcome(None, record.state, after, reason, bound, record.since, number, record.level)


def _due(rule: Rule, record: AlertRecord) -> int | None:
    """Return when the next timer of a record is due, ms UTC; None without one."""
    entered = record.entered_at
    if entered is None:
        return record.due
    if record.state is AlertState.PENDING:
        return entered + rule.hold_ms
    if record.state in {AlertState.NO_DATA, AlertState.ERROR}:
        waits = rule.no_data is NoData.ALERT and not record.told
        return entered + rule.patience_ms if waits else None
    return _due_while_on(rule, record, entered) if record.lasts else None


def _due_while_on(rule: Rule, record: AlertRecord, entered: int) -> int | None:
    """Return when an alert that is on is looked at next: patience, end, or the next step up."""
    if record.lost_at is not None:
        return None if rule.no_data is NoData.KEEP else record.lost_at + rule.patience_ms
    if record.state is AlertState.RECOVERING:
        return entered + (rule.step_down_ms if _steps_down(rule, record) else rule.keep_ms)
    louder = rule.steps[record.level :]
    fired_at = entered if record.fired_at is None else record.fired_at
    return fired_at + louder[0].after_ms if louder else None


def _steps_down(rule: Rule, record: AlertRecord) -> bool:
    """Tell whether a recovering alert is to grow quieter before it is over."""
    return record.level > 0 and 0 < rule.step_down_ms < rule.keep_ms


def _begin(rule: Rule, bound: float, reason: Reason, now: int) -> Outcome:
    """Return an outcome that begins an episode: pending if the rule waits, else firing."""
    hold = rule.hold_ms
    record = AlertRecord(
        state=AlertState.PENDING if hold else AlertState.FIRING,
        since=now,
        number=1,
        fired=not hold,
        due=None,
        version=rule.version,
        bound=bound,
        entered_at=now,
        fired_at=None if hold else now,
    )
    record = replace(record, due=_due(rule, record))
    return Outcome(record, AlertState.INACTIVE, record.state, reason, bound, now, 1)


def on_reading(
    rule: Rule, record: AlertRecord | None, value: float, now: int, *, begins: bool = True
) -> Outcome:
    """Judge a usable value; `begins` says whether a breach may begin an alert now."""
    if record is None:
        verdict = rule.judge(value, AlertState.INACTIVE)
        if verdict.breached and begins:
            return _begin(rule, verdict.bound, verdict.reason, now)
        reason = Reason.NO_CROSSING if verdict.breached else verdict.reason
        return _stay(None, reason, verdict.bound)
    if record.state in {AlertState.NO_DATA, AlertState.ERROR}:
        return _on_data_back(rule, record, value, now, begins=begins)
    if record.lost_at is not None or record.due is None:
        record = _going_on(rule, record, now)
    if record.state is AlertState.RECOVERING:
        return _on_recovering(rule, record, value, now)
    return _on_waiting_or_firing(rule, record, value, now)


def _going_on(rule: Rule, record: AlertRecord, now: int) -> AlertRecord:
    """Return the record with its timer set: the value is known again, or the rule's time is back."""
    if record.lost_at is not None:
        record = replace(record, lost_at=None, broken=False)
    due = _due(rule, record)
    return (
        record if due == record.due else replace(record, due=None if due is None else max(due, now))
    )


def _on_waiting_or_firing(rule: Rule, record: AlertRecord, value: float, now: int) -> Outcome:
    """Go on while the condition holds; else end the wait, or the alert, or begin to recover."""
    verdict = rule.judge(value, record.state)
    if verdict.breached:
        waiting = record.state is AlertState.PENDING
        return _stay(record, Reason.WAITING_FOR if waiting else verdict.reason, verdict.bound)
    if record.state is AlertState.PENDING:
        return _end(record, AlertState.INACTIVE, Reason.BACK_BEFORE_FOR, verdict.bound)
    if rule.keep_ms:
        clearing = replace(record, state=AlertState.RECOVERING, bound=verdict.bound)
        return _move(rule, record, clearing, Reason.CLEARING, now)
    return _end(record, AlertState.RESOLVED, verdict.reason, verdict.bound)


def _on_recovering(rule: Rule, record: AlertRecord, value: float, now: int) -> Outcome:
    """Wait on, or fire again without a notice: the condition is judged as if it were off."""
    verdict = rule.judge(value, AlertState.INACTIVE)
    if not verdict.breached:
        return _stay(record, Reason.STILL_CLEARING, verdict.bound)
    fired_at = now if record.fired_at is None else record.fired_at
    again = replace(record, state=AlertState.FIRING, bound=verdict.bound, fired_at=fired_at)
    return _move(rule, record, again, Reason.BREACHED_AGAIN, now)


def _on_data_back(
    rule: Rule, record: AlertRecord, value: float, now: int, *, begins: bool
) -> Outcome:
    """Leave no_data: back to what it was, to resolved, to a new episode, or quietly to inactive."""
    on = record.fired and not record.cleared
    verdict = rule.judge(value, AlertState.FIRING if on else AlertState.INACTIVE)
    known = replace(record, lost_at=None, broken=False, told=False, cleared=False)
    back_reason = Reason.DATA_BACK if record.told else Reason.INPUT_BACK
    if record.fired and verdict.breached:
        fired_at = now if record.fired_at is None else record.fired_at
        back = replace(known, state=AlertState.FIRING, bound=verdict.bound, fired_at=fired_at)
        return _move(rule, record, back, back_reason, now)
    if record.fired:
        if rule.keep_ms and not record.told:  # who heard that it is unknown hears that it is over
            clearing = replace(known, state=AlertState.RECOVERING, bound=verdict.bound)
            return _move(rule, record, clearing, back_reason, now)
        over = verdict.reason if on else Reason.RECOVERED
        return _end(record, AlertState.RESOLVED, over, verdict.bound)
    if not verdict.breached or not begins:
        return _end(record, AlertState.INACTIVE, back_reason, verdict.bound)
    return _begin_after_loss(rule, record, known, verdict, now)


def _begin_after_loss(
    rule: Rule, record: AlertRecord, known: AlertRecord, verdict: Verdict, now: int
) -> Outcome:
    """Begin to wait or to fire when the value is known again: that is when the episode begins."""
    hold = rule.hold_ms
    if record.since != now:  # else its ids are those of the loss
        record, known = replace(record, number=0), replace(known, since=now)
    again = replace(
        known,
        state=AlertState.PENDING if hold else AlertState.FIRING,
        fired=not hold,
        fired_at=None if hold else now,
        bound=verdict.bound,
    )
    # firing from here is this episode's first fire, which is news; INPUT_BACK would not be
    back = Reason.DATA_BACK if record.told else Reason.INPUT_BACK
    return _move(rule, record, again, back if hold else verdict.reason, now)


def on_unusable(
    rule: Rule, record: AlertRecord, now: int, reason: Reason = Reason.INPUT_UNUSABLE
) -> Outcome:
    """Lose the input: a wait ends at once, an alert that is on keeps its state for a while."""
    if record.state in {AlertState.NO_DATA, AlertState.ERROR}:
        return _stay(record, Reason.STILL_WITHOUT_DATA, record.bound)
    if record.anchor is not None and record.state is AlertState.INACTIVE:
        return _stay(record, Reason.KEPT_WITHOUT_DATA, record.bound)
    broken = reason is Reason.EXPRESSION_FAILED
    if record.lasts:
        if record.lost_at is not None:
            return _stay(record, Reason.KEPT_WITHOUT_DATA, record.bound)
        patient = replace(record, lost_at=now, broken=broken)
        patient = replace(patient, due=_due(rule, patient))
        return _stay(patient, Reason.KEPT_WITHOUT_DATA, record.bound)
    if rule.no_data is NoData.OK and not broken:
        return _end(record, AlertState.INACTIVE, Reason.NO_DATA_OK, record.bound)
    lost = replace(record, state=_blind(broken), lost_at=now, broken=broken)
    return _move(rule, record, lost, reason, now)


def on_lost(rule: Rule, now: int, reason: Reason = Reason.INPUT_UNUSABLE) -> Outcome:
    """Begin an episode of an inactive alert whose value is unknown, for a rule that tells so."""
    broken = reason is Reason.EXPRESSION_FAILED
    record = AlertRecord(
        state=_blind(broken),
        since=now,
        number=1,
        fired=False,
        due=None,
        version=rule.version,
        bound=None,
        entered_at=now,
        lost_at=now,
        broken=broken,
    )
    record = replace(record, due=_due(rule, record))
    return Outcome(record, AlertState.INACTIVE, record.state, reason, None, now, 1)


def _blind(broken: bool) -> AlertState:
    return AlertState.ERROR if broken else AlertState.NO_DATA


def on_refused(rule: Rule, record: AlertRecord, now: int, reason: Reason) -> Outcome:
    """Meet what the rule is not judged by: data that is not usable, or a time that is not its own.

    Outside its own time nothing begins and nothing ends unsaid: a wait is given up, what fires
    goes on firing until it is judged again, and its timers do not run.
    """
    if reason not in OUTSIDE:
        return on_unusable(rule, record, now, reason)
    if record.state is AlertState.PENDING:
        return _end(record, AlertState.INACTIVE, reason, record.bound)
    return _stay(record if record.due is None else replace(record, due=None), reason, record.bound)


def on_timer(rule: Rule, record: AlertRecord, now: int) -> Outcome:
    """Run the timer that is due at `now`: a wait is over, or patience with missing data is."""
    if record.state is AlertState.PENDING:
        firing = replace(record, state=AlertState.FIRING, fired=True, fired_at=now)
        return _move(rule, record, firing, Reason.HELD_FOR, now)
    if record.state in {AlertState.NO_DATA, AlertState.ERROR}:
        told = replace(record, told=True)
        return _move(rule, record, told, Reason.NO_DATA_ALERT, now)
    if record.lost_at is not None or record.entered_at is None:
        return _out_of_patience(rule, record, now)
    if record.state is AlertState.FIRING:
        louder = replace(record, level=record.level + 1)
        return _move(rule, record, louder, Reason.SEVERITY_RAISED, now)
    if _steps_down(rule, record):
        quieter = replace(record, level=0, fired_at=None)
        return _move(rule, record, quieter, Reason.SEVERITY_LOWERED, now)
    return _end(record, AlertState.RESOLVED, Reason.RECOVERED, record.bound)


def _out_of_patience(rule: Rule, record: AlertRecord, now: int) -> Outcome:
    """Do with an alert whose value has been unknown for long what its rule says."""
    if rule.no_data is NoData.OK and not record.broken:
        return _end(record, AlertState.RESOLVED, Reason.NO_DATA_OK, record.bound)
    told = rule.no_data is NoData.ALERT
    cleared = record.state is AlertState.RECOVERING
    lost = replace(record, state=_blind(record.broken), told=told, cleared=cleared)
    reason = Reason.NO_DATA_ALERT if told else Reason.INPUT_UNUSABLE
    if record.broken and not told:
        reason = Reason.EXPRESSION_FAILED
    return _move(rule, record, lost, reason, now)


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
