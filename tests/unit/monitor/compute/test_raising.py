"""A metric or a rule that raises: it has no value or is in error, and all others go on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from alerts.model import AlertState
from alerts.rules.threshold import ThresholdRule
from monitor.cli.rule_faults import faults
from monitor.compute.counts import count_faults
from monitor.compute.step import Step
from monitor.domain.events import Quality
from monitor.metrics.catalogue import Catalogue
from tests.worlds import CATALOGUE, NOON, OpenCalendar, firms, network, quote, threshold, tick

PRICES = (99_900.0, 100_100.0, 100_200.0, 99_000.0)


class Told:
    """What is counted of faults."""

    def __init__(self) -> None:
        self.metrics: Counter[str] = Counter()
        self.rules = 0

    def recompute_failed(self, metric: str, times: int = 1) -> None:
        """Count."""
        self.metrics[metric] += times

    def rule_failed(self, times: int = 1) -> None:
        """Count."""
        self.rules += times


def played(step: Step, prices: Sequence[float] = PRICES) -> list[tuple[str, AlertState]]:
    """Return what becomes of the alerts on a few prices."""
    found = list[tuple[str, AlertState]]()
    for price in prices:
        at = NOON + PRICES.index(price) * 1_000
        step.process(tick(at, *network(NOON), quote("BTC-USD", price, at)))
        found += [(it.rule, it.to_state) for it in step.take().transitions]
    return found


def raises(*_: Any, **__: Any) -> Any:
    """Fail as a plug-in's arithmetic may."""
    raise OverflowError("math range error")


def test_a_metric_that_raises_has_no_value_and_stops_no_other() -> None:
    """Its own rules lack their input, by name; a price's rule rings, and the fault is counted."""
    name = "hashprice_usd_ph_day"
    broken = [replace(it, compute=raises) if it.name == name else it for it in CATALOGUE]
    rules = [
        threshold(id="up", on="BTC-USD", above=100_000.0),
        threshold(id="rich", on=name, above=1.0),
        threshold(id="fees", on="fee_share_ratio", above=0.9),
    ]
    step = Step(firms(), Catalogue(broken), rules, OpenCalendar())
    assert [it for it in played(step) if it[0] == "up"] == [
        ("up", AlertState.FIRING),
        ("up", AlertState.RESOLVED),
    ]
    reading = step.reading(name, None)
    assert (reading.value, reading.quality, reading.reason) == (
        None,
        Quality.MISSING,
        "metric_failed",
    )
    assert step.reading("fee_share_ratio", None).value is not None
    told = Told()
    count_faults(told, step)
    assert told.metrics[name] >= len(PRICES)
    assert told.rules == 0


def test_a_rule_that_raises_is_in_error_until_it_works(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another rule on the same price rings meanwhile; then it is judged by the next price."""
    rules = [
        threshold(id="bad", on="BTC-USD", above=100_000.0),
        threshold(id="up", on="BTC-USD", above=100_000.0),
    ]
    step = Step(firms(), CATALOGUE, rules, OpenCalendar())
    judge = ThresholdRule.judge

    def moody(self: ThresholdRule, value: float, state: AlertState) -> Any:
        if self.id == "bad" and value == PRICES[1]:
            raise OverflowError("math range error")
        return judge(self, value, state)

    monkeypatch.setattr(ThresholdRule, "judge", moody)
    found = played(step, PRICES[:2])
    (failing,) = faults(step)
    assert (failing["rule"], failing["reason"]) == ("bad", "OverflowError: math range error")
    found += played(step, PRICES[2:])
    assert faults(step) == []
    assert [it for it in found if it[0] == "up"] == [
        ("up", AlertState.FIRING),
        ("up", AlertState.RESOLVED),
    ]
    assert [state for rule, state in found if rule == "bad"] == [
        AlertState.ERROR,
        AlertState.FIRING,
        AlertState.RESOLVED,
    ]
    assert step.watch.verdicts.faults.why == {}
    told = Told()
    count_faults(told, step)
    count_faults(told, step)
    assert told.rules == 1
