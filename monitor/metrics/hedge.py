"""How much AI business stands beside the mine: a family of ratios, each under its own name.

There is no standard "hedge ratio": by revenue, by megawatt and by cover of fixed cost they answer
different questions and differ by a factor of ten for the same company. Publish them side by side;
a value above 1 is meant (contracts can exceed today's revenue) and never clamped. What a fall of
BTC does is in `drawdown`, what a megawatt earns in `power_use`.
"""

from __future__ import annotations

import numpy as np

from monitor.domain.stress import DAYS_PER_YEAR
from monitor.metrics.base import (
    MULTIPLE,
    CompanyType,
    Example,
    Floats,
    Guard,
    Metric,
    Scope,
    above,
    at_least,
    not_negative,
)
from monitor.metrics.quotients import quotient

_POWERED = frozenset({CompanyType.MINER, CompanyType.AI_HOST})
_MINERS = frozenset({CompanyType.MINER})
_SOURCE = "docs/formulas.md 5"
_OWN = "own arithmetic"

_HIVE_ARTICLE = {"ai_revenue_usd": 10.1e6, "mining_revenue_usd": 102.1e6}
_HIVE_SLIDES = {"ai_revenue_usd": 10.0e6, "mining_revenue_usd": 105.3e6}
# 1,514 BTC at the 93,399 USD that Riot got for each in that quarter
_IREN = {"ai_revenue_usd": 3.6e6, "mining_revenue_usd": 1_514 * 93_399.0}
_BACKLOG = {"ai_backlog_usd": 8.7e9, "mining_fixed_cost_usd_year": 160e6}


def _live_mix(ai_revenue_usd_year: Floats, mining_revenue_usd_day: Floats) -> Floats:
    ai_revenue_usd_day = ai_revenue_usd_year / DAYS_PER_YEAR
    return ai_revenue_usd_day / (ai_revenue_usd_day + mining_revenue_usd_day)


def _share(part: Floats, rest: Floats) -> Floats:
    return part / (part + rest)


def _backlog_cover(backlog_usd: Floats, margin_ratio: Floats, fixed_usd_year: Floats) -> Floats:
    return backlog_usd * margin_ratio / fixed_usd_year


_MIX: tuple[Metric, ...] = (
    Metric(
        name="ai_and_mining_revenue_usd",
        unit="USD",
        scope=Scope.COMPANY,
        inputs=("ai_revenue_usd", "mining_revenue_usd"),
        description="AI and mining revenue of one reported period; hosting and the rest left out.",
        formula="ai_revenue_usd + mining_revenue_usd",
        source=f"{_SOURCE} row 1",
        compute=np.add,
        guards=(not_negative("ai_revenue_usd"), not_negative("mining_revenue_usd")),
        applies_to=_POWERED,
        examples=(
            Example(_HIVE_SLIDES, 115.3e6, -5, "HIVE, fiscal year 2025, slides"),
            Example({"ai_revenue_usd": 3.6e6}, None, reason="missing:mining_revenue_usd"),
        ),
        label="AI + mining revenue",
        same_period=True,
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
        examples=(
            Example(_HIVE_SLIDES, 0.087, 3, "HIVE, fiscal year 2025, slides"),
            Example(_HIVE_ARTICLE, 0.090, 3, "HIVE, fiscal year 2025, article of July 2025"),
            Example(_IREN, 0.0248, 4, "IREN, third quarter of fiscal 2025"),
            Example({"ai_revenue_usd": 0, "mining_revenue_usd": 0}, None, reason="no_revenue"),
            Example(
                {"ai_revenue_usd": -1, "mining_revenue_usd": 5},
                None,
                reason="negative:ai_revenue_usd",
            ),
        ),
        label="AI revenue mix",
        headline=True,
        same_period=True,
    ),
    quotient(
        "ai_revenue_usd",
        "total_revenue_usd",
        "no_revenue",
        name="ai_total_revenue_mix_ratio",
        unit="ratio",
        description="Share of AI in the whole revenue of a period, hosting and all else included.",
        source=f"{_SOURCE} row 1",
        applies_to=_POWERED,
        examples=(
            Example(
                {"ai_revenue_usd": 8.6e6, "total_revenue_usd": 79.5e6},
                0.108,
                3,
                "Core Scientific, first quarter of 2025",
            ),
            Example({"ai_revenue_usd": 1e6, "total_revenue_usd": 0}, None, reason="no_revenue"),
        ),
        label="AI share of all revenue",
        same_period=True,
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
            not_negative("ai_revenue_usd_year"),
            Guard("expected_mining_revenue_usd_day", above(0.0), "no_mining"),
        ),
        applies_to=_MINERS,
        examples=(
            Example(
                {"ai_revenue_usd_year": 100e6, "expected_mining_revenue_usd_day": 727_621},
                0.274,
                3,
                _OWN,
            ),
            Example(
                {"ai_revenue_usd_year": 100e6, "expected_mining_revenue_usd_day": 0},
                None,
                reason="no_mining",
            ),
        ),
        label="AI mix live",
    ),
    Metric(
        name="ai_gross_profit_mix_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=("ai_gross_profit_usd", "mining_gross_profit_usd"),
        description="Share of AI in the gross profit of AI and mining; only where both earn.",
        formula="ai_gross_profit_usd / (ai_gross_profit_usd + mining_gross_profit_usd)",
        source=f"{_SOURCE} row 2",
        compute=_share,
        guards=(
            Guard("ai_gross_profit_usd", above(0.0), "no_ai_gross_profit"),
            Guard("mining_gross_profit_usd", above(0.0), "no_mining_gross_profit"),
        ),
        applies_to=_POWERED,
        examples=(
            Example({"ai_gross_profit_usd": 6e6, "mining_gross_profit_usd": 18e6}, 0.25, 2, _OWN),
            Example(
                {"ai_gross_profit_usd": -6e6, "mining_gross_profit_usd": 18e6},
                None,
                reason="no_ai_gross_profit",
            ),
            Example(
                {"ai_gross_profit_usd": 6e6, "mining_gross_profit_usd": -18e6},
                None,
                reason="no_mining_gross_profit",
            ),
        ),
        label="AI gross-profit mix",
        same_period=True,
    ),
    quotient(
        "ai_gross_profit_usd_year",
        "ai_revenue_usd_year",
        "no_ai_revenue",
        signed=True,
        name="ai_gross_margin_ratio",
        unit="ratio",
        description="Share of AI revenue left after its direct cost; below 0 is a loss.",
        source=_SOURCE,
        applies_to=_POWERED,
        examples=(
            Example({"ai_gross_profit_usd_year": 60e6, "ai_revenue_usd_year": 80e6}, 0.75, 2, _OWN),
            Example(
                {"ai_gross_profit_usd_year": 0, "ai_revenue_usd_year": 0},
                None,
                reason="no_ai_revenue",
            ),
        ),
        label="AI gross margin",
        same_period=True,
    ),
)

_COVER: tuple[Metric, ...] = (
    quotient(
        "ai_gross_profit_usd_year",
        "mining_fixed_cost_usd_year",
        "no_fixed_cost",
        signed=True,
        name="fixed_cost_coverage_ratio",
        unit=MULTIPLE,
        description="AI gross profit against the mine's fixed cash cost; at 1 the mine may stand"
        " still and its cost is still paid.",
        source=f"{_SOURCE} row 3",
        applies_to=_MINERS,
        examples=(
            Example(
                {"ai_gross_profit_usd_year": 60e6, "mining_fixed_cost_usd_year": 70e6},
                0.857,
                3,
                f"{_SOURCE} row 3",
            ),
            Example(
                {"ai_gross_profit_usd_year": 60e6, "mining_fixed_cost_usd_year": 0},
                None,
                reason="no_fixed_cost",
            ),
        ),
        label="Fixed-cost coverage",
    ),
    quotient(
        "contracted_ai_revenue_usd_year",
        "total_revenue_usd_year",
        "no_revenue",
        name="contracted_coverage_ratio",
        unit=MULTIPLE,
        description="Contracted AI revenue of a year against the whole revenue of a year today.",
        source=f"{_SOURCE} row 7",
        applies_to=_POWERED,
        examples=(
            Example(
                {"contracted_ai_revenue_usd_year": 8.7e9 / 12, "total_revenue_usd_year": 382e6},
                1.9,
                1,
                "Core Scientific, November 2024: 8.7e9 USD over an assumed 12 years",
            ),
            Example(
                {"contracted_ai_revenue_usd_year": 1e6, "total_revenue_usd_year": 0},
                None,
                reason="no_revenue",
            ),
        ),
        label="Contracted coverage",
        headline=True,
    ),
    Metric(
        name="backlog_cover_years",
        unit="years",
        scope=Scope.COMPANY,
        inputs=("ai_backlog_usd", "ai_gross_margin_ratio", "mining_fixed_cost_usd_year"),
        description="Years of the mine's fixed cash cost that AI revenue still to come can pay.",
        formula="ai_backlog_usd x ai_gross_margin_ratio / mining_fixed_cost_usd_year",
        source=f"{_SOURCE} row 7",
        compute=_backlog_cover,
        guards=(
            not_negative("ai_backlog_usd"),
            Guard("ai_gross_margin_ratio", at_least(0.0), "ai_at_a_loss"),
            Guard("mining_fixed_cost_usd_year", above(0.0), "no_fixed_cost"),
        ),
        applies_to=_MINERS,
        examples=(
            Example(_BACKLOG | {"ai_gross_margin_ratio": 0.75}, 40.8, 1, _OWN),
            Example(_BACKLOG | {"ai_gross_margin_ratio": -0.1}, None, reason="ai_at_a_loss"),
        ),
        label="Backlog cover",
    ),
)

METRICS: tuple[Metric, ...] = _MIX + _COVER
