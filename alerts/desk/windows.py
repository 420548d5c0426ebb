"""When a quiet time is on, and when that changes next. Pure; DST is the zone's business.

A time of day that a change of clocks skips is taken as much later, one that comes twice as its
first; so a window neither vanishes nor opens twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from alerts.desk.book import WEEK, Quiet
from monitor.domain.sessions import Session, SessionState

_MILLISECOND = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAYS_BACK, _DAYS_AHEAD = 2, 9
"""A window begun two days ago may last till now; a weekly one begins within nine."""


class Sessions(Protocol):
    """The exchange's calendar."""

    def session_at(self, moment: int) -> Session:
        """Return the state of the market at `moment`; ValueError outside its years."""
        ...


def is_quiet(window: Quiet, at: int, sessions: Sessions) -> bool:
    """Tell whether `window` is on at `at` (ms UTC); its end does not belong to it."""
    if window.outside is not None:
        return sessions.session_at(at).state is not SessionState.REGULAR
    return _covered(_spans(window, at), at)


def next_edge(window: Quiet, at: int, sessions: Sessions) -> int:
    """Return the first moment after `at` at which it begins or ends, ms UTC."""
    if window.outside is not None:
        session = sessions.session_at(at)
        regular = session.state is SessionState.REGULAR
        ahead = session.open_at if at < session.open_at else session.next_open_at
        return session.close_at if regular else ahead
    spans = list(_spans(window, at))
    edges = sorted({edge for span in spans for edge in span if edge > at})
    # two spans that touch are one: nothing changes where one ends and the other begins
    changing = (it for it in edges if _covered(spans, it) is not _covered(spans, it - 1))
    return next(changing, edges[-1])


def _covered(spans: Iterable[tuple[int, int]], at: int) -> bool:
    return any(begin <= at < end for begin, end in spans)


def _spans(window: Quiet, at: int) -> Iterator[tuple[int, int]]:
    """Yield the spans that begin in the days around `at`, ms UTC."""
    zone = ZoneInfo(window.zone)
    today = (_EPOCH + at * _MILLISECOND).astimezone(zone).date()
    for offset in range(-_DAYS_BACK, _DAYS_AHEAD):
        day = today + timedelta(days=offset)
        if WEEK[day.weekday()] in window.days:
            next_day = window.ends <= window.begins
            yield (
                _moment(day, window, zone, ends=False),
                _moment(day + timedelta(days=next_day), window, zone, ends=True),
            )


def _moment(day: date, window: Quiet, zone: ZoneInfo, *, ends: bool) -> int:
    clock = window.ends if ends else window.begins
    return (datetime.combine(day, clock, zone).astimezone(UTC) - _EPOCH) // _MILLISECOND
