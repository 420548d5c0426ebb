"""Every worked number of the catalogue, as the documents print it."""

from __future__ import annotations

from typing import TypeAlias

import pytest

from monitor.metrics.base import Example, Metric
from tests.worlds import CATALOGUE

Case: TypeAlias = tuple[Metric, Example]

EXAMPLES: list[Case] = [(metric, example) for metric in CATALOGUE for example in metric.examples]
NAMES = [f"{metric.name}-{metric.examples.index(example)}" for metric, example in EXAMPLES]


@pytest.mark.parametrize(("metric", "example"), EXAMPLES, ids=NAMES)
def test_an_example_comes_out_as_printed(metric: Metric, example: Example) -> None:
    """To its last printed digit, or to no value for the reason it names."""
    found = CATALOGUE.evaluate(metric.name, example.given)
    if example.value is None:
        assert (found.value, found.reason) == (None, example.reason)
    else:
        assert found.value is not None, found.reason
        assert round(found.value, example.digits) == example.value


@pytest.mark.parametrize(("metric", "example"), EXAMPLES, ids=NAMES)
def test_an_example_says_where_it_comes_from(metric: Metric, example: Example) -> None:
    """A number names its source, an absence its reason."""
    assert example.source if example.value is not None else example.reason


@pytest.mark.parametrize(
    ("metric", "example"),
    [case for case in EXAMPLES if case[1].value is not None],
    ids=[name for name, case in zip(NAMES, EXAMPLES, strict=True) if case[1].value is not None],
)
def test_an_input_taken_away_is_missed(metric: Metric, example: Example) -> None:
    """Without one of its numbers a metric has no value, or says what it assumes instead."""
    whole = CATALOGUE.evaluate(metric.name, example.given)
    for name in set(whole.used) - {metric.name for metric in CATALOGUE}:
        rest = {given: value for given, value in example.given.items() if given != name}
        found = CATALOGUE.evaluate(metric.name, rest)
        if found.value is None:
            assert name in found.missing
        else:
            assert found.assumed.keys() > whole.assumed.keys()


@pytest.mark.parametrize(
    ("metric", "example"),
    [case for case in EXAMPLES if case[1].value is not None],
    ids=[name for name, case in zip(NAMES, EXAMPLES, strict=True) if case[1].value is not None],
)
def test_another_currency_changes_money_and_nothing_else(metric: Metric, example: Example) -> None:
    """With all money counted in quarter dollars, sums are four times as large, ratios the same."""
    before = CATALOGUE.evaluate(metric.name, example.given).value
    quarters = {
        name: value * (4 if "usd" in name.split("_") else 1)
        for name, value in example.given.items()
    }
    after = CATALOGUE.evaluate(metric.name, quarters).value
    assert before is not None
    assert after == pytest.approx(before * (4 if "USD" in metric.unit else 1), rel=1e-9)
