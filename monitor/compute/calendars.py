"""What the step asks of the exchange's calendar; `monitor/domain/sessions.py` answers it."""

from __future__ import annotations

from datetime import date
from typing import Protocol

from monitor.domain.sessions import Session, TradingDay


class Calendar(Protocol):
    """The exchange's sessions: a stock grows old only while its market is open."""

    def fresh_until(self, observed_at: int, budget_ms: int) -> int:
        """Return the last moment at which `budget_ms` of session time have not yet passed.

        Raises:
            ValueError: a moment is outside the years it knows.

        """
        ...


class Sessions(Protocol):
    """The exchange's sessions, half days and daylight saving included."""

    def session_at(self, moment: int) -> Session:
        """Return the state of the market at a moment.

        Raises:
            ValueError: the moment is outside the years it knows.

        """
        ...

    def on(self, day: date) -> TradingDay | None:
        """Return the trading day of a date, None without one.

        Raises:
            ValueError: the date is outside the years it knows.

        """
        ...


class Market(Calendar, Sessions, Protocol):
    """The exchange's calendar as the step needs it."""
