"""The index never misses a rule, and costs two compares while nothing can fire."""

from __future__ import annotations

import itertools
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.index import Edges, GapIndex, MovingEdges

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


SPARE = 64
"""How many moving edges that were left behind may lie beside a few that hold."""
PAIRS = st.tuples(st.just(-inf) | LEVELS, st.just(inf) | LEVELS).map(lambda it: (min(it), max(it)))
MOVES = st.lists(st.tuples(st.integers(0, 3), st.none() | PAIRS) | VALUES, max_size=300)


@given(MOVES)
def test_moving_edges_are_those_that_were_set_last(
    moves: list[tuple[int, tuple[float, float] | None] | float],
) -> None:
    """A value touches whose edges it meets or passes, as a look at all of them finds."""
    moving, pairs = MovingEdges(), dict[int, tuple[float, float]]()
    for move in moves:
        if isinstance(move, float):
            reached = {it for it, (low, high) in pairs.items() if not low < move < high}
            assert moving.touched(move) == sorted(reached)
            pairs = {it: pair for it, pair in pairs.items() if it not in reached}
        elif move[1] is None:
            pairs.pop(move[0], None)
            moving.drop(move[0])
        else:
            pairs[move[0]] = move[1]
            moving.set(move[0], *move[1])
        assert moving.low == max((low for low, _ in pairs.values()), default=-inf)
        assert moving.high == min((high for _, high in pairs.values()), default=inf)
        assert max(len(moving._up), len(moving._down)) <= 2 * 4 + SPARE


@pytest.mark.parametrize("step", [1.0, -1.0, 0.0])
def test_edges_that_move_often_leave_little_behind(step: float) -> None:
    """Neither to and fro nor in a trend up or down do the heaps outgrow the edges that hold."""
    moving = MovingEdges()
    for owner in range(3):
        for number in range(5_000):
            middle = 10_000.0 + step * number + number % 2
            moving.set(owner, middle - 10.0, middle + 10.0)
            assert moving.low >= middle - 10.0
            assert moving.high <= middle + 10.0
    assert max(len(moving._up), len(moving._down)) <= 2 * 3 + SPARE
