"""Which session of the exchange it is, and when the next one begins, for rules that ask. Hop 5, pure."""

from __future__ import annotations

from monitor.compute.calendars import Market
from monitor.domain.sessions import SessionState
from monitor.domain.windows import InSession

UNKNOWN = ""
"""The session of a moment outside the years of the calendar."""


class SessionClock:
    """The exchange's sessions as words and edges.

    Attributes:
        edge: when the next session begins, ms UTC; None where that is not known.

    """

    def __init__(self, market: Market) -> None:
        """Take the exchange's calendar."""
        self._market = market
        self._windows = tuple(InSession(market, frozenset({state})) for state in SessionState)
        self.edge: int | None = None

    def word(self, moment: int) -> str:
        """Return the session of a moment: pre, regular, post or closed."""
        try:
            return self._market.session_at(moment).state.value
        except ValueError:
            return UNKNOWN

    def begin(self, now: int) -> None:
        """Look for the first edge after `now`: at the start, and when an edge has been passed."""
        edges = (window.next_edge(now) for window in self._windows)
        self.edge = min((edge for edge in edges if edge is not None), default=None)
