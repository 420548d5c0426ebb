"""What judging costs is counted by type, of the rules that are judged and of no other."""

from __future__ import annotations

from itertools import count

from alerts.costs import Cost, Costs
from alerts.rules.expression import ExpressionRule
from alerts.rules.written import rule_of
from tests.worlds import threshold

BOTH = rule_of({"type": "expression", "id": "both", "on": "X", "when": "value > 1"}, ExpressionRule)


def test_evaluations_and_time_are_summed_by_type() -> None:
    """The time between the two calls, by a stopwatch that goes 7 ns a look."""
    ticks = count(0, 7)
    costs = Costs(lambda: next(ticks))
    for rule in (threshold(on="X", above=1.0), threshold(on="Y", above=1.0), BOTH):
        costs.end(rule, costs.begin())
    assert costs.evaluations == 3
    assert costs.take() == {"threshold": Cost(2, 14), "expression": Cost(1, 7)}


def test_what_was_taken_is_not_told_again() -> None:
    """Each batch tells its own; without a stopwatch there are counts and no times."""
    costs = Costs(lambda: 0)
    costs.end(BOTH, costs.begin())
    assert costs.take() == {"expression": Cost(1, 0)}
    assert costs.take() == {}
    assert costs.evaluations == 1
