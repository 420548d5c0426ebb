"""Extremes since several beginnings."""

from __future__ import annotations

from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from alerts.desk.extremes import Extremes

VALUES = st.integers(-5, 5).map(float)


@given(st.lists(VALUES | st.none() | st.integers(0, 5), max_size=40))
def test_it_knows_the_extremes_since_each_beginning(moves: list[float | int | None]) -> None:
    """Equal to looking at every value; never longer than there are beginnings (None begins one).

    A whole number ends the beginning at that place: the others lose nothing by it.
    """
    record, seen = Extremes(), list[tuple[int, float]]()
    for at, move in zip(count(), moves, strict=False):
        if move is None:
            record = record.begun(at)
        elif isinstance(move, float):
            record = record.seen(at, move)
            seen.append((at, move))
        else:
            record = record.kept([s for place, s in enumerate(record.starts) if place != move])
        for start in record.starts:
            since = [value for when, value in seen if when >= start]
            expected = (min(since), max(since)) if since else (None, None)
            assert record.since(start) == expected
        assert max(len(record.lows), len(record.highs)) <= len(record.starts)


def test_a_value_that_is_no_extreme_changes_nothing() -> None:
    """No cell is written for it."""
    record = Extremes().begun(1).seen(1, 5.0).seen(2, 1.0)
    assert record.seen(3, 3.0) is record
    assert record.seen(4, 1.0) is record
