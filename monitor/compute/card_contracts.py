"""The AI contracts on a card: each one's terms and stage, and how much hangs on one tenant."""

from __future__ import annotations

from monitor.compute.card_metrics import Card
from monitor.domain.companies import Company, Dependency, iso_day
from monitor.domain.contracts import (
    Contract,
    StageSum,
    mw_by_stage,
    mw_in_force,
    remaining_term,
    tenant_shares,
)


def contracts_of(company: Company, now: int) -> list[Card]:
    """Return the contracts and plans that were there at `now` (ms UTC)."""
    return [_contract(item, now) for item in company.contracts if item.step_at(now)]


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
        "run_rate_usd_mw_year": contract.run_rate_usd_mw_year,
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


def stages_of(company: Company, now: int) -> dict[str, Card]:
    """Return the power at each stage of the ladder."""
    return {
        stage.value: _stage_sum(item) for stage, item in mw_by_stage(company.contracts, now).items()
    }


def in_force(company: Company, now: int) -> Card:
    """Return the power that is signed or further: no idea and no evaluation is in it."""
    return _stage_sum(mw_in_force(company.contracts, now))


def _stage_sum(item: StageSum) -> Card:
    return {"mw": item.mw, "entries": item.entries, "undisclosed": item.undisclosed}


def tenants_of(company: Company, now: int) -> Card:
    """Return who pays under contracts in force, how much of it, and for how long still."""
    running = [item for item in company.contracts if item.in_force_at(now)]
    shares = tenant_shares(running)
    term = remaining_term(running, now)
    return {
        "shares": [
            {"tenant": name, "share_ratio": share} for name, share in (shares or {}).items()
        ],
        "reason": "run_rate_not_disclosed" if shares is None else "",
        "largest_share_ratio": max(shares.values()) if shares else None,
        "remaining_term_years": term.years,
        "remaining_term_contracts": term.contracts,
        "remaining_term_undisclosed": term.undisclosed,
    }


def dependency(edge: Dependency) -> Card:
    """Return who depends on whom, by which contracts."""
    return {
        "company": edge.company,
        "counterparty": edge.counterparty,
        "contracts": list(edge.contracts),
    }
