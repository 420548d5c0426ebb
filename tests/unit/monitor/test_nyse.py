"""The exchange's calendar: real holidays and half days."""

from __future__ import annotations

from datetime import date

import pytest

from monitor.nyse import nyse_calendar


@pytest.mark.parametrize(
    "day",
    [
        date(2018, 12, 5),  # day of mourning
        date(2025, 1, 9),  # day of mourning
        date(2025, 4, 18),  # Good Friday
        date(2026, 7, 3),  # Independence Day observed
        date(2025, 12, 25),
    ],
)
def test_holidays(day: date) -> None:
    """Holidays are no trading days, one-off closures included."""
    assert nyse_calendar().on(day) is None


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        (date(2025, 12, 24), 3.5),  # A08
        (date(2025, 11, 28), 3.5),
        (date(2025, 12, 23), 6.5),
        (date(2025, 10, 13), 6.5),  # Columbus Day is a trading day
    ],
)
def test_session_length(day: date, hours: float) -> None:
    """A half day closes at 13:00."""
    found = nyse_calendar().on(day)
    assert found is not None
    assert found.close_at - found.open_at == hours * 3_600_000


def test_names() -> None:
    """A holiday and a half day have a name, in words for people; other days have none."""
    calendar = nyse_calendar()
    assert calendar.name_of(date(2025, 12, 25)) == "Christmas Day"
    assert calendar.name_of(date(2025, 12, 24)) == "Christmas Eve"
    assert calendar.name_of(date(2025, 12, 23)) == ""
    assert calendar.is_half_day(date(2025, 12, 24))
    assert not calendar.is_half_day(date(2025, 12, 25))
