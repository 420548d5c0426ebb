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
from alerts.rules.rank import RankRule
from alerts.setting import Bound
from alerts.telling import Teller, Told
from monitor.domain.events import Quality, Reading

PREFIX = "TEST, nothing happened: "
"""Begins the text of a drill: `test` alone would not show on a phone."""
_MISSING = Reading(None, Quality.MISSING)
_ANCHOR = 100.0
"""From where a made-up move goes: its stride in percent can be read off."""


def rehearsed(
    teller: Teller,
    bound: Bound,
    reading: Reading,
    now: int,
    after: AlertState = AlertState.FIRING,
    reason: Reason = Reason.BREACHED,
) -> Transition:
    """Return the transition to `after` as a reading would make it; nothing is remembered.

    A move is no state: whatever `after` is, it happens. An absence that fires has no value.
    """
    rule = bound.rule
    before = AlertState.INACTIVE if after is AlertState.FIRING else AlertState.FIRING
    if rule.stride() is not None:
        before, after, reason = AlertState.INACTIVE, AlertState.NOTED, Reason.MOVED
        level = _anchor(bound, reading.value)
    else:
        level = level_of(rule, reading.value, before)
    if isinstance(rule, AbsenceRule) and after is AlertState.FIRING and reading.quality.usable:
        reading = _MISSING
    outcome = Outcome(None, before, after, reason, level, now, 1)
    return replace(teller.transition(Told(rule, bound.series), outcome, reading, now), muted_by="")


def _anchor(bound: Bound, value: float | None) -> float | None:
    """Return from where a move to a value is told: its anchor, else one that is a stride away."""
    if (anchor := _remembered(bound)) is not None:
        return anchor
    rule, stride = bound.rule, bound.rule.stride()
    if stride is None or value is None:
        return None
    if isinstance(rule, RankRule) and rule.moves is not None:
        return _place(value, rule.moves)
    origin = stride.origin(value)
    return None if origin is None else float(f"{origin:.12g}")  # 100, not 100.00000000000001


def _remembered(bound: Bound) -> float | None:
    """Return the anchor that a move has; None before its first value."""
    return None if bound.record is None else bound.record.anchor


def _place(place: float, moves: int) -> float:
    """Return the place so many before, or behind where there is none: no rank is below 1."""
    return place - moves if place > moves else place + moves


def level_of(rule: Rule, value: float | None, before: AlertState) -> float | None:
    """Return the level that would decide on a value in the state `before`; None of a rule without any.

    While it does not fire that is the level at which it would, however near the one is at which it ends.
    """
    if isinstance(rule, ExpressionRule | AbsenceRule) or not rule.edges():
        return None
    if value is None:
        value = fixture_value(rule, breached=before is AlertState.INACTIVE)
    return rule.judge(value, before).bound


def fixture(bound: Bound, now: int, *, breached: bool) -> Reading:
    """Return a made-up reading at which a rule fires, or ends; a move happens and has no end.

    A move has gone one stride from its anchor, and an absence has no value.
    """
    rule, stride = bound.rule, bound.rule.stride()
    if isinstance(rule, AbsenceRule) and breached:
        return _MISSING
    if stride is None:
        return Reading(fixture_value(rule, breached=breached), Quality.OK, "", now)
    anchor, rank = _remembered(bound), rule.moves if isinstance(rule, RankRule) else None
    if anchor is None:
        anchor = _ANCHOR if rank is None else 1.0
    low, high = stride.edges(anchor)
    value = low if stride.up is None else high
    return Reading(value if rank is None else _place(anchor, rank), Quality.OK, "", now)


def fixture_value(rule: Rule, *, breached: bool) -> float:
    """Return a value at which a rule fires, or ends: 1 % past its nearest level, or 1 past a level of 0.

    A rank is a whole place. A rule without levels of its own gets 1.
    """
    if isinstance(rule, ExpressionRule | AbsenceRule) or rule.stride() is not None:
        return 1.0
    state = AlertState.INACTIVE if breached else AlertState.FIRING
    half = 0.5 if isinstance(rule, RankRule) else None  # its edges lie between two places
    around = (
        edge + side * (half or abs(edge) / 100 or 1.0) for edge in rule.edges() for side in (1, -1)
    )
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


def fits(bound: Bound, reading: Reading, *, breached: bool) -> bool:
    """Tell whether a rule would fire, or end, at a reading; of one that no value decides: True."""
    rule, value = bound.rule, reading.value
    if isinstance(rule, AbsenceRule):
        return breached is not (reading.quality.usable and value is not None)
    if value is None or (isinstance(rule, RankRule) and not value.is_integer()):
        return False
    if isinstance(rule, ExpressionRule):
        return True
    stride = rule.stride()
    if stride is not None:
        anchor = _anchor(bound, value)
        made = _remembered(bound) is None  # one that is made for the value is a stride away
        return anchor is not None and (made or stride.reached(anchor, value))
    state = AlertState.INACTIVE if breached else AlertState.FIRING
    return rule.judge(value, state).breached is breached
