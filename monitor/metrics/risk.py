"""What can go wrong with the turn to AI, as far as it is arithmetic on a company's figures.

Indicators of docs/formulas.md 9: on how many tenants does it hang, is the power secured, how long
does the money last. Whether the capital comes back is in `ai_capital`. What is no arithmetic
(litigation, cooling, rules) stands on the risk cards.
"""

from __future__ import annotations

import numpy as np

from monitor.metrics.base import (
    CompanyType,
    Example,
    Floats,
    Guard,
    Metric,
    Scope,
    above,
    not_negative,
)
from monitor.metrics.quotients import quotient

_POWERED = frozenset({CompanyType.MINER, CompanyType.AI_HOST})
_SOURCE = "docs/formulas.md 9"
_OWN = "own arithmetic"
_QUARTERS_PER_YEAR = 4


_ONE_TENANT = "Core Scientific, all contracts with CoreWeave"


def _itself(value: Floats) -> Floats:
    # A fact cannot be the target of a rule; a metric can.
    return np.positive(value)


def _runway(cash_usd: Floats, burn_usd_year: Floats) -> Floats:
    return cash_usd / burn_usd_year * _QUARTERS_PER_YEAR


def _growth(diluted: Floats, outstanding: Floats) -> Floats:
    return diluted / outstanding - 1


_TENANTS_AND_POWER: tuple[Metric, ...] = (
    Metric(
        name="tenant_concentration_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=("largest_tenant_share_ratio",),
        description="Share of the largest tenant in the AI revenue under contract.",
        formula="largest_tenant_share_ratio",
        source=_SOURCE,
        compute=_itself,
        guards=(not_negative("largest_tenant_share_ratio"),),
        applies_to=_POWERED,
        examples=(
            Example({"largest_tenant_share_ratio": 1.0}, 1.0, 2, _ONE_TENANT),
            Example(
                {"largest_tenant_share_ratio": -0.1},
                None,
                reason="negative:largest_tenant_share_ratio",
            ),
        ),
        label="Largest tenant",
    ),
    Metric(
        name="effective_tenants_count",
        unit="tenants",
        scope=Scope.COMPANY,
        inputs=("tenant_hhi_ratio",),
        description="How many tenants of equal size would be as concentrated as the real ones.",
        formula="1 / tenant_hhi_ratio",
        source=_SOURCE,
        compute=np.reciprocal,
        guards=(Guard("tenant_hhi_ratio", above(0.0), "no_tenants"),),
        applies_to=_POWERED,
        examples=(
            Example({"tenant_hhi_ratio": 1.0}, 1.0, 1, _ONE_TENANT),
            Example({"tenant_hhi_ratio": 0.7**2 + 0.3**2}, 1.72, 2, "two tenants, 70 and 30 %"),
            Example({"tenant_hhi_ratio": 0.0}, None, reason="no_tenants"),
        ),
        label="Tenants, effective",
    ),
    Metric(
        name="power_under_contract_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=("power_contracted_ratio",),
        description="Share of the power in use that has a supply contract.",
        formula="power_contracted_ratio",
        source=_SOURCE,
        compute=_itself,
        guards=(not_negative("power_contracted_ratio"),),
        applies_to=_POWERED,
        examples=(
            Example({"power_contracted_ratio": 0.6}, 0.6, 2, _OWN),
            Example(
                {"power_contracted_ratio": -0.6}, None, reason="negative:power_contracted_ratio"
            ),
        ),
        label="Power under contract",
    ),
    quotient(
        "energised_mw",
        "contracted_mw",
        "no_power",
        name="power_built_ratio",
        unit="ratio",
        description="Share of the power secured that runs already; the rest has yet to be built.",
        source=_SOURCE,
        applies_to=_POWERED,
        examples=(
            Example({"energised_mw": 900, "contracted_mw": 1_200}, 0.75, 2, _OWN),
            Example({"energised_mw": 0, "contracted_mw": 0}, None, reason="no_power"),
        ),
        label="Power built",
    ),
)

_MONEY: tuple[Metric, ...] = (
    Metric(
        name="cash_runway_quarters",
        unit="quarters",
        scope=Scope.COMPANY,
        inputs=("cash_usd", "cash_burn_usd_year"),
        description="Quarters that cash lasts if as much goes on being used up.",
        formula="cash_usd / (cash_burn_usd_year / 4)",
        source=_SOURCE,
        compute=_runway,
        guards=(not_negative("cash_usd"), Guard("cash_burn_usd_year", above(0.0), "no_burn")),
        examples=(
            Example({"cash_usd": 300e6, "cash_burn_usd_year": 400e6}, 3.0, 1, _OWN),
            Example({"cash_usd": 300e6, "cash_burn_usd_year": 0}, None, reason="no_burn"),
        ),
        label="Cash runway",
    ),
    Metric(
        name="gross_profit_usd_year",
        unit="USD/year",
        scope=Scope.COMPANY,
        inputs=("ai_gross_profit_usd_year", "mining_gross_profit_usd_year"),
        description="Gross profit of AI and mining together, at a yearly rate.",
        formula="ai_gross_profit_usd_year + mining_gross_profit_usd_year",
        source=_SOURCE,
        compute=np.add,
        applies_to=_POWERED,
        examples=(
            Example(
                {"ai_gross_profit_usd_year": 60e6, "mining_gross_profit_usd_year": 140e6},
                200e6,
                -6,
                _OWN,
            ),
        ),
        label="Gross profit",
    ),
    quotient(
        "net_debt_usd",
        "gross_profit_usd_year",
        "no_gross_profit",
        signed=True,
        name="net_debt_to_gross_profit_years",
        unit="years",
        description="Years of gross profit that net debt is worth; few miners state an EBITDA.",
        source=_SOURCE,
        applies_to=_POWERED,
        examples=(
            Example(
                {"debt_usd": 800e6, "cash_usd": 300e6, "gross_profit_usd_year": 200e6},
                2.5,
                1,
                _OWN,
            ),
            Example(
                {"net_debt_usd": 1e6, "gross_profit_usd_year": 0}, None, reason="no_gross_profit"
            ),
        ),
        label="Net debt / gross profit",
    ),
    quotient(
        "net_debt_usd",
        "adjusted_ebitda_usd_year",
        "no_ebitda",
        signed=True,
        name="net_debt_to_ebitda_years",
        unit="years",
        description="Years of adjusted EBITDA that net debt is worth; below 0 there is more cash than"
        " debt. Each company adjusts in its own way, and of a loss no year pays any debt.",
        source=_SOURCE,
        applies_to=_POWERED,
        examples=(
            Example(
                {"debt_usd": 800e6, "cash_usd": 300e6, "adjusted_ebitda_usd_year": 125e6},
                4.0,
                1,
                _OWN,
            ),
            Example({"net_debt_usd": 1e6, "adjusted_ebitda_usd_year": 0}, None, reason="no_ebitda"),
            Example(
                {"net_debt_usd": 1e6, "adjusted_ebitda_usd_year": -9e6}, None, reason="no_ebitda"
            ),
        ),
        label="Net debt / EBITDA",
    ),
    quotient(
        "net_debt_usd",
        "market_cap_usd",
        "no_market_cap",
        signed=True,
        name="net_debt_to_market_cap_ratio",
        unit="ratio",
        description="Net debt against what all shares cost; below 0 there is more cash than debt.",
        source=_SOURCE,
        applies_to=frozenset(CompanyType),
        examples=(
            Example({"debt_usd": 800e6, "cash_usd": 300e6, "market_cap_usd": 4e9}, 0.125, 3, _OWN),
            Example({"net_debt_usd": 1e6, "market_cap_usd": 0}, None, reason="no_market_cap"),
        ),
        label="Net debt / market cap",
    ),
    Metric(
        name="dilution_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=("diluted_shares_count", "shares_count"),
        description="How many shares more there are once all that may become one did.",
        formula="diluted_shares_count / shares_count - 1",
        source=_SOURCE,
        compute=_growth,
        guards=(
            not_negative("diluted_shares_count"),
            Guard("shares_count", above(0.0), "no_shares"),
        ),
        examples=(
            Example({"diluted_shares_count": 384e6, "shares_count": 320e6}, 0.2, 2, _OWN),
            Example({"diluted_shares_count": 384e6, "shares_count": 0}, None, reason="no_shares"),
        ),
        label="Dilution",
    ),
)

METRICS: tuple[Metric, ...] = _TENANTS_AND_POWER + _MONEY
