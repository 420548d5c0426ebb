"""How much AI business stands beside the mine: a family of ratios, each under its own name.

There is no standard "hedge ratio": by revenue, by megawatt and by cover of fixed cost they answer
different questions and differ by a factor of ten for the same company. Publish them side by side;
a value above 1 is meant (contracts can exceed today's revenue) and never clamped.
"""

from __future__ import annotations

import numpy as np

from monitor.metrics.base import CompanyType, Floats, Guard, Metric, Scope, above, at_least

_POWERED = frozenset({CompanyType.MINER, CompanyType.AI_HOST})
_SOURCE = "docs/formulas.md 5"
DAYS_PER_YEAR = 365


def _not_negative(name: str) -> Guard:
    return Guard(name, at_least(0.0), "negative_input")


def _live_mix(ai_revenue_usd_year: Floats, mining_revenue_usd_day: Floats) -> Floats:
    ai_revenue_usd_day = ai_revenue_usd_year / DAYS_PER_YEAR
    return ai_revenue_usd_day / (ai_revenue_usd_day + mining_revenue_usd_day)


METRICS: tuple[Metric, ...] = (
    Metric(
        name="ai_and_mining_revenue_usd",
        unit="USD",
        scope=Scope.COMPANY,
        inputs=("ai_revenue_usd", "mining_revenue_usd"),
        description="AI and mining revenue of one reported period; hosting and the rest left out.",
        formula="ai_revenue_usd + mining_revenue_usd",
        source=f"{_SOURCE} row 1",
        compute=np.add,
        guards=(_not_negative("ai_revenue_usd"), _not_negative("mining_revenue_usd")),
        applies_to=_POWERED,
        label="AI + mining revenue",
    ),
    Metric(
        name="ai_revenue_mix_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=("ai_revenue_usd", "ai_and_mining_revenue_usd"),
        description="Share of AI in the revenue that AI and mining bring in together.",
        formula="ai_revenue_usd / (ai_revenue_usd + mining_revenue_usd)",
        source=f"{_SOURCE} row 1",
        compute=np.divide,
        guards=(Guard("ai_and_mining_revenue_usd", above(0.0), "no_revenue"),),
        applies_to=_POWERED,
        label="AI revenue mix",
    ),
    Metric(
        name="ai_live_mix_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=("ai_revenue_usd_year", "expected_mining_revenue_usd_day"),
        description="Share of AI in revenue if mining earns today's hashprice: it moves with BTC.",
        formula="a / (a + expected_mining_revenue_usd_day), a = ai_revenue_usd_year / 365",
        source=f"{_SOURCE} row 1, with mining revenue expected at the present hashprice",
        compute=_live_mix,
        guards=(
            _not_negative("ai_revenue_usd_year"),
            Guard("expected_mining_revenue_usd_day", above(0.0), "no_mining"),
        ),
        applies_to=frozenset({CompanyType.MINER}),
        label="AI mix live",
    ),
    Metric(
        name="contracted_coverage_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=("contracted_ai_revenue_usd_year", "total_revenue_usd_year"),
        description="Contracted AI revenue of a year against the whole revenue of a year today.",
        formula="contracted_ai_revenue_usd_year / total_revenue_usd_year",
        source=f"{_SOURCE} row 7",
        compute=np.divide,
        guards=(
            _not_negative("contracted_ai_revenue_usd_year"),
            Guard("total_revenue_usd_year", above(0.0), "no_revenue"),
        ),
        applies_to=_POWERED,
        label="Contracted coverage",
    ),
    Metric(
        name="ai_mw_share_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=("ai_energised_mw", "energised_mw"),
        description="Share of AI in the power that runs today, both on one basis (gross or IT).",
        formula="ai_energised_mw / energised_mw",
        source=f"{_SOURCE} row 6",
        compute=np.divide,
        guards=(_not_negative("ai_energised_mw"), Guard("energised_mw", above(0.0), "no_power")),
        applies_to=_POWERED,
        label="AI share of MW",
    ),
    Metric(
        name="ai_contracted_mw_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=("ai_contracted_mw", "contracted_mw"),
        description="Share of signed AI contracts in all the power the company has contracted.",
        formula="ai_contracted_mw / contracted_mw",
        source=f"{_SOURCE} row 6",
        compute=np.divide,
        guards=(_not_negative("ai_contracted_mw"), Guard("contracted_mw", above(0.0), "no_power")),
        applies_to=_POWERED,
        label="AI share of contracted MW",
    ),
    Metric(
        name="fixed_cost_coverage_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=("ai_gross_profit_usd_year", "mining_fixed_cost_usd_year"),
        description="AI gross profit against the mine's fixed cash cost; at 1 the mine may stand"
        " still and its cost is still paid.",
        formula="ai_gross_profit_usd_year / mining_fixed_cost_usd_year",
        source=f"{_SOURCE} row 3",
        compute=np.divide,
        guards=(Guard("mining_fixed_cost_usd_year", above(0.0), "no_fixed_cost"),),
        applies_to=frozenset({CompanyType.MINER}),
        label="Fixed-cost coverage",
    ),
)
