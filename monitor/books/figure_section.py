"""The figures of a company file: each in its fact's unit and range, dated and sourced."""

from __future__ import annotations

from collections.abc import Iterable

from monitor.books.entries import FigureEntry
from monitor.books.reading import Reading, midnight
from monitor.core.mends import Step, nearest
from monitor.domain.currency import (
    RATES,
    ForeignUnit,
    foreign_unit,
    in_usd,
    rate_expected,
    rate_plausible,
)
from monitor.domain.facts import FACTS, FactSpec
from monitor.domain.figures import Figure, Stated
from monitor.domain.guards import likely_units
from monitor.domain.units import convert, units_of


def read_figures(reading: Reading, facts: Iterable[str]) -> dict[str, tuple[Figure, ...]]:
    """Return the figures of each fact of the file, in its order."""
    return {fact: _history(reading, fact) for fact in facts}


def _history(reading: Reading, fact: str) -> tuple[Figure, ...]:
    spec = FACTS.get(fact)
    if spec is None:
        reading.refuse(f"no fact `{fact}`", nearest(fact, list(FACTS)), "figures", fact)
        return ()
    if spec.best_of:
        choices = ", ".join(f"`{name}`" for name in spec.best_of)
        problem = f"`{fact}` has several meanings"
        reading.refuse(problem, f"say which it is: {choices}", "figures", fact)
        return ()
    figures: list[Figure] = []
    for index in range(len(reading.document.data["figures"][fact])):
        place: tuple[Step, ...] = ("figures", fact, index)
        entry = reading.entry(FigureEntry, *place)
        figure = _figure(reading, spec, entry, *place) if entry else None
        if figure is None:
            continue
        if any(_same(figure, other) for other in figures):
            mend = "keep the better one, or say in published, basis or confidence how they differ"
            reading.refuse("the same day and period twice", mend, *place)
        figures.append(figure)
    return tuple(figures)


def _figure(reading: Reading, spec: FactSpec, entry: FigureEntry, *place: Step) -> Figure | None:
    as_of = reading.moment(entry.as_of, *place, "as_of")
    paper = reading.paper(entry.source, *place, "source")
    published = paper.published
    if entry.published is not None:
        published = reading.moment(entry.published, *place, "published")
    start = None if entry.period_from is None else midnight(entry.period_from)
    if start is not None and start >= as_of:
        reading.refuse("the period begins after it ends", "mend period_from or as_of", *place)
    foreign = foreign_unit(entry.unit)
    value = _converted(reading, spec, entry, foreign, *place)
    if value is None:
        return None
    if not spec.plausible(value):
        _refuse_value(reading, spec, entry, *place)
        return None
    return Figure(
        fact=spec.name,
        value=value,
        as_of=as_of,
        source=paper.source,
        title=paper.title,
        confidence=entry.confidence,
        basis=entry.basis or spec.basis,
        note=entry.note,
        period_start=start,
        published=published,
        stated=_stated(entry, foreign),
        jump=entry.jump,
        where=reading.document.where(*place),
    )


def _converted(
    reading: Reading,
    spec: FactSpec,
    entry: FigureEntry,
    foreign: ForeignUnit | None,
    *place: Step,
) -> float | None:
    """Return the figure in the fact's unit; refuse a unit that would not do."""
    units = units_of(spec.unit)
    unit = foreign.usd_unit if foreign else entry.unit
    if unit not in units:
        problem = (
            f"{spec.name}: cannot convert {entry.unit} to {spec.unit}; expected {spec.expected}"
        )
        reading.refuse(problem, f"give it in {' or '.join(units)}", *place, "unit")
        return None
    if foreign is None:
        if entry.fx_usd is not None:
            mend = f"remove it, or give the unit in {', '.join(RATES)}"
            reading.refuse(f"fx_usd for a figure in {entry.unit}", mend, *place, "fx_usd")
        return convert(entry.value, entry.unit, spec.unit)
    if entry.fx_usd is None:
        problem = f"{spec.name} in {entry.unit} without a rate"
        mend = f"add fx_usd, USD per {foreign.code}, mean of the period"
        reading.refuse(problem, mend, *place, "unit")
        return None
    if not rate_plausible(foreign.code, entry.fx_usd):
        problem = (
            f"fx_usd of {entry.fx_usd:g} is not plausible, expected {rate_expected(foreign.code)}"
        )
        mend = f"give USD per {foreign.code}, not {foreign.code} per USD"
        reading.refuse(problem, mend, *place, "fx_usd")
        return None
    return in_usd(entry.value, entry.fx_usd, unit, spec.unit)


def _refuse_value(reading: Reading, spec: FactSpec, entry: FigureEntry, *place: Step) -> None:
    given = f"{entry.value:,g} {entry.unit}"
    problem = f"{spec.name} of {given} is not plausible, expected {spec.expected}"
    others = [unit for unit in likely_units(spec, entry.value) if unit != entry.unit]
    hint = f"; is it in {' or '.join(others)}?" if others else ""
    reading.refuse(problem, f"mend the value or its unit{hint}", *place, "value")


def _stated(entry: FigureEntry, foreign: ForeignUnit | None) -> Stated | None:
    if foreign is None or entry.fx_usd is None:
        return None
    return Stated(entry.value, entry.unit, foreign.code, entry.fx_usd)


def _same(one: Figure, other: Figure) -> bool:
    """Tell whether nothing sets two figures of a fact apart but their values."""
    return _kind(one) == _kind(other)


def _kind(figure: Figure) -> tuple[object, ...]:
    day = (figure.as_of, figure.period_start, figure.published)
    return (*day, figure.confidence, figure.basis)
