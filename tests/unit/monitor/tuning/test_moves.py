"""Moves of a price, and whether an alert came before them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.errors import ConfigError
from monitor.tuning.moves import Aim, Course
from monitor.tuning.sweep import parsed, variants
from tests.worlds import threshold

MINUTE = 60_000
FIVE = Aim(0.05, 10 * MINUTE)


def course(prices: Sequence[float]) -> Course:
    """Return a price a minute."""
    made = Course()
    for place, price in enumerate(prices):
        made.take(place * MINUTE, price)
    return made


def test_a_move_begins_at_the_last_extreme() -> None:
    """From 102 to 96 is 5.9 %, and it goes on to 90; the way back is another one."""
    found = list(course([100, 102, 99, 96, 90, 90, 95]).moves(FIVE))
    assert [(it.begin // MINUTE, it.at // MINUTE) for it in found] == [(1, 3), (3, 4), (4, 6)]
    assert found[0].size == pytest.approx(90 / 102 - 1)


def test_only_the_wanted_side_counts() -> None:
    """A fall is no rise."""
    prices = course([100, 94, 100])
    assert len(list(prices.moves(Aim(0.05, 10 * MINUTE, up=False)))) == 1
    assert [it.size > 0 for it in prices.moves(Aim(0.05, 10 * MINUTE, down=False))] == [True]


def test_a_slow_drift_is_no_move() -> None:
    """5 % in eleven minutes are not within ten."""
    assert list(course([100 - 0.45 * it for it in range(12)]).moves(FIVE)) == []


def test_the_lead_is_the_time_to_the_move() -> None:
    """From the price at the alert, not from an earlier extreme."""
    prices = course([100, 97, 96, 95.5, 92])
    assert prices.lead(MINUTE, FIVE) == 3 * MINUTE
    assert prices.lead(4 * MINUTE, FIVE) is None
    assert course([]).lead(0, FIVE) is None


@given(st.lists(st.floats(min_value=1, max_value=1000), min_size=1, max_size=60))
def test_moves_do_not_overlap_and_are_moves(prices: list[float]) -> None:
    """Each is as far and as quick as it must be, and begins where the one before was over."""
    made = course(prices)
    last = -1
    for move in made.moves(FIVE):
        assert last <= move.begin < move.at <= move.begin + FIVE.within_ms
        base, there = made.price_at(move.begin), made.price_at(move.at)
        assert base is not None
        assert there is not None
        assert FIVE.reached(there, base)
        assert abs(move.size) >= abs(there / base - 1) - 1e-12
        last = move.at


def test_a_sweep_keeps_the_distance_of_the_recovery_level() -> None:
    """So that each level is as calm as the one that was written."""
    rules = [threshold(below=60_000, recover=61_000)]
    rule, field, levels = parsed("level=50000..52000x3", rules)
    assert levels == [50_000, 51_000, 52_000]
    made = variants(rule, field, levels)
    assert [it.edges() for it in made] == [(50_000, 51_000), (51_000, 52_000), (52_000, 53_000)]
    assert len({it.id for it in made}) == 3


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("below", "no sweep"),
        ("belw=1,2", "no level `belw`"),
        ("other.below=1", "no rule `other`"),
        ("below=1,x", "no list of levels"),
        ("below=1..2x1", "no list of levels"),
        ("below=1..2x999", "no list of levels"),
    ],
)
def test_what_is_no_sweep_is_refused(text: str, word: str) -> None:
    """With how to write it."""
    with pytest.raises(ConfigError, match=word):
        parsed(text, [threshold(below=60_000)])
