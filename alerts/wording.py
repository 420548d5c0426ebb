"""What an alert says to people: its rule's sentence with the numbers in it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from alerts.model import AlertState
from alerts.reasons import Reason
from alerts.record import Outcome
from alerts.rules.base import NEUTRAL_SUMMARY, Rule
from alerts.rules.expression import VALUE
from alerts.series import Series
from alerts.template import fill
from monitor.domain.events import Reading

Parts: TypeAlias = tuple[Mapping[str, Any], ...]

_BLIND = frozenset({AlertState.NO_DATA, AlertState.ERROR})
_RESOLVED = "Resolved: "
DELAYED = "delayed"
"""The flag of an alert whose value its source tells late by contract."""


def sentence(
    rule: Rule, outcome: Outcome, reading: Reading, home: Series, parts: Parts = ()
) -> str:
    """Return what a rule says of an outcome, and that its value is told late.

    `parts` are the named values of an expression, as its message shows them.
    """
    unit, company = home.unit, home.company
    known = reading.value if reading.quality.usable else None
    words = {it["name"]: for_people(it["value"], it["unit"]) for it in parts} | {
        "company": company or home.key,
        "whose": f"{company}: " if company else "",
        "target": home.words,
        "name": home.target.name,
        "subject": f"{company} {home.words}" if company else home.words,
        "value": for_people(known, unit),
        "bound": for_people(outcome.bound, unit),
        "unit": "" if unit == "ratio" else unit,
        "last": for_people(home.last, unit),
        "reason": reading.reason or reading.quality.word,
        "with": _beside(parts),
    }
    if rule.span is not None:
        words |= dict(zip(("low", "high"), (for_people(it, unit) for it in rule.span), strict=True))
    said = fill(_words_for(rule, outcome), words)
    return f"{said} Data {delay_for_people(reading.delay_ms)}." if reading.delay_ms else said


def _beside(parts: Parts) -> str:
    """Return the values that an expression reads besides its own: ` (btc is 84,000)`."""
    others = [it for it in parts if it["name"] != VALUE]
    said = ", ".join(f"{it['name']} is {for_people(it['value'], it['unit'])}" for it in others)
    return f" ({said})" if said else ""


def _words_for(rule: Rule, outcome: Outcome) -> str:
    """Return the sentence of an outcome, with or without a value."""
    if outcome.after in _BLIND:
        return rule.lost_saying
    if outcome.reason is Reason.NO_DATA_OK:
        return f"{_RESOLVED}{rule.lost_saying}"
    if outcome.reason is Reason.DATA_BACK:
        return rule.back_saying
    return _words_of_known(rule, outcome)


def _words_of_known(rule: Rule, outcome: Outcome) -> str:
    """Return the sentence for a value that is known: the rule's own says that its condition holds."""
    if outcome.after is AlertState.RESOLVED:
        return rule.ending
    if outcome.after is AlertState.RECOVERING or outcome.reason is Reason.BACK_BEFORE_FOR:
        return rule.ending.removeprefix(_RESOLVED)
    if outcome.after is AlertState.INACTIVE:
        return rule.back_saying if outcome.before in _BLIND else NEUTRAL_SUMMARY
    return rule.summary or rule.saying


def for_people(value: float | None, unit: str) -> str:
    """Return a number as a sentence shows it: a ratio in percent, the rest with six digits."""
    if value is None:
        return "unknown"
    return f"{value * 100:,.4g} %" if unit == "ratio" else f"{value:,.6g}"


def level_for_people(level: float) -> str:
    """Return a price's level with cents, or with the digits that it needs."""
    return f"{level:,.2f}" if abs(level) >= 0.1 else f"{level:.6g}"  # noqa: PLR2004  # ten cents


def delay_for_people(delay_ms: int) -> str:
    """Return a delay by contract in words: `delayed 15 min`."""
    minutes, rest = divmod(delay_ms, 60_000)
    return f"{DELAYED} {delay_ms / 1_000:g} s" if rest else f"{DELAYED} {minutes} min"
