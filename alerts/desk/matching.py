"""Which alerts are meant: `company=HIVE severity=warning`. All that is named must be equal."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from alerts.model import Severity, Transition
from monitor.core.mends import nearest


class Subject(NamedTuple):
    """What a matcher may ask of an alert; `company` is empty where there is none."""

    rule: str
    key: str
    severity: Severity
    target: str
    company: str

    @property
    def name(self) -> str:
        """Return the alert's name: `rule|key`."""
        return f"{self.rule}|{self.key}"


FIELDS = frozenset(Subject._fields)


def subject_of(transition: Transition) -> Subject:
    """Return what may be asked of the alert that changed."""
    return Subject(
        transition.rule,
        transition.key,
        transition.severity,
        transition.target,
        transition.whom,
    )


def meets(match: Mapping[str, str], subject: Subject) -> bool:
    """Tell whether `subject` has every value that `match` names; one that names nothing meets none."""
    return bool(match) and all(getattr(subject, name) == value for name, value in match.items())


def match_fault(match: Mapping[str, str]) -> str:
    """Return what is wrong with a matcher; empty: nothing."""
    if not match:
        return "it names nothing, and would hide every alert"
    unknown = sorted(set(match) - FIELDS)
    if unknown:
        return f"`{unknown[0]}` is no field of an alert; known are {', '.join(sorted(FIELDS))}"
    severity = match.get("severity")
    if severity is not None and severity not in set(Severity):
        return f"`{severity}` is no severity; known are {', '.join(Severity)}"
    return ""


def match_mend(match: Mapping[str, str]) -> str:
    """Return how to mend a matcher that has a fault."""
    unknown = sorted(set(match) - FIELDS)
    if unknown:
        return nearest(unknown[0], FIELDS)
    severity = match.get("severity")
    if severity is not None:
        return nearest(severity, set(Severity))
    return "name what is meant: company=HIVE severity=warning"


def nothing_meant(match: Mapping[str, str], known: Collection[Subject]) -> str:
    """Return what of a matcher no alert has, and what may be meant; that meets none of `known`."""
    for name in sorted(match):
        values = sorted({getattr(it, name) for it in known} - {""})
        if match[name] not in values:
            return f"no alert has {name}={match[name]}; {nearest(match[name], values)}"
    return f"no alert has all of {words_of(match)}"


def words_of(match: Mapping[str, str]) -> str:
    """Return a matcher as people write it."""
    return " ".join(f"{name}={match[name]}" for name in sorted(match))
