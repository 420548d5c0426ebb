"""When the stock market is open: a closed market is not a dead feed.

Staleness of a stock counts regular session time only, so Friday's last price is as old on Monday
at the open as it was at the close. Holidays and half days are given; `monitor/nyse.py` has those
of New York. Moments are milliseconds UTC; daylight saving moves the session against them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import accumulate
from operator import attrgetter
from types import MappingProxyType
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")

# Milliseconds after midnight in New York.
_HOUR = 3_600_000
PRE_OPEN = 4 * _HOUR
OPEN = 9 * _HOUR + _HOUR // 2
CLOSE = 16 * _HOUR
HALF_DAY_CLOSE = 13 * _HOUR
POST_MARKET = 4 * _HOUR  # length

_EPOCH = date(1970, 1, 1).toordinal()
_DAY = 24 * _HOUR
_MILLISECOND = timedelta(milliseconds=1)
_SATURDAY = 5


class SessionState(StrEnum):
    """What the market does at a moment; `HALTED` is said of one share, never by the calendar."""

    PRE = "pre"
    REGULAR = "regular"
    POST = "post"
    CLOSED = "closed"
    HALTED = "halted"


@dataclass(frozen=True, slots=True)
class TradingDay:
    """The moments of one trading day.

    Attributes:
        day: the date in New York.
        pre_open_at: pre-market begins, 04:00.
        open_at: regular session begins, 09:30.
        close_at: it ends, 16:00, on half days 13:00.
        post_close_at: post-market ends, four hours later.

    """

    day: date
    pre_open_at: int
    open_at: int
    close_at: int
    post_close_at: int


@dataclass(frozen=True, slots=True)
class Session:
    """The market at one moment.

    Attributes:
        state: pre, regular, post or closed; a moment of change belongs to what it begins.
        open_at: regular open of the running trading day; while closed, of the latest one over.
        close_at: its regular close.
        next_open_at: the first regular open after the moment.

    """

    state: SessionState
    open_at: int
    close_at: int
    next_open_at: int


class SessionCalendar:
    """The trading days of some whole years, made once and then asked by bisection.

    Args:
        first_year: first year covered.
        last_year: last year covered.
        holidays: days without trading, weekends aside.
        half_days: days that close at 13:00.
        names: what those days are called, for people.

    Raises:
        ValueError: the years leave no trading day. Its methods raise it for a moment outside them.

    """

    def __init__(
        self,
        first_year: int,
        last_year: int,
        *,
        holidays: Collection[date],
        half_days: Collection[date],
        names: Mapping[date, str] = MappingProxyType({}),
    ) -> None:
        self._first_year = first_year
        self._last_year = last_year
        self._span = f"{first_year} to {last_year}"
        self._half_days = frozenset(half_days)
        self._names = dict(names)
        self._days = [
            _trading_day(day, half=day in half_days)
            for day in _weekdays(first_year, last_year)
            if day not in holidays
        ]
        if not self._days:
            raise ValueError(f"no trading day in the years {self._span}")
        self._opens = [day.open_at for day in self._days]
        # Session milliseconds before each day's open, and after the last close.
        lengths = (day.close_at - day.open_at for day in self._days)
        self._before = list(accumulate(lengths, initial=0))

    def on(self, day: date) -> TradingDay | None:
        """Return the trading day of a date in New York, None for a weekend or holiday.

        Raises:
            ValueError: the date is outside the years of the calendar.

        """
        self._check(day)
        place = bisect_left(self._days, day, key=attrgetter("day"))
        if place == len(self._days) or self._days[place].day != day:
            return None
        return self._days[place]

    def name_of(self, day: date) -> str:
        """Return what a holiday or half day is called, empty for any other day.

        Raises:
            ValueError: the date is outside the years of the calendar.

        """
        self._check(day)
        return self._names.get(day, "")

    def is_half_day(self, day: date) -> bool:
        """Tell whether the exchange closes early on a date in New York."""
        return day in self._half_days and self.on(day) is not None

    def session_at(self, moment: int) -> Session:
        """Return the state of the market at `moment`.

        Raises:
            ValueError: the moment is outside the years of the calendar.

        """
        place = self._place(moment)
        following = self._days[place + 1]
        latest = self._days[place]
        if moment >= following.pre_open_at:
            state, latest = SessionState.PRE, following
        elif moment < latest.close_at:
            state = SessionState.REGULAR
        elif moment < latest.post_close_at:
            state = SessionState.POST
        else:
            state = SessionState.CLOSED
        return Session(state, latest.open_at, latest.close_at, following.open_at)

    def session_elapsed(self, from_moment: int, to_moment: int) -> int:
        """Return the milliseconds of regular session between two moments; backwards is negative.

        Raises:
            ValueError: a moment is outside the years of the calendar.

        """
        return self._session_time(to_moment) - self._session_time(from_moment)

    def fresh_until(self, observed_at: int, budget_ms: int) -> int:
        """Return the last moment at which session time since `observed_at` is within the budget.

        A budget used up exactly at the close lasts until the next open.

        Raises:
            ValueError: a moment is outside the years of the calendar.

        """
        spent = self._session_time(observed_at) + budget_ms
        place = bisect_right(self._before, spent) - 1
        if not 0 <= place < len(self._days):
            raise ValueError(f"the session calendar covers {self._span} only")
        return self._opens[place] + spent - self._before[place]

    def _check(self, day: date) -> None:
        if not self._first_year <= day.year <= self._last_year:
            raise ValueError(f"the session calendar covers {self._span} only, not {day}")

    def _session_time(self, moment: int) -> int:
        place = self._place(moment)
        day = self._days[place]
        return self._before[place] + min(moment, day.close_at) - day.open_at

    def _place(self, moment: int) -> int:
        """Return the place of the latest day that has opened; one more must follow it."""
        place = bisect_right(self._opens, moment) - 1
        if not 0 <= place < len(self._opens) - 1:
            raise ValueError(f"the session calendar covers {self._span} only, not {moment} ms UTC")
        return place


def _weekdays(first_year: int, last_year: int) -> Iterator[date]:
    day = date(first_year, 1, 1)
    while day.year <= last_year:
        if day.weekday() < _SATURDAY:
            yield day
        day += timedelta(days=1)


def _trading_day(day: date, *, half: bool) -> TradingDay:
    # Clocks change on Sundays at 2 o'clock, so one offset serves the whole trading day.
    offset = datetime.combine(day, time(12), NEW_YORK).utcoffset() or timedelta(0)
    midnight = (day.toordinal() - _EPOCH) * _DAY - offset // _MILLISECOND
    close = midnight + (HALF_DAY_CLOSE if half else CLOSE)
    return TradingDay(day, midnight + PRE_OPEN, midnight + OPEN, close, close + POST_MARKET)
