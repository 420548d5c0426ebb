"""Transitions made of outcomes: identity, value, level and words. Hop 5, pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from alerts.gates import Gates, subject_of
from alerts.identity import transition_id
from alerts.late import Spell
from alerts.model import SHADOW, AlertState, Severity, Transition
from alerts.reasons import Reason
from alerts.record import Outcome
from alerts.remarks import Remarks
from alerts.rules.base import Rule
from alerts.rules.life import Mode
from alerts.series import Series
from alerts.wording import DELAYED, sentence
from monitor.core.clock import iso
from monitor.domain.events import Quality, Quote, Reading

Inputs: TypeAlias = tuple[Mapping[str, object], ...]


class Told(msgspec.Struct, frozen=True):
    """Whose outcome is told.

    Attributes:
        rule: as its book has it.
        home: what it is judged by.
        note: what a split did to its levels.
        parts: the named values of an expression.
        why: what the evaluation of an expression failed on.
        extremes: the least and the greatest value of the episode.

    """

    rule: Rule
    home: Series
    note: str = ""
    parts: Inputs = ()
    why: str = ""
    extremes: tuple[float, float] | None = None

    def extremes_of(self, outcome: Outcome) -> tuple[float | None, float | None]:
        """Return the extremes if the episode is over, else none: more may come."""
        if outcome.record is not None or self.extremes is None:
            return None, None
        return self.extremes


def sources_in(inputs: Inputs) -> tuple[str, ...]:
    """Return who told these inputs, each once: one `source` of a quote, all `sources` of an input."""
    found: dict[str, None] = {}
    for item in inputs:
        several = item.get("sources", ())
        names = several if isinstance(several, list | tuple) else ()
        found |= dict.fromkeys(str(name) for name in (item.get("source"), *names) if name)
    return tuple(found)


class Teller(msgspec.Struct, frozen=True):
    """Makes transitions of outcomes.

    Attributes:
        inputs: what a value is made of, by target and company.
        remarks: what a message says beside the value.
        gates: which know the events that are near.

    """

    inputs: Callable[[str, str | None], Inputs]
    remarks: Callable[[str, str | None], Remarks]
    gates: Gates

    def transition(self, told: Told, outcome: Outcome, reading: Reading, at: int) -> Transition:
        """Return the record of a change, with all that a message needs."""
        written, home = told.rule, told.home
        remarks = self.remarks(written.on, home.company)
        said = sentence(written, outcome, reading, home, told.parts)
        low, high = told.extremes_of(outcome)
        near = self.gates.near(at, subject_of(written.on, home.company))
        known = reading.quality.usable and reading.value is not None
        return Transition(
            id=transition_id(
                written.id, written.version, home.labels, outcome.since, outcome.number
            ),
            rule=written.id,
            rule_version=written.version,
            labels=home.labels,
            key=home.key,
            severity=severity_of(written, outcome.level),
            target=written.on,
            unit=home.unit,
            from_state=outcome.before,
            to_state=outcome.after,
            reason=outcome.reason,
            value=reading.value if known else None,
            bound=outcome.bound,
            at=at,
            since=outcome.since,
            number=outcome.number,
            observed_at=reading.observed_at,
            quality=reading.quality.word,
            summary=" ".join((said, *filter(None, (told.why, told.note)), *remarks.notes)),
            inputs=(*told.parts, *self.inputs(written.on, home.company)),
            flags=(*remarks.flags, *((DELAYED,) if reading.delay_ms else ()), *near),
            company=remarks.company,
            session=reading.session or "",
            muted_by=SHADOW if written.mode is Mode.SHADOW else "",
            min=low,
            max=high,
            last_value=None if known else home.last,
            last_at=home.last_at if not known and home.last is not None else None,
        )

    def told_by(self, target: str, company: str | None) -> tuple[str, ...]:
        """Return who told what the value of a target rests on."""
        return sources_in(self.inputs(target, company))

    def late(self, told: Told, quote: Quote, spell: Spell, bound: float, now: int) -> Transition:
        """Return the note that a rule would have fired on a value of the past."""
        reading = Reading(float(quote.value), Quality.OK, "", quote.observed_at)
        before, after = AlertState.INACTIVE, AlertState.NOTED
        outcome = Outcome(None, before, after, Reason.LATE, bound, spell.since, 0)
        note = self.transition(told, outcome, reading, now)
        words = f"Late, nobody was alerted: {note.summary} ({iso(spell.since)}, {quote.source})"
        return replace(note, summary=words, inputs=())


def severity_of(rule: Rule, level: int) -> Severity:
    """Return how loud a rule is after `level` of its steps."""
    return rule.steps[level - 1].severity if level else rule.severity
