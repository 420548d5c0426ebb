"""Numbers of a channel: a gap, a repeat and a late one are told apart, in any order of arrival."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.sequence import LATE_MS, MAX_HOLES, MAX_LEAP, Numbering, Place, Trail

NOW = 1_768_229_760_000
NEXT, GAP, DUPLICATE, LATE = Place.NEXT, Place.GAP, Place.DUPLICATE, Place.OUT_OF_ORDER


def follow(
    numbers: Iterable[int], numbering: Numbering = Numbering.CONSECUTIVE, step_ms: int = 1
) -> tuple[Trail, list[Place]]:
    """Return the trail after `numbers`, one each `step_ms`, and the place of each."""
    trail, places = Trail(numbering), []
    for at, number in enumerate(numbers):
        trail, place = trail.take(number, NOW + at * step_ms)
        places.append(place)
    return trail, places


def test_the_case_of_the_book() -> None:
    """1, 3, 2, 2, 9: one out of order, one duplicate, one gap of 5 (A23)."""
    trail, places = follow([1, 3, 2, 2, 9])
    assert places == [NEXT, GAP, LATE, DUPLICATE, GAP]
    assert (trail.gaps, trail.missed) == (1, 5)


def test_what_is_missing_for_too_long_is_lost() -> None:
    """A gap is given up after a while; who comes later is late, and the gap stays counted."""
    trail, _ = follow([1, 4])
    assert trail.settled(NOW + LATE_MS).lost_gaps == 0
    trail = trail.settled(NOW + 1 + LATE_MS)
    assert (trail.lost_gaps, trail.lost_messages, trail.open) == (1, 2, ())
    trail, place = trail.take(3, NOW + 10_000)
    assert place is LATE
    trail, place = trail.take(3, NOW + 10_000)
    assert place is DUPLICATE
    assert (trail.gaps, trail.missed) == (1, 2)


def test_a_rising_numbering_has_no_gaps() -> None:
    """Ids shared by many markets leap; a repeat and a late one are still seen."""
    trail, places = follow([10, 17, 12, 17, 40], Numbering.RISING)
    assert places == [NEXT, NEXT, LATE, DUPLICATE, NEXT]
    assert (trail.gaps, trail.missed) == (0, 0)


def test_the_first_of_a_connection_may_be_the_last_of_the_one_before() -> None:
    """A venue repeats its last trade to whoever subscribes; what was lost between is a gap."""
    trail, _ = follow([5, 6])
    trail, place = trail.connected().take(6, NOW)
    assert place is NEXT
    trail, place = trail.take(6, NOW)
    assert place is DUPLICATE
    trail, place = trail.connected().take(9, NOW)
    assert (place, trail.missed) == (GAP, 2)


def test_a_numbering_of_one_connection_begins_anew() -> None:
    """The first number of a connection follows nothing, and open gaps of the last are lost."""
    trail, _ = follow([1, 2, 5], Numbering.PER_CONNECTION)
    trail = trail.connected()
    assert (trail.lost_gaps, trail.lost_messages) == (1, 2)
    trail, place = trail.take(1, NOW)
    assert (place, trail.gaps) == (NEXT, 1)


@pytest.mark.parametrize("far", [MAX_LEAP + 2, -MAX_LEAP - 2])
def test_a_leap_beyond_reason_is_a_new_numbering(far: int) -> None:
    """Nobody lost a million trades in a moment: the venue numbers anew, and nothing is counted."""
    trail, places = follow([5_000_000, 5_000_000 + far, 5_000_001 + far])
    assert places == [NEXT, NEXT, NEXT]
    assert (trail.gaps, trail.missed) == (0, 0)


def test_memory_is_bounded() -> None:
    """However often numbers leap, only so many holes are kept, and each gap counts once."""
    trail, _ = follow(range(0, 20_000, 3))
    assert len(trail.open) == len(trail.lost) == MAX_HOLES
    assert trail.gaps == 6_666
    assert trail.missed == 2 * 6_666


@given(
    st.lists(st.integers(min_value=0, max_value=60), min_size=1, max_size=60),
    st.integers(min_value=0, max_value=2_000),
)
def test_every_number_has_one_place(numbers: list[int], step_ms: int) -> None:
    """First arrivals are next, gap or late and repeats are duplicates, whatever the order."""
    trail, places = follow(numbers, step_ms=step_ms)
    seen = set[int]()
    highest = -1
    for number, place in zip(numbers, places, strict=True):
        if number in seen:
            assert place is DUPLICATE
        elif number > highest:
            assert place in {NEXT, GAP}
        else:
            assert place is LATE
        seen.add(number)
        highest = max(highest, number)
    assert trail.highest == highest
    assert trail.missed >= 0


@given(st.integers(min_value=0, max_value=2**32))
def test_a_shuffle_in_time_loses_nothing(seed: int) -> None:
    """Whatever arrives within the patience leaves no gap, in any order after the first."""
    numbers = list(range(30))
    rest = numbers[1:]
    random.Random(seed).shuffle(rest)
    trail, places = follow([0, *rest])
    assert (trail.gaps, trail.missed) == (0, 0)
    assert DUPLICATE not in places
