"""The New York Stock Exchange's calendar: the one home of the `holidays` library."""

from __future__ import annotations

from functools import cache

import holidays

from monitor.domain.sessions import SessionCalendar

FIRST_YEAR = 2015
LAST_YEAR = 2040


@cache
def nyse_calendar() -> SessionCalendar:
    """Return the exchange's sessions from 2015 to 2040, as far as holidays are known today.

    The library knows one-off closures (a day of mourning) once a release carries them.
    """
    years = range(FIRST_YEAR, LAST_YEAR + 1)
    closed = holidays.financial_holidays("NYSE", years=years, expand=False)
    half = holidays.financial_holidays(
        "NYSE", years=years, expand=False, categories=(holidays.HALF_DAY,)
    )
    # the library adds "(markets close at 1:00pm)" to the names of half days
    names = {day: str(name).partition(" (markets")[0] for day, name in (closed | half).items()}
    return SessionCalendar(
        FIRST_YEAR,
        LAST_YEAR,
        holidays=frozenset(closed),
        half_days=frozenset(half),
        names=names,
    )
