"""Moves from an anchor: each is told at one moment, and no state lasts. Hop 5, pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from alerts.model import AlertState
from alerts.reasons import Reason
from alerts.record import AlertRecord, Outcome
from alerts.rules.base import Rule
from alerts.stride import Stride


def on_move(
    rule: Rule, stride: Stride, record: AlertRecord | None, value: float, now: int
) -> Outcome:
    """Measure a value from the anchor; a stride away it is told, and becomes the anchor."""
    due = stride.turns_at(now)
    if record is None or record.anchor is None:
        anchored = AlertRecord(
            state=AlertState.INACTIVE,
            since=now,
            number=0,
            fired=False,
            due=due,
            version=rule.version,
            bound=None,
            entered_at=now,
            anchor=value,
        )
        return Outcome(
            anchored, AlertState.INACTIVE, AlertState.INACTIVE, Reason.NO_CROSSING, None, now, 0
        )
    at = record.entered_at or record.since
    if stride.starts_anew(at, now):
        return _kept(replace(record, anchor=value, entered_at=now, due=due))
    if not stride.reached(record.anchor, value):
        return _kept(record if record.due == due else replace(record, due=due))
    moved = replace(record, anchor=value, entered_at=now, due=due, number=record.number + 1)
    inactive, noted = AlertState.INACTIVE, AlertState.NOTED
    since, number = moved.since, moved.number
    return Outcome(moved, inactive, noted, Reason.MOVED, record.anchor, since, number)


def without_anchor(rules: Sequence[Rule], records: Mapping[int, AlertRecord]) -> Iterator[int]:
    """Yield the moves whose anchor's time is over, and for which no value has come since."""
    for number, record in records.items():
        stride = rules[number].stride() if record.anchor is not None else None
        if stride is not None and stride.anew_ms and record.due is None:
            yield number


def on_turn(record: AlertRecord) -> Outcome:
    """Let the time of an anchor be over: the next value is the anchor, wherever it stands."""
    return _kept(replace(record, due=None))


def _kept(record: AlertRecord) -> Outcome:
    """Return an outcome without news."""
    inactive = AlertState.INACTIVE
    since, number = record.since, record.number
    return Outcome(record, inactive, inactive, Reason.WITHIN_STRIDE, record.anchor, since, number)
