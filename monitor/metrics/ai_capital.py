"""Does the capital put into AI come back, and how much of it lies on each megawatt.

Capital is what was spent in the period that the company states; where that is not the whole sum, so
is the payback. Contracted megawatts are what the capital is for, built or not.
"""

from __future__ import annotations

from monitor.metrics.base import CompanyType, Example, Metric
from monitor.metrics.quotients import quotient

_POWERED = frozenset({CompanyType.MINER, CompanyType.AI_HOST})
_SOURCE = "docs/formulas.md 9"
_OWN = "own arithmetic"

_AI_CAPITAL = {"ai_capex_usd": 300e6, "ai_gross_profit_usd_year": 60e6}
_AT_A_LOSS = {"ai_capex_usd": 300e6, "ai_gross_profit_usd_year": 0.0}

METRICS: tuple[Metric, ...] = (
    quotient(
        "ai_capex_usd",
        "ai_gross_profit_usd_year",
        "none_without_ai_profit",
        name="ai_payback_years",
        unit="years",
        description="Years of AI gross profit that pay back the AI capital of the stated period.",
        source=_SOURCE,
        applies_to=_POWERED,
        examples=(
            Example(_AI_CAPITAL, 5.0, 1, _OWN),
            Example(_AT_A_LOSS, None, reason="none_without_ai_profit"),
        ),
        label="AI payback",
    ),
    quotient(
        "ai_gross_profit_usd_year",
        "ai_capex_usd",
        "no_ai_capex",
        signed=True,
        name="ai_return_ratio",
        unit="ratio",
        description="AI gross profit of a year over the AI capital of the stated period.",
        source=_SOURCE,
        applies_to=_POWERED,
        examples=(
            Example(_AI_CAPITAL, 0.20, 2, _OWN),
            Example(_AI_CAPITAL | {"ai_capex_usd": 0}, None, reason="no_ai_capex"),
        ),
        label="AI return",
    ),
    quotient(
        "ai_capex_usd",
        "ai_contracted_mw",
        "no_ai_power",
        name="ai_capex_per_contracted_usd_mw",
        unit="USD/MW",
        description="AI capital of the stated period for each megawatt under AI contracts.",
        source=_SOURCE,
        applies_to=_POWERED,
        examples=(
            Example(_AI_CAPITAL | {"ai_contracted_mw": 50}, 6e6, -5, _OWN),
            Example(_AI_CAPITAL | {"ai_contracted_mw": 0}, None, reason="no_ai_power"),
        ),
        label="AI capex per MW",
    ),
    quotient(
        "debt_usd",
        "ai_contracted_mw",
        "no_ai_power",
        name="debt_per_ai_contracted_usd_mw",
        unit="USD/MW",
        description="Debt of the whole company for each megawatt under AI contracts.",
        source=_SOURCE,
        applies_to=_POWERED,
        examples=(
            Example({"debt_usd": 1e9, "ai_contracted_mw": 100}, 10e6, -5, _OWN),
            Example({"debt_usd": 1e9, "ai_contracted_mw": 0}, None, reason="no_ai_power"),
        ),
        label="Debt per AI MW",
    ),
    quotient(
        "ai_capex_usd",
        "gpu_count",
        "no_gpus",
        name="ai_capex_per_gpu_usd",
        unit="USD",
        description="AI capital of the stated period for each graphics processor.",
        source=_SOURCE,
        applies_to=_POWERED,
        examples=(
            Example(_AI_CAPITAL | {"gpu_count": 6_000}, 50e3, 0, _OWN),
            Example(_AI_CAPITAL | {"gpu_count": 0}, None, reason="no_gpus"),
        ),
        label="AI capex per GPU",
    ),
    quotient(
        "ai_capex_usd",
        "capex_usd",
        "no_capex",
        name="ai_capex_share_ratio",
        unit="ratio",
        description="Share of AI in the capital spent; set beside its share in revenue.",
        source=_SOURCE,
        applies_to=_POWERED,
        examples=(
            Example(_AI_CAPITAL | {"capex_usd": 400e6}, 0.75, 2, _OWN),
            Example({"ai_capex_usd": 0, "capex_usd": 0}, None, reason="no_capex"),
        ),
        label="AI share of capex",
        same_period=True,
    ),
)
