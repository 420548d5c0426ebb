"""What a rule would have said of a value that is told afterwards: noted once, sent to nobody. Hop 5.

Values of the past come in the order of their own time, perhaps in several goes, perhaps twice.
Spells in which a rule was breached are remembered, so that the same value told again is no news,
and a value within a spell that is known begins no other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from alerts.model import AlertState
from alerts.rules.base import Rule

MAX_SPELLS = 100
"""How many spells of one rule and subject are remembered; the oldest go first."""


@dataclass(frozen=True, slots=True)
class Spell:
    """From when to when a rule was breached, by the sources' own times.

    Attributes:
        since: the first value that breached it, ms UTC.
        until: the last one.
        noted: it held for as long as the rule asks, and that was noted.

    """

    since: int
    until: int
    noted: bool = False


@dataclass(frozen=True, slots=True)
class LateRecord:
    """What is remembered of one rule and subject.

    Attributes:
        version: of the rule.
        at: the source's time of the value told last.
        breached: that value breached the rule.
        spells: in order of time.

    """

    version: str
    at: int
    breached: bool = False
    spells: tuple[Spell, ...] = ()


@dataclass(frozen=True, slots=True)
class Lateness:
    """One told value judged: what to remember, and the spell to note, if there is one."""

    record: LateRecord
    noted: Spell | None
    bound: float


def judge_late(rule: Rule, record: LateRecord | None, value: float, at: int) -> Lateness:
    """Judge a value that a source gave at `at` (ms UTC) and that is told only now."""
    if record is None or record.version != rule.version:
        record = LateRecord(rule.version, at)
    went_on = record.breached and at >= record.at
    verdict = rule.judge(value, AlertState.FIRING if went_on else AlertState.INACTIVE)
    if not verdict.breached:
        return Lateness(replace(record, at=at, breached=False), None, verdict.bound)
    spells = list(record.spells)
    place = _place(spells, record.at if went_on else at)
    if place is None:
        spells.append(Spell(at, at))
        place = len(spells) - 1
    spell = spells[place]
    spell = replace(spell, until=max(spell.until, at))
    news = not spell.noted and spell.until - spell.since >= rule.hold_ms
    spells[place] = spell = replace(spell, noted=spell.noted or news)
    kept = tuple(sorted(spells, key=lambda item: item.since)[-MAX_SPELLS:])
    told = replace(record, at=at, breached=True, spells=kept)
    return Lateness(told, spell if news else None, verdict.bound)


def _place(spells: list[Spell], at: int) -> int | None:
    """Return which spell a moment lies in."""
    return next((n for n, spell in enumerate(spells) if spell.since <= at <= spell.until), None)
