"""The metrics of one company for its card: value, formula, inputs, age, and what limits it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from monitor.compute.history import EARLIER_FACTS, PAIR_INPUTS
from monitor.compute.plan import STOCK_INPUTS, TENANT_INPUTS
from monitor.domain.companies import Company, CompanyType, Figure, fact_at, iso_day
from monitor.domain.events import Quality
from monitor.domain.facts import FACTS
from monitor.metrics.base import Metric, Scope
from monitor.metrics.catalogue import Catalogue

Card: TypeAlias = dict[str, Any]

SHARE_INPUTS = frozenset({*STOCK_INPUTS, *TENANT_INPUTS, *PAIR_INPUTS, *EARLIER_FACTS})


def metric_entry(
    company: Company, metric: Metric, now: int, catalogue: Catalogue, market: Mapping[str, float]
) -> Card:
    """Return one metric of `company` at `now` with its inputs, their dates and what limits it."""
    figures = {
        name: figure
        for name in catalogue.leaves_of(metric.name)
        if name in FACTS and (figure := fact_at(company, name, now))
    }
    given = {**market, **{name: figure.value for name, figure in figures.items()}}
    result = catalogue.evaluate(metric.name, given)
    used = {name: figure for name, figure in figures.items() if name in result.used}
    quality = max((figure.quality_at(now) for figure in used.values()), default=Quality.OK)
    return {
        "name": metric.name,
        "label": metric.label,
        "unit": metric.unit,
        "value": result.value,
        "quality": (Quality.MISSING if result.value is None else quality).word,
        "reason": result.reason,
        "missing": list(result.missing),
        "formula": metric.formula,
        "inputs": dict(result.used),
        "assumed": {name: item.words for name, item in result.assumed.items()},
        "as_of": iso_day(min(item.as_of for item in used.values())) if used else None,
        "flags": _limits(used),
    }


def sections(
    company: Company, now: int, catalogue: Catalogue, market: Mapping[str, float]
) -> tuple[list[Card], list[Card], list[Card]]:
    """Return the entries of the metrics that apply: hedge ratios, treasury, mining."""
    ratios: list[Card] = []
    treasury: list[Card] = []
    mining: list[Card] = []
    for metric in catalogue:
        if metric.scope is not Scope.COMPANY or company.type not in metric.applies_to:
            continue
        leaves = catalogue.leaves_of(metric.name)
        if not SHARE_INPUTS.isdisjoint(leaves):
            continue  # the share, and filings beside it: live news, no card of dated figures
        entry = metric_entry(company, metric, now, catalogue, market)
        if any("ai_" in name for name in leaves):
            if metric.unit == "ratio":
                ratios.append(entry)
        elif "btc_held" in leaves:
            treasury.append(entry)
        elif metric.applies_to == {CompanyType.MINER}:
            mining.append(entry)
    return ratios, treasury, mining


def _limits(used: Mapping[str, Figure]) -> list[str]:
    """Return what a reader must know before comparing: mixed periods and bases, hashrate basis."""
    limits: list[str] = []
    periods = {name: item for name, item in used.items() if item.period_start is not None}
    money = {name: item for name, item in periods.items() if item.unit in {"USD", "USD/year"}}
    if len({(item.period_start, item.as_of) for item in money.values()}) > 1:
        dates = ", ".join(f"{name} to {iso_day(item.as_of)}" for name, item in money.items())
        limits.append(f"mixed_period: {dates}")
    power = {name: item for name, item in used.items() if item.unit == "MW" and item.value}
    if len({item.basis for item in power.values()}) > 1:
        bases = ", ".join(f"{name} {item.basis or 'unstated'}" for name, item in power.items())
        limits.append(f"mixed_basis: {bases}")
    hashrate = used.get("hashrate_eh_s")
    if hashrate is not None:
        limits.append(f"basis={FACTS[hashrate.fact].basis}")
    return limits
