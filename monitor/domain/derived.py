"""Figures that follow from others: yearly rates of a period, sums of contracts, the year before.

They are derived once, when the book is loaded, so that no yearly number is written beside the
quarterly one it comes from, and so that moving a contract to another stage moves the ratios. What
follows from fleets, sites and judged risks becomes a figure here too, known when they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from monitor.domain.companies import StatusStep, ai_entry
from monitor.domain.contracts import Contract, tenant_shares
from monitor.domain.facts import FACTS
from monitor.domain.figures import DAY, QUARTER_DAYS, Confidence, Figure, Stated, standing
from monitor.domain.fleet import Fleet
from monitor.domain.sites import Site, site_figures

ENTRY_DAYS = 365
"""So long a company counts among those that began with AI."""
# shortest and longest period in days, factor to a year, word
_PERIODS = (
    (28, 31, 12, "month x 12"),
    (*QUARTER_DAYS, 4, "quarter x 4"),
    (180, 185, 2, "half year x 2"),
    (364, 372, 1, "year"),
)


def with_derived(
    figures: Mapping[str, Sequence[Figure]],
    contracts: Sequence[Contract] = (),
    fleets: Sequence[Fleet] = (),
    sites: Sequence[Site] = (),
    statuses: Sequence[StatusStep] = (),
) -> dict[str, tuple[Figure, ...]]:
    """Return `figures` with the derived ones added, each history in the order of `standing`.

    A figure that the book gives itself wins over a derived one of the same day.
    """
    merged: dict[str, list[Figure]] = {name: list(given) for name, given in figures.items()}
    for name in FACTS:
        if name.endswith("_usd_year"):
            _add(merged, yearly(figures.get(name.removesuffix("_year"), ()), name))
    _add(merged, _days(figures.get("btc_produced", ())))
    _add(merged, _contract_figures(contracts))
    _add(merged, [_efficiency(fleet) for fleet in fleets])
    _add(merged, site_figures(sites))
    _add(merged, _entry(statuses))
    return {name: tuple(sorted(history, key=standing)) for name, history in merged.items()}


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
                value = figure.value * factor
                rate = replace(figure, fact=fact, value=value, basis=basis)
                rate = replace(rate, stated=_yearly(figure.stated, factor))
                rates.append(replace(rate, is_derived=True))
    return rates


def _yearly(stated: Stated | None, factor: int) -> Stated | None:
    """Return what a paper prints of a period in another currency, at a yearly rate."""
    if stated is None:
        return None
    return replace(stated, value=stated.value * factor, unit=f"{stated.unit}/year")


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


def _add(merged: dict[str, list[Figure]], derived: Sequence[Figure]) -> None:
    given = {(item.fact, item.as_of) for history in merged.values() for item in history}
    for figure in derived:
        if (figure.fact, figure.as_of) not in given:
            merged.setdefault(figure.fact, []).append(figure)


def _days(mined: Sequence[Figure]) -> list[Figure]:
    """Return the length of each period in which coins were mined, known when the coins are."""
    return [
        replace(
            figure,
            fact="period_days",
            value=figure.period_days,
            basis=f"derived from {figure.fact}",
            note="",
            is_derived=True,
        )
        for figure in mined
        if figure.period_days is not None
    ]


def _efficiency(fleet: Fleet) -> Figure:
    return Figure(
        fact="efficiency_j_th",
        value=fleet.efficiency_j_th,
        as_of=fleet.as_of,
        published=fleet.published,
        source=fleet.machines[0].source,
        title=fleet.machines[0].title,
        confidence=fleet.confidence,
        basis="fleet mix, weighted by hashrate",
        note=", ".join(f"{item.name} {item.share_ratio:.0%}" for item in fleet.machines),
        is_derived=True,
    )


def _entry(statuses: Sequence[StatusStep]) -> list[Figure]:
    """Return 0 from the first known AI status on, and 1 for `ENTRY_DAYS` after the entry."""
    if not statuses:
        return []
    before = _entered(statuses[0], 0)
    step = ai_entry(statuses)
    if step is None:
        return [before]
    return [before, replace(_entered(step, 1), expires=step.since + ENTRY_DAYS * DAY)]


def _entered(step: StatusStep, value: int) -> Figure:
    return Figure(
        fact="entered_ai_count",
        value=value,
        as_of=step.since,
        source=step.source,
        title=step.title,
        confidence=Confidence.SINGLE_SOURCE,
        basis=f"AI status {step.status.value}",
        is_derived=True,
    )


_Sum = Callable[[Sequence[Contract]], float | None]


def _total(parts: Sequence[float | None]) -> float | None:
    known = [part for part in parts if part is not None]
    return None if len(known) < len(parts) else sum(known)


def _largest_share(running: Sequence[Contract]) -> float | None:
    shares = tenant_shares(running)
    return None if shares is None else max(shares.values(), default=0.0)


def _hhi(running: Sequence[Contract]) -> float | None:
    shares = tenant_shares(running)
    return None if shares is None else sum(share * share for share in shares.values())


# fact, what it is made of the contracts in force, basis (None: that of their power)
_CONTRACT_FACTS: tuple[tuple[str, _Sum, str | None], ...] = (
    (
        "contracted_ai_revenue_usd_year",
        lambda running: _total([item.run_rate_usd_year for item in running]),
        "value / term",
    ),
    ("ai_contracted_mw", lambda running: _total([item.mw for item in running]), None),
    ("largest_tenant_share_ratio", _largest_share, "by run-rate"),
    ("tenant_hhi_ratio", _hhi, "by run-rate"),
)


def _contract_figures(contracts: Sequence[Contract]) -> list[Figure]:
    """Return what the contracts in force make at each day on which a stage changed.

    A day on which a contract in force does not disclose what is needed gives no figure: a sum
    would be too small, a share too large. The last sum stays, as it is the least there is; the last
    share ends, as the new tenant may be the largest. There is none before the first contract: an
    empty book does not measure nil; after the last one it is 0.
    """
    days = sorted({step.since for contract in contracts for step in contract.stages})
    found: list[Figure] = []
    began = False
    for day in days:
        running = [contract for contract in contracts if contract.in_force_at(day)]
        began = began or bool(running)
        if not began:
            continue
        for fact, compute, basis in _CONTRACT_FACTS:
            value = compute(running)
            if value is not None:
                found.append(_contract_figure(fact, value, basis, (contracts, running), day))
            elif fact.endswith("_ratio"):
                found = [_ended(item, day) if item.fact == fact else item for item in found]
    return found


def _ended(figure: Figure, day: int) -> Figure:
    return figure if figure.expires is not None else replace(figure, expires=day)


def _contract_figure(
    fact: str,
    value: float,
    basis: str | None,
    contracts: tuple[Sequence[Contract], Sequence[Contract]],
    day: int,
) -> Figure:
    every, running = contracts
    steps = [step for item in every if (step := item.step_at(day)) and step.since == day]
    names = ", ".join(item.name for item in running) or "none left in force"
    power = " and ".join(sorted({item.mw_basis for item in running} - {""}))
    return Figure(
        fact=fact,
        value=value,
        as_of=day,
        source=steps[0].source,
        title=steps[0].title,
        confidence=Confidence.SINGLE_SOURCE,
        basis=power if basis is None else basis,
        note=f"contracts in force: {names}",
        is_derived=True,
    )
