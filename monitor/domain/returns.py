"""Returns of calendar months and years from daily closes. Pure.

A month's return is its last close over the last close of the month before, less 1. A close that is
missing is not guessed: a month whose own last days, or whose predecessor's, were not seen has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

MONTHS = 12
LAST_DAYS = 4
"""A close this many days before the month's end may stand for it: a long weekend of a share."""


@dataclass(frozen=True, slots=True)
class MonthReturn:
    """One month.

    Attributes:
        year: of the month.
        month: 1 to 12.
        ratio: the return; None where a close is missing.
        close: the last close of the month.
        whole: the month is over in the data; else it is the return so far.

    """

    year: int
    month: int
    ratio: float | None
    close: float
    whole: bool


def monthly_returns(closes: Mapping[date, float]) -> list[MonthReturn]:
    """Return the months of which there are closes, in order; days without one are left out."""
    last: dict[tuple[int, int], date] = {}
    for day in sorted(closes):
        last[day.year, day.month] = day
    found: list[MonthReturn] = []
    final = max(last, default=None)
    for (year, month), day in last.items():
        before = last.get((year, month - 1) if month > 1 else (year - 1, MONTHS))
        ended = _ends(day)
        whole = ended or (year, month) != final
        known = before is not None and _ends(before) and (ended or not whole)
        ratio = closes[day] / closes[before] - 1 if known and before is not None else None
        found.append(MonthReturn(year, month, ratio, closes[day], ended))
    return found


def yearly_returns(months: list[MonthReturn]) -> dict[int, float | None]:
    """Return each year's return, of the running one so far; None where its first close is missing."""
    by_month = {(item.year, item.month): item for item in months}
    found: dict[int, float | None] = {}
    for year in dict.fromkeys(item.year for item in months):
        newest = [item for item in months if item.year == year][-1]
        before = by_month.get((year - 1, MONTHS))
        running = newest is months[-1]
        ended = newest.month == MONTHS and newest.whole
        known = before is not None and before.whole and (ended or running)
        found[year] = newest.close / before.close - 1 if known and before is not None else None
    return found


def _ends(day: date) -> bool:
    """Tell whether a close of `day` may stand for the end of its month."""
    return (day + timedelta(days=LAST_DAYS)).month != day.month
