"""A rule's sentence with its numbers in it. Hop 5."""

from __future__ import annotations

from alerts.engine import Outcome
from alerts.model import AlertState
from alerts.rules.base import DEFAULT_SUMMARY, RESOLVED_SUMMARY, Rule, fill
from monitor.domain.events import Reading


def sentence(
    rule: Rule, outcome: Outcome, reading: Reading, unit: str, key: str, company: str | None
) -> str:
    """Return what a rule says of an outcome; `unit` is that of the reading."""
    words = {
        "company": company or key,
        "target": rule.on,
        "subject": f"{company} {rule.on}" if company else rule.on,
        "value": for_people(reading.value, unit),
        "bound": for_people(outcome.bound, unit),
        "unit": "" if unit == "ratio" else unit,
    }
    ended = outcome.after is AlertState.RESOLVED
    summary = RESOLVED_SUMMARY if ended else rule.summary or DEFAULT_SUMMARY
    return fill(summary, words)


def for_people(value: float | None, unit: str) -> str:
    """Return a number as a sentence shows it: a ratio in percent, the rest with six digits."""
    if value is None:
        return "unknown"
    return f"{value * 100:,.4g} %" if unit == "ratio" else f"{value:,.6g}"
