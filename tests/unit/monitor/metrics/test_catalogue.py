"""The metric graph: order, dependents, refusals, and one value with its reasons."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from monitor.metrics import breakevens, costs, hedge, mining, network, production
from monitor.metrics.base import Floats, Guard, Input, Metric, Scope, above
from monitor.metrics.catalogue import Catalogue

CATALOGUE = Catalogue(
    metric
    for family in (network, mining, costs, breakevens, production, hedge)
    for metric in family.METRICS
)


def a_metric(
    name: str,
    *inputs: Input | str,
    scope: Scope = Scope.COMPANY,
    compute: Callable[..., Floats] = np.add,
    guards: tuple[Guard, ...] = (),
    same_period: bool = False,
) -> Metric:
    """Return a small metric for graph tests."""
    return Metric(
        same_period=same_period,
        name=name,
        unit="",
        scope=scope,
        inputs=inputs,
        description="",
        formula="",
        source="",
        compute=compute,
        guards=guards,
    )


def test_each_metric_comes_after_its_inputs() -> None:
    """The order lets one pass compute everything."""
    seen = set(CATALOGUE.leaves)
    for metric in CATALOGUE:
        assert {item.name for item in metric.arguments} <= seen
        seen.add(metric.name)


def test_leaves_are_market_inputs_and_company_facts() -> None:
    """What is no metric comes from the market or from a company's file."""
    assert {"btc_usd", "difficulty", "height", "fees_btc_per_block"} <= set(CATALOGUE.leaves)
    assert not set(CATALOGUE.leaves) & {metric.name for metric in CATALOGUE}


def test_leaves_of_one_metric() -> None:
    """`explain` can name all that a metric rests on."""
    assert CATALOGUE.leaves_of("hashprice_usd_ph_day") == (
        "btc_usd",
        "difficulty",
        "fees_btc_per_block",
        "height",
    )


def test_dependents_of_the_price() -> None:
    """A new BTC price reaches the margin but neither hashcost nor the network's BTC hashprice."""
    names = [metric.name for metric in CATALOGUE.dependents("btc_usd")]
    assert names.index("hashprice_usd_ph_day") < names.index("mining_margin_usd_ph_day")
    assert "mining_margin_ratio" in names
    assert "power_hashcost_usd_ph_day" not in names
    assert "hashprice_btc_ph_day" not in names
    assert "break_even_btc_usd" not in names


def test_dependents_of_a_metric_and_of_nothing() -> None:
    """A metric has dependents too; an unknown name has none."""
    names = [metric.name for metric in CATALOGUE.dependents("power_hashcost_usd_ph_day")]
    assert "break_even_btc_usd" in names
    assert CATALOGUE.dependents("nothing") == ()


def test_order_does_not_depend_on_how_the_metrics_come() -> None:
    """Every order of declaration gives a valid order of computing."""
    backwards = Catalogue(reversed(CATALOGUE.metrics))
    assert {m.name for m in backwards} == {m.name for m in CATALOGUE}
    seen = set(backwards.leaves)
    for metric in backwards:
        assert {item.name for item in metric.arguments} <= seen
        seen.add(metric.name)


@pytest.mark.parametrize(
    ("metrics", "message"),
    [
        ((a_metric("a", "x"), a_metric("a", "y")), "declared twice: a"),
        ((a_metric("a", "b"), a_metric("b", "a")), "in a circle: .*a.*b"),
        ((a_metric("a", "a"),), "in a circle"),
        (
            (a_metric("a", "x", "y"), a_metric("b", "x", "a", same_period=True)),
            "b is of one period and rests on a",
        ),
        (
            (
                a_metric("a", "x", "y", same_period=True),
                a_metric("b", "z", "a", same_period=True),
            ),
            "b is of one period and rests on a",
        ),
        (
            (a_metric("a", "x", guards=(Guard("y", above(0), "none"),)),),
            "metric a: the guard on 'y'",
        ),
        (
            (a_metric("a", "x"), a_metric("b", "a", scope=Scope.NETWORK)),
            "network metric b reads company metric a",
        ),
    ],
)
def test_broken_declarations_are_refused(metrics: tuple[Metric, ...], message: str) -> None:
    """A graph that cannot be computed is refused at start, by name."""
    with pytest.raises(ValueError, match=message):
        Catalogue(metrics)


def test_unknown_metric_names_the_nearest() -> None:
    """A mistyped metric is refused with the nearest names."""
    with pytest.raises(KeyError, match=r"unknown metric 'hashprise_usd'; nearest: hashprice_usd"):
        CATALOGUE.evaluate("hashprise_usd", {})


def test_evaluation_lists_all_that_is_missing() -> None:
    """With nothing given every required input is named, defaults are not."""
    evaluation = CATALOGUE.evaluate("mining_margin_ratio", {})
    assert evaluation.value is None
    assert evaluation.reason.startswith("missing:")
    assert set(evaluation.missing) == {
        "btc_usd",
        "difficulty",
        "efficiency_j_th",
        "fees_btc_per_block",
        "height",
        "power_price_usd_kwh",
    }


def test_given_value_takes_the_place_of_a_derived_one() -> None:
    """A given hashprice needs no network, even if that is given too."""
    numbers = {"hashprice_usd_ph_day": 50.0, "difficulty": 1.0, "pool_fee_ratio": 0.1}
    evaluation = CATALOGUE.evaluate("net_hashprice_usd_ph_day", numbers)
    assert evaluation.value == 45.0
    assert evaluation.unit == "USD/PH/day"
    assert evaluation.used == {"hashprice_usd_ph_day": 50.0, "pool_fee_ratio": 0.1}
    assert evaluation.assumed == {}
    assert evaluation.missing == ()


def test_evaluation_shows_inputs_and_assumptions() -> None:
    """`explain` can print the formula's direct inputs, the assumed ones with their words."""
    numbers = {"efficiency_j_th": 20.0, "power_price_usd_kwh": 0.06, "btc_usd": 1.0}
    evaluation = CATALOGUE.evaluate("power_hashcost_usd_ph_day", numbers)
    assert evaluation.value == pytest.approx(28.8)
    assert evaluation.inputs["efficiency_j_th"] == 20.0
    assert evaluation.inputs["site_overhead_ratio"] == 1.0
    assert evaluation.assumed["site_overhead_ratio"].words == "efficiency is metered at the wall"
    assert "btc_usd" not in evaluation.used


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_a_given_number_that_is_not_finite_gives_no_value(bad: float) -> None:
    """NaN and infinity never leave as a value."""
    numbers = {"hashprice_usd_ph_day": bad}
    evaluation = CATALOGUE.evaluate("net_hashprice_usd_ph_day", numbers)
    assert evaluation.value is None
    assert evaluation.reason in {"missing:hashprice_usd_ph_day", "not_finite"}
    assert "hashprice_usd_ph_day" in evaluation.missing


def test_a_value_carries_the_words_of_its_remarks() -> None:
    """A margin above 1 stands and says why; one that rests on it says so too."""
    paid = {"hashprice_usd_ph_day": 50.0, "efficiency_j_th": 20.0, "power_price_usd_kwh": -0.01}
    found = CATALOGUE.evaluate("mining_margin_ratio", paid)
    assert found.value is not None
    assert found.value > 1
    assert found.remarks == ("always_profitable",)
    assert (
        CATALOGUE.evaluate("mining_margin_ratio", paid | {"power_price_usd_kwh": 0.01}).remarks
        == ()
    )


def test_realisation_above_what_was_expected_is_flagged() -> None:
    """More coins than the machines can have made point at a wrong figure (rows B05)."""
    inputs = {
        "btc_produced": 1_530.0,
        "mean_hashprice_btc_ph_day": 0.0005,
        "hashrate_average_operating_eh_s": 30.0,
        "period_days": 100.0,
    }
    above_all = CATALOGUE.evaluate("realisation_ratio", inputs).remarks
    assert above_all[0] == "above_expected"
    inputs["period_days"] = 100.0 * 1_600 / 1_500
    assert CATALOGUE.evaluate("realisation_ratio", inputs).remarks == ()
    inputs["period_days"] = 200.0
    assert CATALOGUE.evaluate("realisation_ratio", inputs).remarks == (
        "outside 95 to 102 %: look at the figures",
    )
