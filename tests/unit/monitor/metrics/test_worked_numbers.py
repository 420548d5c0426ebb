"""What holds for every metric of the network and of a mine: worked numbers, nulls, no infinity."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.metrics import (
    breakevens,
    costs,
    curtailment,
    epoch,
    forward,
    luck,
    mining,
    network,
    production,
)
from monitor.metrics.base import Example, Metric, Scope
from tests.calculating import reason_of, value_of
from tests.worlds import CATALOGUE

FAMILIES = (network, epoch, forward, mining, costs, breakevens, curtailment, production, luck)
METRICS: list[Metric] = [metric for family in FAMILIES for metric in family.METRICS]
EXAMPLES = [(metric, example) for metric in METRICS for example in metric.examples]
WORKED = [(metric, example) for metric, example in EXAMPLES if example.value is not None]


def title(item: object) -> str:
    """Return the words that name a case in pytest's output."""
    return item.name if isinstance(item, Metric) else str(getattr(item, "value", item))


@pytest.mark.parametrize(("metric", "example"), EXAMPLES, ids=title)
def test_each_example_comes_out(metric: Metric, example: Example) -> None:
    """A worked number comes out to its last printed digit, a null with its reason."""
    if example.value is None:
        assert reason_of(metric.name, example.given) == example.reason != ""
    else:
        assert round(value_of(metric.name, example.given), example.digits) == example.value


@pytest.mark.parametrize("metric", METRICS, ids=title)
def test_each_metric_has_a_worked_number(metric: Metric) -> None:
    """Every metric shows at least one number that names where it is from."""
    assert [it for it in metric.examples if it.value is not None]
    assert all(it.source for it in metric.examples if it.value is not None)


@pytest.mark.parametrize(("metric", "example"), WORKED, ids=title)
def test_an_unknown_input_is_never_zero(metric: Metric, example: Example) -> None:
    """0, null rule: without an input the result is null or says what it assumes."""
    whole = CATALOGUE.evaluate(metric.name, example.given)
    for name in whole.used:
        rest = {key: value for key, value in example.given.items() if key != name}
        found = CATALOGUE.evaluate(metric.name, rest)
        if found.value is None:
            assert found.reason.startswith("missing:"), name
        else:
            assumed = found.assumed.keys() - whole.assumed.keys()
            assert assumed or found.value == whole.value, name


ODD = st.sampled_from([0.0, -1.0, 1e-300, 0.004, 0.5, 1.0, 3.0, 144.0, 931_995.0, 1e15, 1e300])


@given(st.fixed_dictionaries(dict.fromkeys(CATALOGUE.leaves, ODD)))
def test_whatever_comes_in_no_infinity_comes_out(numbers: dict[str, float]) -> None:
    """0, division: a finite number, or a null with a named reason."""
    for metric in METRICS:
        found = CATALOGUE.evaluate(metric.name, numbers)
        if found.value is None:
            assert found.reason
        else:
            assert math.isfinite(found.value)
            assert not found.reason


def test_a_mine_is_a_miners() -> None:
    """Company metrics of a mine are absent for other types, not 0."""
    for metric in METRICS:
        if metric.scope is Scope.COMPANY and metric.name != "btc_treasury_usd":
            assert {kind.value for kind in metric.applies_to} == {"miner"}
