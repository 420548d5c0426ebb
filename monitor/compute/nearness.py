"""How far every rule with a level is from firing: what may ring next. Pure.

The distance is a share of the level that is written in the rulebook, so that bitcoin, a hashprice and
a margin stand in one order and a person reads one kind of number. A level of 0 has no percent. The
ends of a move are written nowhere: its distance is a share of the anchor, from which both are made.
"""

from __future__ import annotations

from alerts.engine import state_of
from alerts.model import AlertState
from alerts.reasons import OUTSIDE, Reason
from alerts.rules.base import Rule
from alerts.setting import Bound
from monitor.compute.situation import Record
from monitor.compute.step import Step
from monitor.domain.events import Quality, Reading

NO_LEVEL = "no_level"
"""Why the rule of another type is not judged: it has no level to be far from."""


def near(step: Step) -> list[Record]:
    """Return each rule and subject, the nearest to firing first, by percent of the level or anchor.

    Then come levels of 0 by their distance, those that fire already, and last those that cannot be
    judged, with the reason: unknown values, and rules of a type without a level. What
    does not apply (a mine to an AI host, a tenant to who has none) is left out: it never rings.
    """
    rows: list[Record] = []
    for bound in step.watch.bindings():
        rule, reading = bound.rule, bound.reading_of(step.reading)
        if reading.quality is not Quality.NOT_APPLICABLE:
            standing = (
                state_of(rule, bound.record, reading, shut=bound.shut),
                reason_for(rule, reading, shut=bound.shut),
            )
            row = _row(bound, reading, standing)
            rows.append(row | {"note": step.watch.moved(rule) or None})
    return sorted(rows, key=_order)


def _row(bound: Bound, reading: Reading, standing: tuple[AlertState, str | None]) -> Record:
    """Return one line of the list; a distance only where it may still fire.

    `standing` is the state, and why the rule is not judged.
    """
    state, reason = standing
    rule = bound.rule
    row: Record = {
        "rule": rule.id,
        "type": str(rule.__struct_config__.tag),
        "subject": bound.key,
        "target": rule.on,
        "unit": bound.series.unit,
        "state": state.value,
        "severity": rule.severity.value,
        "value": reading.value,
        "fires": None,
        "level": None,
        "distance": None,
        "distance_percent": None,
        "quality": reading.quality.word,
        "reason": reason,
    }
    anchor = None if bound.record is None else bound.record.anchor
    # without a value the level is shown all the same, as it is seen from 0
    goal = rule.goal(reading.value or 0.0, anchor)
    if goal is None:
        return row | {"reason": row["reason"] or NO_LEVEL}
    row |= {"fires": goal.side, "level": goal.level}
    if reading.value is None or row["reason"] is not None or state is AlertState.FIRING:
        return row
    return row | {"distance": goal.distance, "distance_percent": goal.percent}


def reason_for(rule: Rule, reading: Reading, *, shut: bool) -> str | None:
    """Return why a rule is not judged by `reading`, None if it is; `shut` is its window.

    What is wrong with the reading goes before the rule's word for all that cannot be used.
    """
    refusal = Reason.OUTSIDE_WINDOW if shut else rule.refusal(reading)
    if refusal is None:
        return None
    if refusal is Reason.INPUT_DELAYED:
        return "delayed"
    if refusal in OUTSIDE:
        return refusal.value
    return reading.reason or reading.quality.word


def _order(row: Record) -> tuple[int, float, str, str]:
    """Return a sorting key: by distance, then what fires, then what is unknown."""
    percent = row["distance_percent"]
    if row["reason"] is not None:
        group = 3
    elif row["state"] == AlertState.FIRING.value:
        group = 2
    else:
        group = 0 if percent is not None else 1  # a level of 0 has no percent
    way = row["distance"] if percent is None else percent
    return group, way or 0.0, row["rule"], row["subject"]
