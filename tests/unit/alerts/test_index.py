"""The index never misses a rule, and costs two compares while nothing can fire."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from alerts.index import Edges, GapIndex

LEVELS = st.integers(-8, 8).map(float)
# Half steps, so that values lie on edges, between them and outside of all.
VALUES = st.integers(-20, 20).map(lambda n: n / 2)


@given(st.lists(st.tuples(LEVELS, st.integers(0, 5))), st.lists(VALUES, min_size=2))
def test_every_edge_met_or_passed_is_touched(
    edges: list[tuple[float, int]], path: list[float]
) -> None:
    """A move from one value to the next touches exactly the owners of edges on its way."""
    index = GapIndex(Edges(edges))
    index.touched(path[0])
    for before, value in itertools.pairwise(path):
        low, high = min(before, value), max(before, value)
        on_the_way = {owner for edge, owner in edges if low <= edge <= high}
        touched = list(index.touched(value))
        if before == value and not on_the_way:
            assert touched == []
        else:
            assert touched == sorted(on_the_way)


@given(st.lists(st.tuples(LEVELS, st.integers(0, 5))), VALUES)
def test_the_gap_holds_no_edge(edges: list[tuple[float, int]], value: float) -> None:
    """Between low and high there is no edge, and the value lies inside unless it is on one."""
    index = GapIndex(Edges(edges))
    index.touched(value)
    assert not [edge for edge, _ in edges if index.low < edge < index.high]
    on_an_edge = any(edge == value for edge, _ in edges)
    assert (index.low < value < index.high) is not on_an_edge


def test_the_first_value_touches_every_owner_once() -> None:
    """Before the first value nothing was ever judged, so everything must be."""
    index = GapIndex(Edges([(1.0, 0), (2.0, 0), (3.0, 1)]))
    assert list(index.touched(10.0)) == [0, 1]
    assert list(index.touched(11.0)) == []
