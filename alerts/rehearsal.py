"""What a rule would say of a value, without anything having happened: for drills and previews. Pure."""

from __future__ import annotations

from msgspec.structs import replace

from alerts.identity import notice_id
from alerts.model import AlertState, Transition
from alerts.reasons import NoticeReason, Reason
from alerts.record import Outcome
from alerts.rules.absence import AbsenceRule
from alerts.rules.base import Rule
from alerts.rules.expression import ExpressionRule
from alerts.setting import Bound
from alerts.telling import Teller, Told
from monitor.domain.events import Reading

PREFIX = "TEST, nothing happened: "
"""Begins the text of a drill: `test` alone would not show on a phone."""


def rehearsed(
    teller: Teller,
    bound: Bound,
    reading: Reading,
    now: int,
    after: AlertState = AlertState.FIRING,
    reason: Reason = Reason.BREACHED,
) -> Transition:
    """Return the transition to `after` as a reading would make it; nothing is remembered."""
    before = AlertState.INACTIVE if after is AlertState.FIRING else AlertState.FIRING
    level = level_of(bound.rule, reading.value, before)
    outcome = Outcome(None, before, after, reason, level, now, 1)
    return replace(
        teller.transition(Told(bound.rule, bound.series), outcome, reading, now), muted_by=""
    )


def level_of(rule: Rule, value: float | None, before: AlertState) -> float | None:
    """Return the level that would decide on a value in the state `before`; None of a rule without any.

    While it does not fire that is the level at which it would, however near the one is at which it ends.
    """
    if isinstance(rule, ExpressionRule | AbsenceRule) or not rule.edges():
        return None
    if value is None:
        value = fixture_value(rule, breached=before is AlertState.INACTIVE)
    return rule.judge(value, before).bound


def fixture_value(rule: Rule, *, breached: bool) -> float:
    """Return a value at which a rule fires, or ends: 1 % past its nearest level, or 1 past a level of 0.

    A rule without levels of its own gets 1.
    """
    if isinstance(rule, ExpressionRule | AbsenceRule) or rule.stride() is not None:
        return 1.0
    state = AlertState.INACTIVE if breached else AlertState.FIRING
    around = (edge + side * (abs(edge) / 100 or 1.0) for edge in rule.edges() for side in (1, -1))
    return next((it for it in around if rule.judge(it, state).breached is breached), 1.0)


def drill(transition: Transition, command: str, now: int) -> Transition:
    """Return a rehearsed fire as the message of a drill.

    It is no state but something that is over, so that neither the retained states nor an incident
    that a reader opens by `dedup_key` is left behind. It changes no episode: its number is 0.
    """
    return replace(
        transition,
        id=notice_id(transition.id, f"drill:{command}", now),
        from_state=AlertState.INACTIVE,
        to_state=AlertState.NOTED,
        reason=Reason.COMMANDED,
        number=0,
        summary=PREFIX + transition.summary,
        notice=NoticeReason.DRILL,
        test=True,
    )


def fits(rule: Rule, value: float, *, breached: bool) -> bool:
    """Tell whether a rule would fire, or end, at a value; of one that no value decides: True."""
    if isinstance(rule, ExpressionRule | AbsenceRule) or rule.stride() is not None:
        return True
    state = AlertState.INACTIVE if breached else AlertState.FIRING
    return rule.judge(value, state).breached is breached
