"""The seven risks of a miner that turns to AI: what is measured for each, and what to be told of.

One table. An indicator is the name of a metric, of a fact of the books, or of what is computed here
from contracts, sites, flags and the other companies; whoever shows it takes those that exist. The
level of a risk is never computed: a person judges it (`risk_levels`). docs/formulas.md 9.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from monitor.domain.companies import Company, fact_at
from monitor.domain.contracts import remaining_term
from monitor.domain.figures import iso_day
from monitor.domain.risk_levels import RiskKind, newest_level
from monitor.domain.sites import Cooling, sites_at

_WET = frozenset({Cooling.HYDRO, Cooling.IMMERSION, Cooling.LIQUID})


@dataclass(frozen=True, slots=True)
class RiskSpec:
    """One risk: its question, its indicators by name, and the alert that suits it."""

    risk: RiskKind
    question: str
    indicators: tuple[str, ...]
    suggested_alert: str


RISKS: tuple[RiskSpec, ...] = (
    RiskSpec(
        RiskKind.RETURN_ON_INVESTMENT,
        "does the capital put into AI come back while somebody is bound to pay?",
        (
            "ai_payback_years",
            "remaining_contract_term_years",
            "ai_return_ratio",
            "ai_capex_per_contracted_usd_mw",
            "ai_capex_per_gpu_usd",
            "debt_per_ai_contracted_usd_mw",
            "ai_revenue_usd_mw_year",
            "mining_margin_usd_mw_day",
            "switch_hashprice_usd_ph_day",
        ),
        "payback longer than the contracts still run; a MW earns less with AI than by mining for"
        " 30 days",
    ),
    RiskSpec(
        RiskKind.CLIENT_STABILITY,
        "who pays, for how long, and what if the largest of them fails?",
        (
            "tenant_concentration_ratio",
            "largest_tenant_share_ratio",
            "tenant_hhi_ratio",
            "effective_tenants_count",
            "contracted_coverage_ratio",
            "backlog_cover_years",
            "remaining_contract_term_years",
            "tenant_stock_change_day_ratio",
        ),
        "largest tenant above 50 % and its share 30 % down in 20 sessions",
    ),
    RiskSpec(
        RiskKind.POWER,
        "is the power there, contracted, and cheaper than what it earns?",
        (
            "power_under_contract_ratio",
            "power_contracted_ratio",
            "power_built_ratio",
            "power_price_usd_kwh",
            "break_even_power_price_usd_kwh",
            "curtailment_price_usd_mwh",
            "curtailed_mwh",
        ),
        "share of contracted power below the level that is set; price above break-even for an hour",
    ),
    RiskSpec(
        RiskKind.COOLING,
        "can the sites take the heat of AI machines?",
        ("ai_site_overhead_ratio", "ai_liquid_cooled_mw_ratio", "uptime_ratio"),
        "z-score of PUE or uptime; forecast heat above what the site is built for",
    ),
    RiskSpec(
        RiskKind.COMPLIANCE,
        "which rules, courts and regulators can stop it?",
        ("standing_flags_count", "raised_sub_flags_count", "energy_used_mwh"),
        "a new filing in a watched class; a deadline within 30 days",
    ),
    RiskSpec(
        RiskKind.COMPETITION,
        "how many others offer the same, and what does it do to the price?",
        (
            "ai_entrants_count",
            "peers_pipeline_mw",
            "gpu_rental_usd_hour",
            "gpu_rental_change_30d_ratio",
            "ai_utilisation_ratio",
            "ai_revenue_estimate_usd_year",
            "hashprice_usd_ph_day",
            "implied_hashrate_eh_s",
        ),
        "rental price 10 % down in 30 days; the peers' pipeline grows",
    ),
    RiskSpec(
        RiskKind.ALLOCATION,
        "can one management and one purse carry two businesses?",
        (
            "ai_capex_share_ratio",
            "ai_revenue_mix_ratio",
            "cash_runway_quarters",
            "net_debt_to_ebitda_years",
            "net_debt_to_gross_profit_years",
            "dilution_ratio",
            "coins_sold_ratio",
        ),
        "runway under 4 quarters; more BTC sold than mined for 3 months; an AI date that slips by"
        " more than 60 days",
    ),
)


@dataclass(frozen=True, slots=True)
class Indicator:
    """A number that is computed here, or the name of the reason why there is none."""

    name: str
    value: float | None
    unit: str
    reason: str = ""
    note: str = ""


def computed_indicators(
    company: Company, companies: Mapping[str, Company], moment: int
) -> dict[str, Indicator]:
    """Return the indicators that are neither a metric nor a fact, by name, at `moment` (ms UTC)."""
    term = remaining_term(company.contracts, moment)
    compliance = newest_level(company.risks, RiskKind.COMPLIANCE, moment)
    judged = compliance is not None and compliance.present_at(moment)
    raised = [flag for flag in compliance.sub_flags if flag.raised] if compliance else []
    found = (
        Indicator(
            "remaining_contract_term_years",
            term.years,
            "years",
            "" if term.years is not None else "no_disclosed_contract_in_force",
            f"{term.undisclosed} contracts in force disclose no term or value"
            if term.undisclosed
            else "",
        ),
        Indicator("standing_flags_count", len(company.flags_at(moment)), "count"),
        Indicator(
            "raised_sub_flags_count",
            len(raised) if judged else None,
            "count",
            "" if judged else "not_assessed",
        ),
        _liquid_cooled(company, moment),
        _entrants(companies, moment),
        _peers_pipeline(company, companies, moment),
    )
    return {item.name: item for item in found}


def _liquid_cooled(company: Company, moment: int) -> Indicator:
    """Return the share of the AI sites' power that is cooled by liquid."""
    name = "ai_liquid_cooled_mw_ratio"
    sites = [site for site in sites_at(company.sites, moment) if site.use.has_ai]
    known = [site for site in sites if site.cooling not in {None, Cooling.UNDISCLOSED}]
    if not sites:
        return Indicator(name, None, "ratio", "no_ai_site")
    powers = [site.mw for site in sites]
    if len(known) < len(sites) or None in powers:
        return Indicator(name, None, "ratio", "not_disclosed")
    wet = sum(site.mw or 0 for site in sites if site.cooling in _WET)
    return Indicator(name, wet / sum(filter(None, powers)), "ratio")


def _entrants(companies: Mapping[str, Company], moment: int) -> Indicator:
    """Return how many companies of the book began with AI in the last 365 days."""
    names = [
        company.ticker
        for company in companies.values()
        if (entered := fact_at(company, "entered_ai_count", moment)) and entered.value
    ]
    return Indicator("ai_entrants_count", len(names), "count", note=", ".join(names))


def _peers_pipeline(company: Company, companies: Mapping[str, Company], moment: int) -> Indicator:
    """Return the planned power of all other companies whose books state one."""
    found = {
        peer.ticker: figure.value
        for peer in companies.values()
        if peer.ticker != company.ticker and (figure := fact_at(peer, "pipeline_mw", moment))
    }
    value = sum(found.values()) if found else None
    reason = "" if found else "missing:pipeline_mw"
    return Indicator("peers_pipeline_mw", value, "MW", reason, ", ".join(found))


def risk_notes(company: Company, metric: str, moment: int) -> tuple[str, ...]:
    """Return what people judged of the risks that `metric` indicates, for whoever explains it.

    The allocation of capital and management concerns every number of the company and is always
    among them. A level that has expired at `moment` (ms UTC) is not.
    """
    notes: list[str] = []
    for spec in RISKS:
        level = newest_level(company.risks, spec.risk, moment)
        concerns = spec.risk is RiskKind.ALLOCATION or metric in spec.indicators
        if concerns and level is not None and level.present_at(moment):
            notes.append(
                f"{spec.risk.value} risk {level.level}: {level.reason} (judged by {level.author}"
                f" on {iso_day(level.date)}, expires {iso_day(level.expires)})"
            )
    return tuple(notes)
