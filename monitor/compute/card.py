"""The card of one company: every figure with date and source, and what follows from them.

`hashhedge company show` prints it and the API serves it: one plain mapping of text, numbers, lists
and mappings, so that the screen and `--output json` cannot differ. A number that is not known is
null with its reason; a metric that does not apply to the company's type is not there at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from monitor.compute.card_contracts import (
    contracts_of,
    dependency,
    in_force,
    stages_of,
    tenants_of,
)
from monitor.compute.card_figures import changes, figures_of, gpu_history, hashrates, reading_notes
from monitor.compute.card_metrics import Card, refusals, sections
from monitor.compute.card_risks import risks_of
from monitor.compute.card_sites import fleet_of, sites_of
from monitor.domain.claims import ARTICLE_BTC_USD, ARTICLE_DAY_MS, derive
from monitor.domain.companies import (
    Alias,
    Company,
    Event,
    Flag,
    StatusStep,
    dependencies_of,
    dependents_of,
    iso_day,
)
from monitor.domain.guards import Doubt, doubts
from monitor.metrics.catalogue import Catalogue


def build_card(
    company: Company,
    now: int,
    catalogue: Catalogue,
    companies: Mapping[str, Company],
    market: Mapping[str, float] | None = None,
) -> Card:
    """Return the card of `company` as known at `now` (ms UTC).

    `companies` are searched for dependants and peers. `market` are the numbers that no company
    gives, in the units their names end in (`btc_usd`, `difficulty`, `stock_usd`, …); what it lacks
    is named as missing. The metrics stand under the names that `metric_sections` lists.
    """
    given = {} if market is None else market
    card = {
        **_head(company, now),
        "warnings": [doubt_data(doubt) for doubt in doubts(company, now)],
        "market_inputs": dict(given),
        "not_applicable": refusals(company, catalogue),
        "hashrates": hashrates(company, now),
        "fleet": fleet_of(company, now, catalogue, given),
        "sites": sites_of(company, now),
        "ai_mw_by_stage": stages_of(company, now),
        "ai_mw_in_force": in_force(company, now),
        "contracts": contracts_of(company, now),
        "tenants": tenants_of(company, now),
        "depends_on": [dependency(edge) for edge in dependencies_of(company, now)],
        "dependents": [dependency(edge) for edge in dependents_of(companies, company.ticker, now)],
        "risks": risks_of(company, now, catalogue, given, companies),
        "gpu_history": gpu_history(company, now),
        "changes": changes(company, now),
        "figures": figures_of(company, now),
        "reading_notes": reading_notes(company, now),
        "events": [_event(event) for event in company.events if event.at <= now],
        "article": _article(company, catalogue) if company.claims else None,
    }
    # a file of metrics that is called like a part of the card gives way to it
    found = {
        f"{name}_metrics" if name in card else name: entries
        for name, entries in sections(company, now, catalogue, given).items()
    }
    return {**card, "metric_sections": list(found), **found}


def doubt_data(doubt: Doubt) -> Card:
    """Return a doubt as data, with the words that errors have."""
    return {
        "company": doubt.company,
        "where": doubt.where or None,
        "message": doubt.problem,
        "hint": doubt.hint,
    }


def _head(company: Company, now: int) -> Card:
    status = company.status_at(now)
    return {
        "ticker": company.ticker,
        "ticker_then": company.ticker_at(now),
        "name": company.name,
        "type": company.type.value,
        "as_of": iso_day(now),
        "cik": company.cik,
        "listed": company.listed,
        "listings": [asdict(listing) for listing in company.listings],
        "aliases": [_alias(alias) for alias in company.aliases],
        "fiscal_year_end": company.fiscal_year_end,
        "note": company.note,
        "ai_status": None if status is None else _status(status),
        "flags": [_flag(flag) for flag in company.flags_at(now)],
    }


def _article(company: Company, catalogue: Catalogue) -> Card:
    """Return what the article of July 2025 said, and what follows from it, at its own date."""
    then = ARTICLE_DAY_MS
    status = company.status_at(then)
    ratios = sections(company, then, catalogue, {"btc_usd": ARTICLE_BTC_USD})["hedge_ratios"]
    return {
        "as_of": iso_day(then),
        "btc_usd": ARTICLE_BTC_USD,
        "ai_status": None if status is None else _status(status),
        "flags": [_flag(flag) for flag in company.flags_at(then)],
        "derived": {
            item.name: {"value": item.value, "unit": item.unit, "formula": item.formula}
            for item in derive(company.claims)
        },
        "numbers": _numbers(company),
        "changes": changes(company, then),
        "ai_mw_by_stage": stages_of(company, then),
        "hedge_ratios": ratios,
        "claims": [
            {
                "claim": claim.claim,
                "says": claim.says,
                "verdict": claim.verdict,
                "found": claim.found,
                "source": claim.source,
            }
            for claim in company.claims
        ],
    }


def _numbers(company: Company) -> dict[str, float]:
    numbers: dict[str, float] = {}
    for claim in company.claims:
        numbers.update(claim.numbers)
    return numbers


def _alias(alias: Alias) -> Card:
    return {
        "ticker": alias.ticker,
        "since": None if alias.since is None else iso_day(alias.since),
        "until": None if alias.until is None else iso_day(alias.until),
    }


def _status(status: StatusStep) -> Card:
    return {
        "status": status.status.value,
        "since": iso_day(status.since),
        "source": status.source,
        "title": status.title,
        "note": status.note,
    }


def _flag(flag: Flag) -> Card:
    return {
        "kind": flag.kind.value,
        "since": iso_day(flag.since),
        "text": flag.text,
        "source": flag.source,
        "title": flag.title,
    }


def _event(event: Event) -> Card:
    return {
        "kind": event.kind.value,
        "at": iso_day(event.at),
        "text": event.text,
        "source": event.source,
        "title": event.title,
    }
