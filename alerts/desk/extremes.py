"""The least and the greatest value since each of several moments, in one small record.

Many alerts may watch one value, and begin at different times. Of all values only those count that
are the extreme since some beginning: of the values between two beginnings one, and no value that
a later one has passed. So the record is as long as there are beginnings at most, and a value that
is no extreme costs one compare.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace

Point = tuple[int, float]


@dataclass(frozen=True, slots=True)
class Extremes:
    """What is remembered of one value.

    Attributes:
        starts: event times of the beginnings, ascending, each once, ms UTC.
        lows: (event time, value), both ascending: the first at or after a beginning is the least
            value since.
        highs: the same with descending values, for the greatest.

    """

    starts: tuple[int, ...] = ()
    lows: tuple[Point, ...] = ()
    highs: tuple[Point, ...] = ()

    def begun(self, at: int) -> Extremes:
        """Return the record with a beginning at `at`; one before the last changes nothing."""
        if self.starts and at <= self.starts[-1]:
            return self
        return replace(self, starts=(*self.starts, at))

    def seen(self, at: int, value: float) -> Extremes:
        """Return the record with `value` seen at `at`, not before anything seen already."""
        if not self.starts:
            return self
        lows = _pushed(self.lows, at, value, self.starts[-1], sign=1.0)
        highs = _pushed(self.highs, at, value, self.starts[-1], sign=-1.0)
        if lows is self.lows and highs is self.highs:
            return self
        return replace(self, lows=lows, highs=highs)

    def since(self, at: int) -> tuple[float | None, float | None]:
        """Return the least and the greatest value since `at`; None where none was seen."""
        return _first(self.lows, at), _first(self.highs, at)

    def kept(self, starts: Sequence[int]) -> Extremes:
        """Return the record of those of its beginnings that are among `starts`."""
        wanted = tuple(sorted(set(starts).intersection(self.starts)))
        return Extremes(wanted, _needed(self.lows, wanted), _needed(self.highs, wanted))


def _pushed(
    points: tuple[Point, ...], at: int, value: float, last_start: int, *, sign: float
) -> tuple[Point, ...]:
    """Return the points with a value; `sign` -1 keeps the greatest instead of the least."""
    left = len(points)
    while left and sign * points[left - 1][1] > sign * value:
        left -= 1
    if left and points[left - 1][0] >= last_start:
        return points[:left] if left < len(points) else points
    return (*points[:left], (at, value))


def _first(points: tuple[Point, ...], at: int) -> float | None:
    place = bisect_left(points, at, key=lambda point: point[0])
    return points[place][1] if place < len(points) else None


def _needed(points: tuple[Point, ...], starts: Sequence[int]) -> tuple[Point, ...]:
    places = {bisect_left(points, at, key=lambda point: point[0]) for at in starts}
    return tuple(points[place] for place in sorted(places) if place < len(points))
