"""What an alert's state says where its condition does not hold: never that it does."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from alerts.model import AlertState, Transition
from alerts.rules.absence import AbsenceRule
from alerts.rules.base import Rule
from alerts.rules.change import ChangeRule
from alerts.rules.expression import ExpressionRule
from alerts.rules.threshold import ThresholdRule
from alerts.rules.written import rule_of
from tests.desks import HOUR, MINUTE, Room
from tests.worlds import NOON

OWN = "{target} broke out: {value}."
LEVEL: dict[str, Any] = {"type": "threshold", "id": "r", "on": "X", "above": 10.0}
WHEN: dict[str, Any] = {"type": "expression", "id": "r", "on": "X", "when": "value > 10.0"}
KINDS: dict[str, type[Rule]] = {
    "threshold": ThresholdRule,
    "expression": ExpressionRule,
    "absence": AbsenceRule,
    "change": ChangeRule,
}


def room(**fields: Any) -> Room:
    """Return a room with one rule on X, which stands at 1."""
    made = Room([rule_of(fields, KINDS[fields["type"]])])
    made.price(NOON, 1)
    return made


def last(of: Room, state: AlertState) -> Transition:
    """Return the last change, which is to this state."""
    item = of.all[-1]
    assert item.to_state is state
    return item


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (LEVEL, "X is 5, back past 10."),
        (LEVEL | {"summary": OWN}, "X is 5, back past 10."),
        (WHEN, "X is 5, and it does not hold that value > 10.0."),
    ],
)
def test_a_wait_that_was_given_up_says_that_the_condition_is_over(
    rule: dict[str, Any], said: str
) -> None:
    """It waited for a minute, and was back after half of it."""
    at = room(**rule, **{"for": "1m"})
    at.price(NOON + MINUTE, 11)
    at.price(NOON + MINUTE + 30_000, 5)
    assert last(at, AlertState.INACTIVE).summary == said


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (LEVEL | {"summary": OWN}, "X is 5, back past 10."),
        (WHEN, "X is 5, and it does not hold that value > 10.0."),
    ],
)
def test_what_is_about_to_end_says_so(rule: dict[str, Any], said: str) -> None:
    """It fired, and keeps firing for a minute after the value is back."""
    at = room(**rule, keep_firing_for="1m")
    at.price(NOON + MINUTE, 11)
    at.price(NOON + 2 * MINUTE, 5)
    assert last(at, AlertState.RECOVERING).summary == said
    at.pass_to(NOON + HOUR)
    assert last(at, AlertState.RESOLVED).summary == f"Resolved: {said}"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (LEVEL | {"summary": OWN}, "X is known again: 5."),
        (WHEN, "X can be judged again; it is 5."),
        ({"type": "absence", "id": "r", "on": "X", "for": "1h"}, "X is known again: 5."),
    ],
)
def test_a_value_that_is_back_where_nothing_holds_is_known_again(
    rule: dict[str, Any], said: str
) -> None:
    """It was unknown for a while, and is harmless."""
    asks = {} if rule["type"] == "absence" else {"no_data": "alert", "no_data_after": "1h"}
    at = room(**rule, **asks)
    at.price(NOON + 1, 1, fresh_ms=MINUTE)
    at.pass_to(NOON + 2 * MINUTE)
    at.price(NOON + 3 * MINUTE, 5)
    assert last(at, AlertState.INACTIVE).summary == said


def test_a_summary_of_an_expression_may_name_its_inputs() -> None:
    """Both numbers stand in the sentence; a name that is no input is refused as ever."""
    rule = WHEN | {"inputs": {"other": "Y"}, "when": "value > 10 AND other < 3"}
    at = Room([rule_of(rule | {"summary": "{target} {value}, beside {other}."}, ExpressionRule)])
    at.price(NOON, 1)
    at.price(NOON, 2, "Y")
    at.price(NOON + MINUTE, 11)
    assert last(at, AlertState.FIRING).summary == "X 11, beside 2."
    with pytest.raises(msgspec.ValidationError, match=r"names \{othr\}; known are .*\{other\}"):
        rule_of(rule | {"summary": "beside {othr}"}, ExpressionRule)
    with pytest.raises(msgspec.ValidationError, match=r"names \{other\}"):
        rule_of(LEVEL | {"summary": "beside {other}"}, ThresholdRule)


def test_back_within_either_side_of_zero_names_both() -> None:
    """It rose far, and then fell a little: of one level it would name the wrong one."""
    levels = {"over": "1m", "measure": "points", "beyond": 4.0, "recover": 2.0}
    at = room(type="change", id="r", on="X", **levels)
    at.price(NOON + MINUTE, 21)
    assert last(at, AlertState.FIRING).value == 20
    at.price(NOON + 2 * MINUTE, 20)
    end = last(at, AlertState.RESOLVED)
    assert end.summary == "Resolved: X change over 1m is -1, back within -2 and 2."
