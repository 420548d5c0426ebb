"""Fiscal years and quarters by the day on which a company's year ends.

HIVE's year ends in March and IREN's in June, so their FY2025 is no calendar year; its quarters end
with calendar quarters and carry other numbers. docs/formulas.md 3, edge cases.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime

# retailers' calendars end a year on a weekday near the month's end
_SLACK_DAYS = 7
_NAME = re.compile(r"\b(?:Q([1-4]) ?)?FY ?(?:20)?(\d\d)(?: ?Q([1-4]))?\b")
_MONTHS = 12
_QUARTERS = 4


def ends_fiscal_year(as_of: int, fiscal_year_end: str) -> bool:
    """Tell whether the day `as_of` (ms UTC) is about the end `MM-DD` of a fiscal year."""
    day = _day(as_of)
    ends = (_end(year, 0, fiscal_year_end) for year in (day.year - 1, day.year, day.year + 1))
    return any(abs((day - end).days) <= _SLACK_DAYS for end in ends)


def misnamed(text: str, as_of: int, fiscal_year_end: str) -> str:
    """Return what is wrong if `text` calls a period that ends on `as_of` by a fiscal name, or ''.

    `FY2025` and `Q2 FY26` are names; FY2025 is the fiscal year that ends in 2025.
    """
    found = _NAME.search(text)
    if found is None:
        return ""
    quarter = int(found[1] or found[3] or _QUARTERS)
    end = _end(2000 + int(found[2]), _QUARTERS - quarter, fiscal_year_end)
    if abs((_day(as_of) - end).days) <= _SLACK_DAYS:
        return ""
    return f"it is called {found[0]}, which ends on {end.isoformat()}"


def _end(year: int, quarters_before: int, fiscal_year_end: str) -> date:
    """Return the last day of a fiscal year, or of the quarter so many quarters before."""
    month, day = (int(part) for part in fiscal_year_end.split("-"))
    months = year * _MONTHS + month - 1 - 3 * quarters_before
    year, month = months // _MONTHS, months % _MONTHS + 1
    last = monthrange(year, month)[1]
    # a year that ends with its month has quarters that do so too
    is_month_end = day >= monthrange(2001, int(fiscal_year_end[:2]))[1]
    return date(year, month, last if is_month_end else min(day, last))


def _day(moment: int) -> date:
    return datetime.fromtimestamp(moment / 1000, UTC).date()
