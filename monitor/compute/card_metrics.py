"""The metrics of one company for its card: value, formula, inputs, age, and what limits it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from monitor.compute.history import EARLIER_FACTS, EARLIER_MS, PAIR_INPUTS
from monitor.compute.overrides import author_of
from monitor.compute.plan import STOCK_INPUTS, TENANT_INPUTS
from monitor.compute.sharing import shared_by
from monitor.domain.companies import Company, Figure, earlier_fact, fact_at, iso_day
from monitor.domain.events import Quality
from monitor.domain.facts import FACTS
from monitor.domain.figures import GIVEN_LIVE
from monitor.domain.guards import mixed_basis, mixed_dates, mixed_period
from monitor.metrics.base import Metric, Scope
from monitor.metrics.catalogue import Catalogue

Card: TypeAlias = dict[str, Any]

SECTIONS: Mapping[str, str] = {"hedge": "hedge_ratios", "power_share": "hedge_ratios"}
"""File of metrics to its section of the card, where that is not called like the file."""

CONVERTED = "converted: "
"""How the flag of a figure begins that its paper prints in another currency."""

_MOVED: Mapping[str, str] = {"btc_treasury_usd": "treasury"}
_ALWAYS = ("hedge_ratios", "treasury", "mining")
SHARE_INPUTS = frozenset({*STOCK_INPUTS, *TENANT_INPUTS, *PAIR_INPUTS})
# A share's day is live news, no part of a card of dated figures.
_OF_THE_DAY = frozenset({"previous_close_usd", *TENANT_INPUTS})


def metric_entry(
    company: Company, metric: Metric, now: int, catalogue: Catalogue, market: Mapping[str, float]
) -> Card:
    """Return one metric of `company` at `now` with its inputs, their dates and what limits it."""
    figures = {
        name: figure
        for name in catalogue.leaves_of(metric.name)
        if name in FACTS and (figure := fact_at(company, name, now))
    }
    figures |= earlier(company, now)
    shared = {
        step.name: shared_by(company, catalogue.leaves_of(step.name), now)
        for step in catalogue.road_to(metric.name)
        if step.same_period
    }
    own = {name: item for found in shared.values() for name, item in found.figures.items()}
    figures |= own
    given = {**market, **{name: figure.value for name, figure in figures.items()}}
    without = {name: found.reason for name, found in shared.items() if found.reason}
    result = catalogue.evaluate(metric.name, given, without)
    used = {name: figure for name, figure in figures.items() if name in result.used}
    # an earlier figure is as old as the present one: that is what it is compared with
    held = {EARLIER_FACTS.get(name, name) for name in used}
    present = (own.get(name) or fact_at(company, name, now) for name in held)
    quality = max((item.quality_at(now) for item in present if item), default=Quality.OK)
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
        "flags": [*result.remarks, *limits(used)],
    }


def sections(
    company: Company, now: int, catalogue: Catalogue, market: Mapping[str, float]
) -> dict[str, list[Card]]:
    """Return the entries of the metrics that apply, by section: one per file that declares them.

    The sections are there for every type, the oldest first and then by name; what does not apply to
    the company's type is in none.
    """
    found: dict[str, list[Card]] = {name: [] for name in _ALWAYS}
    for metric in catalogue:
        if metric.scope is not Scope.COMPANY or compares(metric, catalogue):
            continue  # a rank needs the other companies
        family = catalogue.family_of(metric.name)
        section = _MOVED.get(metric.name) or SECTIONS.get(family, family or "metrics")
        entries = found.setdefault(section, [])
        leaves = catalogue.leaves_of(metric.name)
        if applies(metric, company, leaves) and _OF_THE_DAY.isdisjoint(leaves):
            entries.append(metric_entry(company, metric, now, catalogue, market))
    return {name: found[name] for name in (*_ALWAYS, *sorted(found.keys() - set(_ALWAYS)))}


def earlier(company: Company, now: int) -> dict[str, Figure]:
    """Return the figures of half a year before `now`, by the inputs that ask for them."""
    found = {
        name: earlier_fact(company, fact, now, EARLIER_MS) for name, fact in EARLIER_FACTS.items()
    }
    return {name: figure for name, figure in found.items() if figure is not None}


def compares(metric: Metric, catalogue: Catalogue) -> bool:
    """Tell whether the metric rests on what other companies have, which a card has not."""
    return any(step.across for step in catalogue.road_to(metric.name))


def applies(metric: Metric, company: Company, leaves: tuple[str, ...]) -> bool:
    """Tell whether a company can have the metric: by its type, and by having a share at all."""
    if metric.scope is Scope.COMPANY and company.type not in metric.applies_to:
        return False
    return company.listed or SHARE_INPUTS.isdisjoint(leaves)


def refusals(company: Company, catalogue: Catalogue) -> dict[str, str]:
    """Return the metrics that people ask for and the company's type has not, with the reason."""
    return {
        metric.name: metric.refusal
        for metric in catalogue
        if metric.refusal and company.type not in metric.applies_to
    }


def limits(used: Mapping[str, Figure]) -> list[str]:
    """Return what a reader must know before comparing: periods, bases, currency, overrides."""
    flags = (mixed_period(used), mixed_dates(used), mixed_basis(used))
    found = [flag for flag in flags if flag]
    hashrate = used.get("hashrate_eh_s")
    if hashrate is not None:
        found.append(f"basis={FACTS[hashrate.fact].basis or hashrate.basis}")
    found += [
        f"{CONVERTED}{name} from {item.stated.words}"
        for name, item in used.items()
        if item.stated is not None
    ]
    found += [
        f"override: {name} by {author_of(item.source)} until {iso_day(item.expires)}"
        for name, item in used.items()
        if item.expires is not None and item.basis == GIVEN_LIVE
    ]
    return found
