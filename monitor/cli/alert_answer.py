"""What `explain alert` answers: the first thing for which a rule does not ring now, or that it rings."""

from __future__ import annotations

from collections.abc import Iterator

from alerts.model import AlertState
from alerts.reasons import OUTSIDE, Reason
from alerts.record import AlertRecord
from alerts.rules.absence import AbsenceRule
from alerts.rules.base import Rule
from alerts.rules.expression import ExpressionRule
from alerts.setting import Bound
from alerts.stride import Stride
from alerts.wording import delay_for_people
from monitor.cli.reason_words import said
from monitor.core.clock import iso
from monitor.domain.events import Reading

_LEVELS = (
    "up",
    "down",
    "either",
    "by",
    "inside",
    "outside",
    "top",
    "bottom",
    "moves",
    "unchanged_for",
)
"""Where rules say their levels that have no `above` or `below`."""


def condition(rule: Rule) -> str:
    """Return what is held against which level: `RIOT change over 1h below -0.03`."""
    if isinstance(rule, ExpressionRule):
        return rule.when
    made = rule.signal()
    name = rule.on if made is None else f"{rule.on} {made.words}"
    above, below = getattr(rule, "above", None), getattr(rule, "below", None)
    if above is not None:
        return f"{name} above {above:.15g}"
    if below is not None:
        return f"{name} below {below:.15g}"
    return " ".join([f"{name}: {type(rule).__struct_config__.tag}", *_levels_of(rule)])


def _levels_of(rule: Rule) -> Iterator[str]:
    """Yield what a rule without `above` and `below` is held against: `up 100000`."""
    for name in _LEVELS:
        level = getattr(rule, name, None)
        if isinstance(level, tuple):
            yield f"{name} {' to '.join(f'{it:.15g}' for it in level)}"
        elif level is not None:
            yield f"{name} {level if isinstance(level, str) else f'{level:.15g}'}"


def answer(bound: Bound, reading: Reading, state: AlertState, mute: str) -> str:
    """Return the first thing for which it does not ring, or that it rings.

    `state` is the one that is shown, `mute` what keeps it quiet, empty for nothing.
    """
    rule, record = bound.rule, bound.record
    explained = f", because of {mute}" if mute.startswith("feed:") else ""
    if state is AlertState.ERROR:
        return (
            f"It cannot be evaluated by the values of now{explained}: `rules list --bad` has why."
        )
    unjudged = _unjudged(bound, reading, explained)
    if record is not None and record.lasts:
        quiet = f", and {mute} keeps it quiet" if mute else ""
        stands = f"It fires since {iso(record.since)}{quiet}."
        if record.state is AlertState.RECOVERING and record.due is not None:
            stands = f"{stands[:-1]}; its condition is over, and it ends at {iso(record.due)}."
        return " ".join(filter(None, (stands, unjudged)))
    if state is AlertState.NO_DATA or unjudged:
        return unjudged or _no_value(rule, reading, explained)
    if record is not None and record.state is AlertState.PENDING:
        due = "" if record.due is None else f" until {iso(record.due)}"
        return f"Its condition holds since {iso(record.since)}, and it waits{due}."
    stride = rule.stride()
    if stride is not None:
        return _move(stride, record, reading)
    return f"Its condition does not hold: {condition(rule)} is not true of {reading.value:.10g}."


def _unjudged(bound: Bound, reading: Reading, explained: str) -> str:
    """Return why the rule is not judged by what there is now; empty if it is."""
    rule = bound.rule
    if isinstance(rule, AbsenceRule):
        return ""  # a value that is missing is what it judges
    refusal = Reason.OUTSIDE_WINDOW if bound.shut else rule.refusal(reading)
    if refusal is None:
        return ""
    if refusal is Reason.INPUT_DELAYED:
        told = f"{rule.on} is {delay_for_people(reading.delay_ms)}"
        return f"It cannot be judged: it requires real time, and {told}{explained}."
    if refusal not in OUTSIDE:
        return _no_value(rule, reading, explained)
    return f"It is not judged now, {said(refusal)}: {_outside(rule, refusal, reading)}."


def _no_value(rule: Rule, reading: Reading, explained: str) -> str:
    why = said(reading.reason or reading.quality.word)
    return f"It cannot be judged: {rule.on} has no value to judge, {why}{explained}."


def _outside(rule: Rule, refusal: Reason, reading: Reading) -> str:
    """Return which time of its own a rule is outside of."""
    if refusal is Reason.OUTSIDE_SESSION:
        asked = ", ".join(rule.sessions or ())
        price = f"of the session {reading.session}" if reading.session else "of no session"
        return f"its `sessions` are {asked}, and the price is {price}"
    named = (("within its `exclude`", rule.exclude), ("outside its `require`", rule.required))
    return " or ".join(
        f"{word} around {', '.join(it.event for it in windows)}"
        for word, windows in named
        if windows
    )


def _move(stride: Stride, record: AlertRecord | None, reading: Reading) -> str:
    """Return from where a move is measured and where it is told."""
    over = record is not None and bool(stride.anew_ms) and record.due is None
    if record is None or record.anchor is None or over:
        return "It has no anchor to measure a move from: the next value becomes it."
    low, high = stride.edges(record.anchor)
    ends = (("down at {:.10g}", stride.down, low), ("up at {:.10g}", stride.up, high))
    told = " or ".join(word.format(edge) for word, size, edge in ends if size is not None)
    since = iso(record.entered_at or record.since)
    return (
        f"It has not moved far enough: the anchor is {record.anchor:.10g} since {since}, "
        f"a move is told {told}, and the value is {reading.value:.10g}."
    )
