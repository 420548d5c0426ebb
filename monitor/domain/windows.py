"""When something may happen: windows of time that are open or shut at each moment. Pure.

A window answers two questions, `open_at` and `next_edge`, and knows no clock. Between two edges its
answer cannot change, so an engine that runs the edges as timers, each at its own moment, comes to
the same result at any speed and any batching.

Every span is half open: at the moment of its beginning a window is open, at that of its end shut.
Moments are milliseconds UTC. Hours are those that a clock on the wall of a named zone shows: a
window from 01:15 to 01:45 opens twice in the night in which that hour comes twice, one from 02:15
to 02:45 never in the night in which that hour is left out.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from monitor.domain.sessions import NEW_YORK, Session, SessionState, TradingDay

_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_LOOK_DAYS = 16
"""Far enough for a window of one hour a week that is left out once as the clocks change."""
_LOOK_SESSIONS_DAYS = 14
"""Longer than the exchange has ever been closed in the calendar's years."""
_MAX_TURNS = 1_000

EVERY_DAY = frozenset(range(7))


class Window(Protocol):
    """What is open or shut at each moment."""

    def open_at(self, moment: int) -> bool:
        """Tell whether it is open at `moment`."""
        ...

    def next_edge(self, moment: int) -> int | None:
        """Return the first moment after `moment` at which it opens or shuts; None if none is known."""
        ...


@dataclass(frozen=True, slots=True)
class Spans:
    """What is open in some spans of time; make it with `spans`."""

    edges: tuple[int, ...]

    def open_at(self, moment: int) -> bool:
        """Tell whether `moment` is in one of the spans."""
        return bisect_right(self.edges, moment) % 2 == 1

    def next_edge(self, moment: int) -> int | None:
        """Return the next beginning or end of a span."""
        place = bisect_right(self.edges, moment)
        return self.edges[place] if place < len(self.edges) else None


def spans(found: Iterable[tuple[int, int]]) -> Spans:
    """Return the union of spans [from, to), each a pair of moments; empty ones are left out."""
    edges: list[int] = []
    for start, end in sorted(found):
        if end <= start:
            continue
        if edges and start <= edges[-1]:
            edges[-1] = max(edges[-1], end)
        else:
            edges += (start, end)
    return Spans(tuple(edges))


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours of a day on some days of the week, by the clock on the wall of a zone.

    Attributes:
        zone: whose wall.
        start: it opens when the clock shows this.
        end: it shuts when the clock shows this. Not later than `start`: on the day after;
            the same as `start`: a whole day long.
        days: on which it opens, 0 is Monday.

    """

    zone: ZoneInfo
    start: time
    end: time
    days: frozenset[int] = EVERY_DAY

    def open_at(self, moment: int) -> bool:
        """Tell whether the clock on the wall shows a time within."""
        wall = _wall(moment, self.zone)
        shown, today = wall.time(), wall.weekday()
        if self.start < self.end:
            return self.start <= shown < self.end and today in self.days
        if shown >= self.start:
            return today in self.days
        return shown < self.end and (today - 1) % 7 in self.days

    def next_edge(self, moment: int) -> int | None:
        """Return when it next opens or shuts; None if it never does."""
        return first_change(self, moment, self._moments(moment))

    def _moments(self, moment: int) -> Iterator[int]:
        """Yield, in order, every moment at which the answer may change."""
        first = _wall(moment, self.zone).date() - _DAY
        for number in range(_LOOK_DAYS):
            day = first + number * _DAY
            walls = (datetime.combine(day, it) for it in (time(), self.start, self.end))
            found = {
                _millis(it.replace(tzinfo=self.zone, fold=fold)) for it in walls for fold in (0, 1)
            }
            yield from sorted({*found, *_clock_changes(day, self.zone)})


class Exchange(Protocol):
    """The exchange's calendar, as a window asks it."""

    def session_at(self, moment: int) -> Session:
        """Return the state of the market; ValueError outside its years."""
        ...

    def on(self, day: date) -> TradingDay | None:
        """Return the trading day of a date, None without one; ValueError outside its years."""
        ...


@dataclass(frozen=True, slots=True)
class InSession:
    """While the exchange is in one of some sessions; shut outside the years of its calendar."""

    exchange: Exchange
    sessions: frozenset[SessionState]

    def open_at(self, moment: int) -> bool:
        """Tell whether the exchange is in one of the sessions."""
        try:
            return self.exchange.session_at(moment).state in self.sessions
        except ValueError:
            return False

    def next_edge(self, moment: int) -> int | None:
        """Return when one of the sessions next begins or ends; None outside the calendar's years."""
        return first_change(self, moment, self._moments(moment))

    def _moments(self, moment: int) -> Iterator[int]:
        first = _wall(moment, NEW_YORK).date()
        for number in range(_LOOK_SESSIONS_DAYS):
            try:
                day = self.exchange.on(first + number * _DAY)
            except ValueError:
                return
            if day is not None:
                yield from (day.pre_open_at, day.open_at, day.close_at, day.post_close_at)


@dataclass(frozen=True, slots=True)
class Outside:
    """Open when another window is shut."""

    window: Window

    def open_at(self, moment: int) -> bool:
        """Tell whether the other one is shut."""
        return not self.window.open_at(moment)

    def next_edge(self, moment: int) -> int | None:
        """Return the other one's next edge."""
        return self.window.next_edge(moment)


@dataclass(frozen=True, slots=True)
class Every:
    """Open when all of some windows are; without any, always."""

    windows: tuple[Window, ...]

    def open_at(self, moment: int) -> bool:
        """Tell whether all are open."""
        return all(window.open_at(moment) for window in self.windows)

    def next_edge(self, moment: int) -> int | None:
        """Return when they are next all open, or no longer all."""
        return first_change(self, moment, _in_turn(self.windows, moment))


def _in_turn(windows: tuple[Window, ...], moment: int) -> Iterator[int]:
    """Yield the edges of all windows after `moment`, in order, so many and no more."""
    for _ in range(_MAX_TURNS):
        edges = (window.next_edge(moment) for window in windows)
        found = min((edge for edge in edges if edge is not None), default=None)
        if found is None:
            return
        moment = found
        yield moment


def first_change(window: Window, moment: int, moments: Iterable[int]) -> int | None:
    """Return the first of `moments` after `moment` at which the window's answer is another one."""
    now = window.open_at(moment)
    return next((it for it in moments if it > moment and window.open_at(it) is not now), None)


def _wall(moment: int, zone: ZoneInfo) -> datetime:
    return (_EPOCH + moment * _MILLISECOND).astimezone(zone)


def _millis(wall: datetime) -> int:
    return (wall - _EPOCH) // _MILLISECOND


def _clock_changes(day: date, zone: ZoneInfo) -> tuple[int, ...]:
    """Return the moment within a date at which the clocks of a zone change, if they do."""
    start = _millis(datetime.combine(day, time(), zone))
    low, high = start - 1, start + _DAY // _MILLISECOND
    before = _wall(low, zone).utcoffset()
    if _wall(high, zone).utcoffset() == before:
        return ()
    while high - low > 1:
        middle = (low + high) // 2
        if _wall(middle, zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return (high,)
