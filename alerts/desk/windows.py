"""From a quiet time of the rulebook to a window of time. Pure."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from alerts.desk.book import WEEK, Quiet
from monitor.domain.sessions import SessionState
from monitor.domain.windows import Every, Exchange, Hours, InSession, Outside, Window


def window_of(quiet: Quiet, exchange: Exchange) -> Window:
    """Return when `quiet` is on."""
    if quiet.outside is not None:
        session = InSession(exchange, frozenset({SessionState(quiet.outside)}))
        known = InSession(exchange, frozenset(SessionState))  # beyond the calendar nothing is muted
        return Every((known, Outside(session)))
    days = frozenset(WEEK.index(day) for day in quiet.days)
    return Hours(ZoneInfo(quiet.zone), quiet.begins, quiet.ends, days)
