"""Which rules could never be judged, and for want of what. Pure.

"No rule fired" is true of a rule that was looked at and stayed quiet and of one whose value never
came; a trader who tunes levels on a replay must not take the second for the first.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from monitor.compute.agreement import VOLUMES
from monitor.compute.step import Step
from monitor.domain.events import Quality, Quote, Reading
from monitor.metrics.base import Metric

APART = "its inputs were never there together"
NEVER_QUOTED = "never quoted"
NOT_HERE = "does not apply to any of its companies"

Want: TypeAlias = tuple[str, tuple[str, ...]]
"""Why a value never was, and the inputs that never came."""


@dataclass(frozen=True, slots=True)
class Unjudged:
    """A rule that never had a value to judge for some subjects.

    Attributes:
        rule: the rule's id.
        target: what it watches.
        reason: why there was no value, in a word or a sentence.
        missing: the inputs that never came, by name.
        subjects: for whom, as in topics.

    """

    rule: str
    target: str
    reason: str
    missing: tuple[str, ...]
    subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quiet:
    """A rule that was judged for some subjects and never fired for them."""

    rule: str
    subjects: tuple[str, ...]


def judged_and_not(
    step: Step, fired: Collection[tuple[str, str]]
) -> tuple[list[Quiet], list[Unjudged]]:
    """Return the rules that stayed quiet, and those that could never be judged, in rulebook order.

    `fired` are the (rule, subject) that did fire. What does not apply to a company is no lack of a
    value, unless that leaves the rule without anybody.
    """
    quiet: dict[str, list[str]] = {}
    lacking: dict[tuple[str, Want], list[str]] = {}
    outside: dict[str, list[str]] = {}
    targets: dict[str, str] = {}
    for bound in step.watch.bindings():
        name, key, series = bound.rule.id, bound.key, bound.series
        target, company = series.target.name, series.company
        targets[name] = target
        if (name, key) in fired:
            continue
        if series.signal is not None and _heard(step, target, company) and series.last is None:
            lacking.setdefault((name, (series.reading.reason, ())), []).append(key)
        elif _heard(step, target, company):
            quiet.setdefault(name, []).append(key)
        elif step.reading(target, company).quality is Quality.NOT_APPLICABLE:
            outside.setdefault(name, []).append(key)
        else:
            lacking.setdefault((name, _want(step, target, company)), []).append(key)
    others = {rule for rule, _ in fired} | quiet.keys() | {rule for rule, _ in lacking}
    nobody = {(rule, (NOT_HERE, ())): k for rule, k in outside.items() if rule not in others}
    return (
        [Quiet(rule, tuple(keys)) for rule, keys in quiet.items()],
        [
            Unjudged(rule, targets[rule], reason, missing, tuple(keys))
            for (rule, (reason, missing)), keys in (lacking | nobody).items()
        ],
    )


def _heard(step: Step, target: str, company: str | None) -> bool:
    if target in step.table.catalogue or company is not None:
        return step.table.heard.has(target, company)
    return bool(_quotes(step, target))


def _want(step: Step, target: str, company: str | None) -> Want:
    """Return why a target never had a value, and the inputs that never came."""
    if target not in step.table.catalogue:
        return NEVER_QUOTED if company is None else "missing", (target,)
    road = step.table.catalogue.road_to(target)
    if any(metric.across for metric in road):  # made of many companies' inputs
        return step.reading(target, company).reason or APART, ()
    return _lacking(step, step.table.catalogue[target], company)


def _lacking(step: Step, metric: Metric, company: str | None) -> Want:
    """Compute the metric from all that ever came, however old: what it lacks then never came."""
    catalogue = step.table.catalogue
    known = {
        leaf: value
        for leaf in catalogue.leaves_of(metric.name)
        if (value := _last_value(step, leaf, company)) is not None
    }
    found = catalogue.evaluate(metric.name, known)
    if found.missing:
        return "missing", found.missing
    return found.reason or step.reading(metric.name, company).reason or APART, ()


def _last_value(step: Step, leaf: str, company: str | None) -> float | None:
    """Return an input's value, of a quote that has grown stale too; None if it never came."""
    row = 0 if company is None else step.table.companies.index(company)
    single = len(step.table.column(leaf).values) == 1
    reading: Reading = step.table.reading(leaf, 0 if single else row)
    if reading.value is not None:
        return reading.value
    instrument = step.instrument_of(leaf, row)
    quotes = () if instrument is None else _quotes(step, instrument)
    return float(quotes[0].value) if quotes else None


def _quotes(step: Step, instrument: str) -> Sequence[Quote]:
    """Return the quotes that an instrument is worth something by; prices alone give no volume."""
    spoke = instrument not in VOLUMES or step.instruments.reading(instrument).value is not None
    return step.instruments.origin(instrument) if spoke else ()
