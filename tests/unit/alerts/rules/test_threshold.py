"""The threshold's semantics, word for word from the definitions."""

from __future__ import annotations

import gc

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.model import AlertState
from alerts.rules.threshold import ThresholdRule
from alerts.rules.written import rule_of


def rule(**fields: object) -> ThresholdRule:
    """Make a rule as the rulebook would."""
    return rule_of({"type": "threshold", "id": "r", "on": "BTC-USD"} | fields, ThresholdRule)


@pytest.mark.parametrize(
    ("value", "state", "breached"),
    [
        (80.0, AlertState.INACTIVE, False),
        (80.5, AlertState.INACTIVE, True),
        (80.0, AlertState.FIRING, True),
        (75.0, AlertState.FIRING, True),
        (74.9, AlertState.FIRING, False),
        (80.0, AlertState.PENDING, True),
        (79.9, AlertState.PENDING, False),
    ],
)
def test_above(value: float, state: AlertState, breached: bool) -> None:
    """On at x > 80, off at x < 75, equality changes nothing (domain.md 8, threshold)."""
    assert rule(above=80.0, recover=75.0).judge(value, state).breached is breached


@given(
    st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(0, 1e5), st.sampled_from(list(AlertState))
)
def test_below_is_the_mirror_of_above(
    value: float, level: float, band: float, state: AlertState
) -> None:
    """Below T with recovery R judges x as above -T with -R judges -x."""
    over = rule(above=level, recover=level - band).judge(value, state)
    under = rule(below=-level, recover=-(level - band)).judge(-value, state)
    assert over.breached == under.breached
    assert over.bound == -under.bound


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "exactly one of `above`, `below` and `beyond`"),
        ({"above": 1.0, "below": 0.0}, "exactly one of `above`, `below` and `beyond`"),
        ({"above": 1.0, "recover": 2.0}, "`recover` 2.0 must not be over `above` 1.0"),
        ({"below": 1.0, "recover": 0.5}, "`recover` 0.5 must not be under `below` 1.0"),
        ({"above": 1.0, "for": "5 minutes"}, "write 90s, 5m, 1h30m"),
        ({"above": 1.0, "for": "367d"}, "longer than 366d"),
        ({"above": 1.0, "summary": "{compny} falls"}, "known are {bound}"),
        ({"above": 1.0, "id": "Bad/Id"}, "matching regex"),
    ],
)
def test_a_rule_that_cannot_work_is_refused(fields: dict[str, object], words: str) -> None:
    """Each mistake is named in words that say what to write."""
    with pytest.raises(msgspec.ValidationError, match=words.replace("{", r"\{")):
        rule(**fields)


def test_the_version_follows_what_decides_and_nothing_else() -> None:
    """A new text or severity keeps an alert's identity; a new level does not."""
    base = rule(above=80.0)
    assert rule(above=80.0, summary="other", severity="critical").version == base.version
    assert rule(above=81.0).version != base.version
    assert rule(above=80.0, **{"for": "1m"}).version != base.version


def test_rules_by_the_million_stay_small() -> None:
    """Rules on one input share its name, and the collector need not look at any of them."""
    first, second = (rule(id=name, on="I" + str(17), above=1.0) for name in ("a", "b"))
    assert first.on is second.on
    assert not gc.is_tracked(first)
