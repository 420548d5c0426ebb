"""Which rules can a new value touch? Sorted edges per input, and the gap around the last value.

A value that stays strictly inside the gap between the two neighbouring edges cannot change any
verdict, so two compares are all that a tick costs, whether ten rules watch the input or a
million. Only a value that meets or passes an edge pays a bisection, and then only for the rules
whose edges it met or passed: also those it jumped over and came back from are never missed,
because every value is compared with the one before.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from heapq import heapify, heappop, heappush
from math import inf

import numpy as np

NOTHING: tuple[int, ...] = ()
_SPARE = 64
"""How many moving edges that were left behind are borne beside a few that hold."""


class Edges:
    """Edges and their owners in packed arrays, in no order: a million of them are 16 MB."""

    __slots__ = ("owners", "values")

    def __init__(self, pairs: Iterable[tuple[float, int]] = ()) -> None:
        """Begin with (edge, owner) pairs; an owner is a binding's number."""
        self.values = array("d")
        self.owners = array("q")
        for edge, owner in pairs:
            self.add((edge,), owner)

    def add(self, edges: Iterable[float], owner: int) -> None:
        """Add all edges of an owner."""
        for edge in edges:
            self.values.append(edge)
            self.owners.append(owner)

    def add_all(self, edges: Iterable[Sequence[float]], first: int) -> None:
        """Add the edges of owner `first` and of those after it."""
        value, owned = self.values.append, self.owners.append
        for owner, own in enumerate(edges, first):
            for edge in own:
                value(edge)
                owned(owner)

    def ordered(self) -> tuple[array[float], array[int]]:
        """Return the edges in order, and the owner of each."""
        values = np.frombuffer(self.values, dtype=np.float64)
        owners = np.frombuffer(self.owners, dtype=np.int64)
        order = np.lexsort((owners, values))
        return array("d", values[order].tobytes()), array("q", owners[order].tobytes())


class GapIndex:
    """The edges of all rules on one input.

    Attributes:
        low, high: the open gap around the last value; empty (low == high) while unset or while
            the value lies exactly on an edge.

    """

    __slots__ = ("_edges", "_owners", "_value", "high", "low")

    def __init__(self, edges: Edges) -> None:
        """Take the edges; an owner may have several."""
        self._edges, self._owners = edges.ordered()
        self._value: float | None = None
        self.low = inf
        self.high = inf

    def __len__(self) -> int:
        """Return the number of edges."""
        return len(self._edges)

    def touched(self, value: float) -> Iterable[int]:
        """Return the owners, each once and rising, whose verdict the move to `value` may change.

        The first value ever touches every owner.
        """
        if self.low < value < self.high:
            self._value = value
            return NOTHING
        before, self._value = self._value, value
        if before is None:
            found = self._owners
        else:
            first = bisect_left(self._edges, min(before, value))
            last = bisect_right(self._edges, max(before, value))
            found = self._owners[first:last]
        self._narrow()
        return sorted(set(found))

    def forget(self) -> None:
        """Forget the last value: the next one touches every owner, as the first did."""
        self._value = None
        self._narrow()

    def _narrow(self) -> None:
        """Find the gap around the last value."""
        edges, value = self._edges, self._value
        if value is None:
            self.low = self.high = inf
            return
        at = bisect_left(edges, value)
        if at < len(edges) and edges[at] == value:
            self.low = self.high = value
            return
        self.low = edges[at - 1] if at else -inf
        self.high = edges[at] if at < len(edges) else inf


class MovingEdges:
    """Edges that belong to one alert each and move with it: anchors, extremes.

    They are few (one pair an alert that is on or anchored) and move often, so they are heaps with
    lazy removal, not a sorted array. A value costs two compares as well until it passes one. What
    was left behind and lies deeper, as the edges of a trend do that never turns, goes when it
    outnumbers what holds.
    """

    __slots__ = ("_down", "_pairs", "_up")

    def __init__(self) -> None:
        """Begin without edges."""
        self._pairs: dict[int, tuple[float, float]] = {}
        self._up: list[tuple[float, int]] = []
        self._down: list[tuple[float, int]] = []

    def set(self, owner: int, low: float, high: float) -> None:
        """Give an owner the edges that it is touched at: at `low` and under, at `high` and over."""
        if self._pairs.get(owner) == (low, high):
            return
        self._pairs[owner] = (low, high)
        if high < inf:
            heappush(self._up, (high, owner))
        if low > -inf:
            heappush(self._down, (-low, owner))
        most = 2 * len(self._pairs) + _SPARE
        if len(self._up) > most or len(self._down) > most:
            self._rebuild()

    def _rebuild(self) -> None:
        """Keep the edges that hold, and no others."""
        pairs = self._pairs.items()
        self._up = [(high, owner) for owner, (_, high) in pairs if high < inf]
        self._down = [(-low, owner) for owner, (low, _) in pairs if low > -inf]
        heapify(self._up)
        heapify(self._down)

    def drop(self, owner: int) -> None:
        """Take an owner's edges away."""
        self._pairs.pop(owner, None)

    @property
    def low(self) -> float:
        """Return the greatest lower edge, -inf without one."""
        while self._down and self._pairs.get(self._down[0][1], (inf, inf))[0] != -self._down[0][0]:
            heappop(self._down)
        return -self._down[0][0] if self._down else -inf

    @property
    def high(self) -> float:
        """Return the least upper edge, inf without one."""
        while self._up and self._pairs.get(self._up[0][1], (-inf, -inf))[1] != self._up[0][0]:
            heappop(self._up)
        return self._up[0][0] if self._up else inf

    def touched(self, value: float) -> list[int]:
        """Return the owners whose edges the value has reached; their edges are gone till set anew."""
        found: set[int] = set()
        while value >= self.high:
            owner = heappop(self._up)[1]
            found.add(owner)
            self._pairs.pop(owner, None)
        while value <= self.low:
            owner = heappop(self._down)[1]
            found.add(owner)
            self._pairs.pop(owner, None)
        return sorted(found)
