"""What an alert says to people: its rule's sentence with the numbers in it. Pure."""

from __future__ import annotations

from alerts.engine import Outcome
from alerts.model import AlertState
from alerts.rules.base import DEFAULT_SUMMARY, RESOLVED_SUMMARY, Rule, fill
from monitor.domain.events import Reading

DELAYED = "delayed"
"""The flag of an alert whose value its source tells late by contract."""


def sentence(
    rule: Rule, outcome: Outcome, reading: Reading, unit: str, key: str, company: str | None
) -> str:
    """Return what a rule says of an outcome, and that its value is told late.

    `unit` is that of the reading.
    """
    words = {
        "company": company or key,
        "target": rule.on,
        "subject": f"{company} {rule.on}" if company else rule.on,
        "value": for_people(reading.value, unit),
        "bound": for_people(outcome.bound, unit),
        "unit": "" if unit == "ratio" else unit,
    }
    ended = outcome.after is AlertState.RESOLVED
    said = fill(RESOLVED_SUMMARY if ended else rule.summary or DEFAULT_SUMMARY, words)
    return f"{said} Data {delay_for_people(reading.delay_ms)}." if reading.delay_ms else said


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
