"""What a fall of BTC costs the mine, how far AI pays for it, and which fall nobody survives.

A year's result at today's hashprice: mining revenue after the pool's fee, less power, less fixed
cash cost. Whether that cost holds SG&A and interest is said by the figure's basis. Difficulty
stands still. `hashhedge stress` shows the whole table, with difficulty that follows and the loss on
coins held beside it; the arithmetic of both is in `monitor.domain.stress`.
"""

from __future__ import annotations

from functools import partial

from monitor.domain.stress import DAYS_PER_YEAR, break_even_drawdown, mining_result
from monitor.metrics.base import (
    MULTIPLE,
    CompanyType,
    Example,
    Floats,
    Guard,
    Metric,
    Scope,
    above,
    below,
    not_negative,
)

_REVENUE_FALL_PERCENT = 30

_MINERS = frozenset({CompanyType.MINER})
_POWERED = _MINERS | {CompanyType.AI_HOST}
_SOURCE = "docs/formulas.md 5"
_REVENUE, _POWER = "expected_mining_revenue_usd_day", "power_cost_usd_day"
_FIXED, _AI = "mining_fixed_cost_usd_year", "ai_gross_profit_usd_year"
_MINE = (_REVENUE, _POWER, _FIXED)

# 20 EH/s at 93 % uptime, 17.5 J/TH and 0.045 USD/kWh on 2026-01-12: docs/formulas.md 4
_FLEET = {
    "hashprice_btc_ph_day": 0.000431418166,
    "btc_usd": 91_132.0,
    "pool_fee_ratio": 0.005,
    "hashrate_eh_s": 18.6,
    "efficiency_j_th": 17.5,
    "power_price_usd_kwh": 0.045,
    _FIXED: 70e6,
}
_WITH_AI = _FLEET | {_AI: 60e6}
_STILL = {_REVENUE: 0.0, _POWER: 0.0, _FIXED: 70e6, _AI: 60e6}
_COVERED = _WITH_AI | {_AI: 70e6}
_EXAMPLE = f"{_SOURCE}, stress example"
# fall in percent to the mining result in USD a year and the coverage of its loss
_TABLE = {20: (14.15e6, None), 40: (-38.96e6, 1.54), 50: (-65.52e6, 0.92), 60: (-92.08e6, 0.65)}

_GUARDS = (not_negative(_REVENUE), not_negative(_FIXED))
_EARNS = Guard(_REVENUE, above(0.0), "no_mining")


def _result(revenue_day: Floats, power_day: Floats, fixed: Floats, fall: float = 0.0) -> Floats:
    return mining_result(revenue_day * DAYS_PER_YEAR, power_day * DAYS_PER_YEAR, fixed, fall)


def _drawdown_mining(revenue_day: Floats, power_day: Floats, fixed: Floats) -> Floats:
    cost = power_day * DAYS_PER_YEAR + fixed
    return break_even_drawdown(revenue_day * DAYS_PER_YEAR, cost)


def _drawdown_with_ai(revenue_day: Floats, power_day: Floats, fixed: Floats, ai: Floats) -> Floats:
    cost = power_day * DAYS_PER_YEAR + fixed - ai
    return break_even_drawdown(revenue_day * DAYS_PER_YEAR, cost)


def _curtailed(with_ai: Floats, _fixed_cost_coverage: Floats) -> Floats:
    return with_ai


def _break_even_btc(btc_usd: Floats, drawdown: Floats) -> Floats:
    return btc_usd * (1 - drawdown)


def _coverage(ai: Floats, result: Floats) -> Floats:
    return ai / -result


def _revenue_change(ai_mix: Floats) -> Floats:
    return -_REVENUE_FALL_PERCENT / 100 * (1 - ai_mix)


def _result_name(percent: int) -> str:
    return f"mining_result_fall_{percent}_usd_year"


def _result_after(percent: int) -> Metric:
    """Return what mining leaves after a fall of BTC."""
    fall = percent / 100
    return Metric(
        name=_result_name(percent),
        unit="USD/year",
        scope=Scope.COMPANY,
        inputs=_MINE,
        description=f"What mining leaves in a year if BTC falls by {percent} % and machines run on.",
        formula=f"365 x ({_REVENUE} x {1 - fall:g} - {_POWER}) - {_FIXED}",
        source=f"{_SOURCE} row 4",
        compute=partial(_result, fall=fall),
        guards=_GUARDS,
        applies_to=_MINERS,
        examples=(Example(_FLEET, _TABLE[percent][0], -4, _EXAMPLE),),
        label=f"Mining result, BTC -{percent} %",
    )


def _coverage_after(percent: int) -> Metric:
    """Return how far AI covers the mine's loss after a fall of BTC."""
    result, worth = _result_name(percent), _TABLE[percent][1]
    return Metric(
        name=f"stress_coverage_fall_{percent}_ratio",
        unit=MULTIPLE,
        scope=Scope.COMPANY,
        inputs=(_AI, result),
        description=f"AI gross profit over the mine's loss if BTC falls by {percent} %.",
        formula=f"{_AI} / -{result}",
        source=f"{_SOURCE} row 4",
        compute=_coverage,
        guards=(Guard(result, below(0.0), "no_loss"),),
        applies_to=_MINERS,
        examples=(
            Example(_WITH_AI, worth, 2, _EXAMPLE, "" if worth else "no_loss"),
            Example(_STILL, 0.857, 3, "a mine that stands still loses its fixed cost"),
            Example(_FLEET, None, reason=f"missing:{_AI}" if worth else "no_loss"),
        ),
        label=f"Stress coverage, BTC -{percent} %",
    )


_TODAY = Metric(
    name="mining_result_usd_year",
    unit="USD/year",
    scope=Scope.COMPANY,
    inputs=_MINE,
    description="What mining leaves in a year at today's hashprice after power and fixed cash cost.",
    formula=f"365 x ({_REVENUE} - {_POWER}) - {_FIXED}",
    source=f"{_SOURCE} row 4",
    compute=_result,
    guards=_GUARDS,
    applies_to=_MINERS,
    examples=(
        Example(_FLEET, 67.27e6, -4, _EXAMPLE),
        Example(_FLEET | {_FIXED: -1.0}, None, reason=f"negative:{_FIXED}"),
    ),
    label="Mining result",
)

_DRAWDOWNS: tuple[Metric, ...] = (
    Metric(
        name="break_even_drawdown_mining_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=_MINE,
        description="Fall of BTC that the mine alone survives; at 0 or below it loses already.",
        formula=f"1 - (365 x {_POWER} + {_FIXED}) / (365 x {_REVENUE})",
        source=f"{_SOURCE} row 5",
        compute=_drawdown_mining,
        guards=(_EARNS, not_negative(_FIXED)),
        applies_to=_MINERS,
        examples=(
            Example(_FLEET, 0.253, 3, _EXAMPLE),
            Example(_FLEET | {_FIXED: 0.0}, 0.517, 3, f"{_EXAMPLE}: power only"),
            Example(_FLEET | {_FIXED: 140e6}, -0.010, 3, "under water already"),
            Example(_STILL, None, reason="no_mining"),
        ),
        label="Break-even drawdown, mine",
    ),
    Metric(
        name="break_even_drawdown_with_ai_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=(*_MINE, _AI),
        description="Fall of BTC that mine and AI together survive; at 1 or more any.",
        formula=f"1 - (365 x {_POWER} + {_FIXED} - {_AI}) / (365 x {_REVENUE})",
        source=f"{_SOURCE} row 5",
        compute=_drawdown_with_ai,
        guards=(_EARNS, not_negative(_FIXED)),
        applies_to=_MINERS,
        examples=(
            Example(_WITH_AI, 0.479, 3, _EXAMPLE),
            Example(_WITH_AI | {_AI: 200e6}, 1.006, 3, "survives a price of zero"),
            Example(_STILL, None, reason="no_mining"),
        ),
        label="Break-even drawdown",
        headline=True,
    ),
    Metric(
        name="break_even_drawdown_curtailed_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=("break_even_drawdown_with_ai_ratio", "fixed_cost_coverage_ratio"),
        description="The same fall if machines may stand still: none is deep enough once AI pays"
        " the fixed cost.",
        formula="break_even_drawdown_with_ai_ratio while fixed_cost_coverage_ratio is below 1",
        source=f"{_SOURCE} row 5",
        compute=_curtailed,
        guards=(Guard("fixed_cost_coverage_ratio", below(1.0), "covered"),),
        applies_to=_MINERS,
        examples=(
            Example(_WITH_AI, 0.479, 3, _EXAMPLE),
            Example(_COVERED, None, reason="covered"),
        ),
        label="Break-even drawdown, curtailing",
    ),
    Metric(
        name="break_even_btc_with_ai_usd",
        unit="USD/BTC",
        scope=Scope.COMPANY,
        inputs=("btc_usd", "break_even_drawdown_with_ai_ratio"),
        description="BTC price at which mine and AI together earn nothing; below 0: at none.",
        formula="btc_usd x (1 - break_even_drawdown_with_ai_ratio)",
        source=f"{_SOURCE} row 5",
        compute=_break_even_btc,
        applies_to=_MINERS,
        examples=(
            Example(_WITH_AI, 47_461, 0, _EXAMPLE),
            Example(_STILL | {"btc_usd": 91_132.0}, None, reason="no_mining"),
        ),
        label="Break-even BTC with AI",
    ),
)

_REVENUE_CHANGE = Metric(
    name=f"revenue_change_fall_{_REVENUE_FALL_PERCENT}_ratio",
    unit="ratio",
    scope=Scope.COMPANY,
    inputs=("ai_revenue_mix_ratio",),
    description=f"Change of AI and mining revenue together if BTC falls by {_REVENUE_FALL_PERCENT} %"
    " and difficulty stands still.",
    formula=f"-{_REVENUE_FALL_PERCENT / 100:g} x (1 - ai_revenue_mix_ratio)",
    source=f"{_SOURCE} row 1, as a shock",
    compute=_revenue_change,
    applies_to=_POWERED,
    examples=(
        Example(
            {"ai_revenue_usd": 10.1e6, "mining_revenue_usd": 102.1e6},
            -0.273,
            3,
            "HIVE, fiscal year 2025, article of July 2025",
        ),
        Example(
            {"ai_revenue_usd": 3.6e6, "mining_revenue_usd": 1_514 * 93_399.0},
            -0.293,
            3,
            "IREN, third quarter of fiscal 2025",
        ),
        Example({"ai_revenue_usd": 0, "mining_revenue_usd": 1e6}, -0.3, 3, "a pure miner"),
        Example({"ai_revenue_usd": 0, "mining_revenue_usd": 0}, None, reason="no_revenue"),
    ),
    label=f"Revenue, BTC -{_REVENUE_FALL_PERCENT} %",
)

METRICS: tuple[Metric, ...] = (
    _TODAY,
    *map(_result_after, _TABLE),
    *map(_coverage_after, _TABLE),
    *_DRAWDOWNS,
    _REVENUE_CHANGE,
)
