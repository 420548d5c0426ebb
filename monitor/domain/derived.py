"""Figures that follow from others: yearly rates of a period, sums of contracts, the year before.

They are derived once, when the book is loaded, so that no yearly number is written beside the
quarterly one it comes from, and so that moving a contract to another stage moves the ratios.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from monitor.domain.companies import Confidence, Figure
from monitor.domain.contracts import Contract
from monitor.domain.facts import FACTS

# shortest and longest period in days, factor to a year, word
_PERIODS = (
    (28, 31, 12, "month x 12"),
    (89, 93, 4, "quarter x 4"),
    (180, 185, 2, "half year x 2"),
    (364, 372, 1, "year"),
)


def with_derived(
    figures: Mapping[str, Sequence[Figure]], contracts: Sequence[Contract]
) -> dict[str, tuple[Figure, ...]]:
    """Return `figures` with the derived ones added, each history oldest first.

    A figure that the book gives itself wins over a derived one of the same day.
    """
    merged: dict[str, list[Figure]] = {name: list(given) for name, given in figures.items()}
    for name in FACTS:
        if name.endswith("_usd_year"):
            _add(merged, name, yearly(figures.get(name.removesuffix("_year"), ()), name))
    _add(merged, "contracted_ai_revenue_usd_year", _contract_sums(contracts, of_revenue=True))
    _add(merged, "ai_contracted_mw", _contract_sums(contracts, of_revenue=False))
    return {
        name: tuple(sorted(history, key=lambda figure: (figure.as_of, figure.known_at)))
        for name, history in merged.items()
    }


def yearly(figures: Sequence[Figure], fact: str) -> list[Figure]:
    """Return each period figure at a yearly rate, as a figure of `fact`.

    A period of another length than a month, a quarter, a half or a year gives none.
    """
    rates: list[Figure] = []
    for figure in figures:
        days = figure.period_days or 0
        for shortest, longest, factor, word in _PERIODS:
            if shortest <= days <= longest:
                basis = f"{word}, derived from {figure.fact}"
                basis = f"{basis}; {figure.basis}" if figure.basis else basis
                rates.append(replace(figure, fact=fact, value=figure.value * factor, basis=basis))
    return rates


def year_ago(history: Sequence[Figure], figure: Figure) -> Figure | None:
    """Return the figure of the same length of period that ended one year earlier."""
    days = figure.period_days
    if days is None:
        return None
    slack = 3  # leap years and months of unequal length
    for other in reversed(history):
        gap = other.age_days(figure.as_of)
        if other.period_days is None or abs(gap - 365) > slack:
            continue
        if abs(other.period_days - days) <= slack:
            return other
    return None


def _add(merged: dict[str, list[Figure]], fact: str, derived: Sequence[Figure]) -> None:
    given = {figure.as_of for figure in merged.get(fact, ())}
    fresh = [figure for figure in derived if figure.as_of not in given]
    if fresh:
        merged.setdefault(fact, []).extend(fresh)


def _contract_sums(contracts: Sequence[Contract], *, of_revenue: bool) -> list[Figure]:
    """Return the sum over contracts in force at each day on which a stage changed.

    A day on which a contract in force discloses no number gives no sum: it would be too small. No
    sum is made before the first contract: an empty book does not measure nil.
    """
    fact = "contracted_ai_revenue_usd_year" if of_revenue else "ai_contracted_mw"
    days = sorted({step.since for contract in contracts for step in contract.stages})
    sums: list[Figure] = []
    began = False
    for day in days:
        running = [contract for contract in contracts if contract.in_force_at(day)]
        began = began or bool(running)
        parts = [item.run_rate_usd_year if of_revenue else item.mw for item in running]
        known = [part for part in parts if part is not None]
        if not began or len(known) < len(parts):
            continue
        steps = [step for item in contracts if (step := item.step_at(day)) and step.since == day]
        names = ", ".join(item.name for item in running) or "none left in force"
        kinds = {item.mw_basis for item in running}
        basis = "value / term" if of_revenue else " and ".join(sorted(kinds - {""}))
        sums.append(
            Figure(
                fact=fact,
                value=sum(known),
                as_of=day,
                source=steps[0].source,
                title=steps[0].title,
                confidence=Confidence.SINGLE_SOURCE,
                basis=basis,
                note=f"sum of contracts in force: {names}",
            )
        )
    return sums
