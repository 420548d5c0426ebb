"""The bench of the metric layer measures a tick that computes what depends on it and no more."""

from __future__ import annotations

from monitor.compute.plan import Plan
from tests.bench.metrics import book_cost, computed_by_a_tick, invented_table, metric_cost
from tests.worlds import CATALOGUE


def test_a_tick_computes_only_what_depends_on_the_price() -> None:
    """Each column made anew is one that the plan names; costs are counted for real companies too."""
    dependent = {metric.name for metric in Plan(CATALOGUE).affected(["btc_usd"])}
    for cost in (book_cost(1), metric_cost(30, 1)):
        assert 0 < cost.computed <= cost.touched == len(dependent) < cost.metrics
        assert cost.tick_us > 0


def test_a_metric_off_the_road_keeps_its_column() -> None:
    """The share of AI in revenue rests on no price: not computed again."""
    found = computed_by_a_tick(invented_table(5, None))
    assert "mining_margin_ratio" in found
    assert "ai_total_revenue_mix_ratio" not in found
