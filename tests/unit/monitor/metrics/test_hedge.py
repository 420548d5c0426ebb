"""AI beside the mine: what must hold beyond the worked numbers of the declarations."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.stress import DAYS_PER_YEAR, Mine, stress_table
from tests.worlds import CATALOGUE, value_of

revenues = st.floats(0, 1e10)
costs = st.floats(1, 1e10)


@given(revenues, revenues)
def test_a_mix_is_a_share(ai: float, mining: float) -> None:
    """Of revenues that are not negative the AI share lies in 0..1, and is that of no one else."""
    numbers = {"ai_revenue_usd": ai, "mining_revenue_usd": mining}
    found = CATALOGUE.evaluate("ai_revenue_mix_ratio", numbers)
    if ai + mining == 0:
        assert found.reason == "no_revenue"
        return
    assert found.value is not None
    assert 0 <= found.value <= 1
    other = value_of("ai_revenue_mix_ratio", {"ai_revenue_usd": mining, "mining_revenue_usd": ai})
    assert found.value + other == pytest.approx(1)
    change = value_of("revenue_change_fall_30_ratio", numbers)
    assert -0.3 <= change <= 0


@given(costs, costs)
def test_a_gross_profit_mix_is_a_share(ai: float, mining: float) -> None:
    """Where both earn it lies in 0..1; a loss on either side has no mix, and says on which."""
    numbers = {"ai_gross_profit_usd": ai, "mining_gross_profit_usd": mining}
    assert 0 < value_of("ai_gross_profit_mix_ratio", numbers) < 1 + 1e-12
    for name, reason in (
        ("ai_gross_profit_usd", "no_ai_gross_profit"),
        ("mining_gross_profit_usd", "no_mining_gross_profit"),
    ):
        found = CATALOGUE.evaluate("ai_gross_profit_mix_ratio", numbers | {name: -numbers[name]})
        assert (found.value, found.reason) == (None, reason)


mines = st.fixed_dictionaries(
    {
        "expected_mining_revenue_usd_day": costs,
        "power_cost_usd_day": costs,
        "mining_fixed_cost_usd_year": costs,
        "ai_gross_profit_usd_year": costs,
    }
)


@given(mines)
def test_metrics_and_stress_table_say_the_same(mine: dict[str, float]) -> None:
    """Results, coverages and drawdowns are those of `hashhedge stress`, reasons included."""
    table = stress_table(
        Mine(
            revenue_usd_year=mine["expected_mining_revenue_usd_day"] * DAYS_PER_YEAR,
            power_cost_usd_year=mine["power_cost_usd_day"] * DAYS_PER_YEAR,
            fixed_cost_usd_year=mine["mining_fixed_cost_usd_year"],
            ai_gross_profit_usd_year=mine["ai_gross_profit_usd_year"],
        )
    )
    assert value_of("mining_result_usd_year", mine) == table.base.rows[0].running_usd_year
    for percent, row in zip((20, 40, 50, 60), table.base.rows[1:], strict=True):
        result = value_of(f"mining_result_fall_{percent}_usd_year", mine)
        assert result == row.running_usd_year
        coverage = CATALOGUE.evaluate(f"stress_coverage_fall_{percent}_ratio", mine)
        assert (coverage.value, coverage.reason) == (row.coverage.value, row.coverage.reason)
    for name, answer in (
        ("break_even_drawdown_mining_ratio", table.base.mining_alone),
        ("break_even_drawdown_with_ai_ratio", table.base.with_ai),
        ("break_even_drawdown_curtailed_ratio", table.base.curtailed),
    ):
        found = CATALOGUE.evaluate(name, mine)
        assert (found.value, found.reason) == (answer.value, answer.reason)


@given(mines, st.floats(1.01, 10))
def test_the_drawdown_deepens_with_ai_and_shrinks_with_cost(
    mine: dict[str, float], factor: float
) -> None:
    """More AI profit or mining revenue is survived deeper, more cost less deep."""

    def drawdown(**more: float) -> float:
        return value_of("break_even_drawdown_with_ai_ratio", mine | more)

    scale = max(1.0, abs(drawdown())) * 1e-12
    more = {name: value * factor for name, value in mine.items()}
    ai, fixed, power = (
        "ai_gross_profit_usd_year",
        "mining_fixed_cost_usd_year",
        "power_cost_usd_day",
    )
    assert drawdown(**{ai: more[ai]}) >= drawdown() - scale
    assert drawdown(**{fixed: more[fixed]}) <= drawdown() + scale
    assert drawdown(**{power: more[power]}) <= drawdown() + scale
