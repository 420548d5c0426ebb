"""The card of one company: every figure with date and source, and what follows from them.

`hashhedge company show` prints it and the API serves it: one plain mapping of text, numbers, lists
and mappings, so that the screen and `--output json` cannot differ. A number that is not known is
null with its reason; a metric that does not apply to the company's type is not there at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from monitor.compute.card_metrics import Card, sections
from monitor.domain.claims import ARTICLE_BTC_USD, ARTICLE_DAY_MS, derive
from monitor.domain.companies import (
    Alias,
    Company,
    Dependency,
    Figure,
    Flag,
    StatusStep,
    dependencies_of,
    dependents_of,
    iso_day,
)
from monitor.domain.contracts import Contract, mw_by_stage
from monitor.domain.derived import year_ago
from monitor.domain.facts import FACTS
from monitor.metrics.catalogue import Catalogue

# Facts whose change over a year tells the story of a pivot.
_CHANGES = ("total_revenue_usd", "mining_revenue_usd", "ai_revenue_usd", "btc_produced")


def build_card(
    company: Company,
    now: int,
    catalogue: Catalogue,
    companies: Mapping[str, Company],
    market: Mapping[str, float] | None = None,
) -> Card:
    """Return the card of `company` as known at `now` (ms UTC).

    `companies` are searched for dependants. `market` are the numbers that no company gives, in the
    units their names end in (`btc_usd`, `difficulty`, …); what it lacks is named as missing.
    """
    given = {} if market is None else market
    ratios, treasury, mining = sections(company, now, catalogue, given)
    status = company.status_at(now)
    return {
        "ticker": company.ticker,
        "name": company.name,
        "type": company.type.value,
        "as_of": iso_day(now),
        "cik": company.cik,
        "listings": [asdict(listing) for listing in company.listings],
        "aliases": [_alias(alias) for alias in company.aliases],
        "fiscal_year_end": company.fiscal_year_end,
        "note": company.note,
        "ai_status": None if status is None else _status(status),
        "flags": [_flag(flag) for flag in company.flags_at(now)],
        "market": dict(given),
        "hedge_ratios": ratios,
        "treasury": treasury,
        "mining": mining,
        "ai_mw_by_stage": _stages(company, now),
        "contracts": [_contract(item, now) for item in company.contracts if item.step_at(now)],
        "depends_on": [_dependency(edge) for edge in dependencies_of(company, now)],
        "dependents": [_dependency(edge) for edge in dependents_of(companies, company.ticker, now)],
        "changes": _changes(company, now),
        "figures": _figures(company, now),
        "events": [
            {
                "kind": event.kind.value,
                "at": iso_day(event.at),
                "text": event.text,
                "source": event.source,
                "title": event.title,
            }
            for event in company.events
            if event.at <= now
        ],
        "article": _article(company, catalogue) if company.claims else None,
    }


def _alias(alias: Alias) -> Card:
    return {
        "ticker": alias.ticker,
        "since": None if alias.since is None else iso_day(alias.since),
        "until": None if alias.until is None else iso_day(alias.until),
    }


def _figures(company: Company, now: int) -> dict[str, list[Card]]:
    """Return every figure known at `now`, by fact in the catalogue's order, newest first."""
    shown: dict[str, list[Card]] = {}
    for fact in FACTS:
        known = [item for item in company.figures.get(fact, ()) if item.known_at <= now]
        if known:
            shown[fact] = [_figure(item, now) for item in reversed(known)]
    return shown


def _figure(figure: Figure, now: int) -> Card:
    return {
        "value": figure.value,
        "unit": figure.unit,
        "as_of": iso_day(figure.as_of),
        "age_days": figure.age_days(now),
        "quality": figure.quality_at(now).word,
        "period_from": None if figure.period_start is None else iso_day(figure.period_start),
        "basis": figure.basis,
        "confidence": figure.confidence.value,
        "source": figure.source,
        "title": figure.title,
        "note": figure.note,
    }


def _changes(company: Company, now: int) -> list[Card]:
    """Return the newest period of each telling fact against the same period a year before."""
    changes: list[Card] = []
    for fact in _CHANGES:
        history = [item for item in company.figures.get(fact, ()) if item.known_at <= now]
        new = history[-1] if history else None
        old = year_ago(history, new) if new else None
        if new is None or old is None or old.value <= 0:
            continue
        changes.append(
            {
                "fact": fact,
                "value": new.value,
                "year_ago": old.value,
                "unit": new.unit,
                "change_ratio": new.value / old.value - 1,
                "as_of": iso_day(new.as_of),
                "year_ago_as_of": iso_day(old.as_of),
                "period_days": new.period_days,
                "basis": new.basis,
            }
        )
    return changes


def _contract(contract: Contract, now: int) -> Card:
    step = contract.step_at(now)
    card: Card = {
        "name": contract.name,
        "counterparty": contract.counterparty,
        "counterparty_ticker": contract.counterparty_ticker,
        "stage": step.stage.value if step else None,
        "since": iso_day(step.since) if step else None,
        "stages": [
            {
                "stage": item.stage.value,
                "since": iso_day(item.since),
                "source": item.source,
                "title": item.title,
                "note": item.note,
            }
            for item in contract.stages
            if item.since <= now
        ],
        "mw": contract.mw,
        "mw_basis": contract.mw_basis,
        "value_usd": contract.value_usd,
        "term_years": contract.term_years,
        "run_rate_usd_year": contract.run_rate_usd_year,
        "fixed_fee": {
            "agreed": contract.has_fixed_fee,
            "usd_year": contract.fixed_fee_usd_year,
        },
        "revenue_share": {
            "agreed": contract.has_revenue_share,
            "ratio": contract.revenue_share_ratio,
        },
        "guarantor": contract.guarantor,
        "note": contract.note,
    }
    return card


def _stages(company: Company, now: int) -> dict[str, Card]:
    return {
        stage.value: {"mw": item.mw, "entries": item.entries, "undisclosed": item.undisclosed}
        for stage, item in mw_by_stage(company.contracts, now).items()
    }


def _article(company: Company, catalogue: Catalogue) -> Card:
    """Return what the article of July 2025 said, and what follows from it, at its own date."""
    then = ARTICLE_DAY_MS
    status = company.status_at(then)
    ratios, _, _ = sections(company, then, catalogue, {"btc_usd": ARTICLE_BTC_USD})
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
        "changes": _changes(company, then),
        "ai_mw_by_stage": _stages(company, then),
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


def _dependency(edge: Dependency) -> Card:
    return {
        "company": edge.company,
        "counterparty": edge.counterparty,
        "contracts": list(edge.contracts),
    }
