"""Two versions of a rulebook: what is written otherwise, and what would have been told otherwise. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from alerts.rulebook import Rulebook
from alerts.rules.base import Rule
from monitor.core.clock import Millis
from monitor.tuning.episodes import Episode


@dataclass(frozen=True, slots=True)
class Edit:
    """One rule, or one block of the book, that is not what it was.

    Attributes:
        name: the rule's id, or `book` for what stands beside the rules.
        what: `added`, `removed`, `changed`.
        decides: it may fire otherwise; false: only words, severity or pace.
        fields: name, before, after; as JSON, empty where there was nothing.

    """

    name: str
    what: str
    decides: bool
    fields: tuple[tuple[str, str, str], ...] = ()


def edits(old: Rulebook, new: Rulebook) -> list[Edit]:
    """Return what is written otherwise; the order of rules means nothing."""
    before, after = ({rule.id: rule for rule in book.rules} for book in (old, new))
    found = [Edit(name, "removed", True) for name in before if name not in after]
    found += [Edit(name, "added", True) for name in after if name not in before]
    for name in (name for name in before if name in after):
        fields = _fields(_body(before[name]), _body(after[name]))
        if fields:
            decides = _decides(before[name], after[name])
            found.append(Edit(name, "changed", decides, fields))
    fields = _fields(msgspec.to_builtins(old.desk), msgspec.to_builtins(new.desk))
    return found + ([Edit("book", "changed", False, fields)] if fields else [])


def _body(rule: Rule) -> dict[str, Any]:
    return rule.written()


def _decides(old: Rule, new: Rule) -> bool:
    """Tell whether a rule may fire otherwise, or for others."""
    same = (old.companies, old.overrides, old.mode) == (new.companies, new.overrides, new.mode)
    return old.version != new.version or not same


def _fields(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    names = dict.fromkeys((*old, *new))
    return tuple(
        (name, _text(old.get(name)), _text(new.get(name)))
        for name in names
        if old.get(name) != new.get(name)
    )


def _text(value: object) -> str:
    return "" if value is None else msgspec.json.encode(value).decode()


@dataclass(frozen=True, slots=True)
class Change:
    """One alert that one version would have told and the other would not.

    Attributes:
        rule: its rule.
        key: its subject.
        at: when it fired, ms UTC.
        value: of its input then.
        why: what keeps it quiet in the other version, where it fires there too; else empty.

    """

    rule: str
    key: str
    at: Millis
    value: float | None
    why: str = ""


def lost(mine: Iterable[Episode], others: Sequence[Episode]) -> list[Change]:
    """Return the alerts of one version that people would not hear of in the other.

    An alert is there in both if the same rule fires for the same subject while it lasts, be it
    sooner or later, and people are told.
    """
    by_name: dict[tuple[str, str], list[Episode]] = {}
    for other in others:
        by_name.setdefault((other.rule, other.key), []).append(other)
    found: list[Change] = []
    for it in mine:
        if it.muted_by:
            continue
        meanwhile = [o for o in by_name.get((it.rule, it.key), ()) if _overlap(it, o)]
        if not any(not o.muted_by for o in meanwhile):
            why = meanwhile[0].muted_by if meanwhile else ""
            found.append(Change(it.rule, it.key, it.at, it.value, why))
    return found


def _overlap(one: Episode, other: Episode) -> bool:
    ends = [it.end for it in (one, other)]
    return (ends[1] is None or one.at <= ends[1]) and (ends[0] is None or other.at <= ends[0])
