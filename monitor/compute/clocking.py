"""Which session of the exchange it is, and when the next one begins, for rules that ask. Hop 5, pure."""

from __future__ import annotations

from monitor.compute.calendars import Market
from monitor.domain.sessions import SessionState
from monitor.domain.windows import InSession

UNKNOWN = ""
"""The session of a moment outside the years of the calendar."""


class SessionClock:
    """The exchange's sessions as words and edges."""

    def __init__(self, market: Market) -> None:
        """Take the exchange's calendar."""
        self._market = market
        self._windows = tuple(InSession(market, frozenset({state})) for state in SessionState)
        self._known: tuple[int, int | None] | None = None

    def word(self, moment: int) -> str:
        """Return the session of a moment: pre, regular, post or closed."""
        try:
            return self._market.session_at(moment).state.value
        except ValueError:
            return UNKNOWN

    def next_edge(self, moment: int) -> int | None:
        """Return the first moment after `moment` at which another session begins; None if unknown."""
        known = self._known
        if known is not None and known[0] <= moment and (known[1] is None or moment < known[1]):
            return known[1]
        edges = (window.next_edge(moment) for window in self._windows)
        found = min((edge for edge in edges if edge is not None), default=None)
        self._known = (moment, found)
        return found
