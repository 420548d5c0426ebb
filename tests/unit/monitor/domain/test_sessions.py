"""Sessions: states, half days, daylight saving, and session time between two moments."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.sessions import SessionCalendar, SessionState

NEW_YORK = ZoneInfo("America/New_York")
MINUTE = 60_000
HOUR = 60 * MINUTE
CALENDAR = SessionCalendar(
    2024,
    2025,
    holidays={date(2024, 12, 25), date(2025, 1, 1), date(2025, 1, 9)},
    half_days={date(2024, 12, 24)},
)


def at(text: str) -> int:
    """Return the moment of a New York wall time."""
    return round(datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).timestamp() * 1_000)


@pytest.mark.parametrize(
    ("moment", "state"),
    [
        ("2024-12-23T03:59:59.999", SessionState.CLOSED),
        ("2024-12-23T04:00", SessionState.PRE),
        ("2024-12-23T09:29:59.999", SessionState.PRE),
        ("2024-12-23T09:30", SessionState.REGULAR),
        ("2024-12-23T15:59:59.999", SessionState.REGULAR),
        ("2024-12-23T16:00", SessionState.POST),
        ("2024-12-23T20:00", SessionState.CLOSED),
        ("2024-12-24T12:59", SessionState.REGULAR),
        ("2024-12-24T13:00", SessionState.POST),
        ("2024-12-24T16:59", SessionState.POST),
        ("2024-12-24T17:00", SessionState.CLOSED),
        ("2024-12-25T12:00", SessionState.CLOSED),
        ("2024-12-28T12:00", SessionState.CLOSED),  # a Saturday
    ],
)
def test_state(moment: str, state: SessionState) -> None:
    """Each boundary belongs to what it begins; holidays and weekends are closed."""
    assert CALENDAR.session_at(at(moment)).state is state


def test_session_bounds() -> None:
    """In and before the session its own bounds are given, while closed those of the last one."""
    running = CALENDAR.session_at(at("2024-12-24T10:00"))
    assert (running.open_at, running.close_at) == (at("2024-12-24T09:30"), at("2024-12-24T13:00"))
    assert running.next_open_at == at("2024-12-26T09:30")
    closed = CALENDAR.session_at(at("2024-12-25T10:00"))
    assert (closed.open_at, closed.close_at) == (running.open_at, running.close_at)
    pre = CALENDAR.session_at(at("2024-12-26T08:00"))
    assert pre.open_at == pre.next_open_at == at("2024-12-26T09:30")


def test_trading_day() -> None:
    """Features A08: 2024-12-24 closes at 13:00 with post-market to 17:00, the 25th is closed."""
    half = CALENDAR.on(date(2024, 12, 24))
    assert half is not None
    assert half.close_at == at("2024-12-24T13:00")
    assert half.post_close_at == at("2024-12-24T17:00")
    assert half.pre_open_at == at("2024-12-24T04:00")
    assert CALENDAR.on(date(2024, 12, 25)) is None
    assert CALENDAR.on(date(2024, 12, 28)) is None
    assert CALENDAR.on(date(2024, 12, 31)) is not None


def test_daylight_saving_moves_the_session_against_utc() -> None:
    """09:30 in New York is 14:30 UTC in winter and 13:30 in summer, also right after the change."""
    for day, utc_hour in (("2025-03-07", 14), ("2025-03-10", 13), ("2025-11-03", 14)):
        found = CALENDAR.on(date.fromisoformat(day))
        assert found is not None
        assert found.open_at % (24 * HOUR) == utc_hour * HOUR + 30 * MINUTE


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        ("2024-12-23T10:00", "2024-12-23T10:05", 5),
        ("2024-12-23T15:59", "2024-12-24T09:31", 2),
        ("2024-12-20T16:00", "2024-12-23T09:30", 0),  # a weekend
        ("2024-12-24T12:59", "2024-12-26T09:31", 2),  # half day and holiday
        ("2024-12-23T09:00", "2024-12-23T20:00", 390),
        ("2024-12-23T10:05", "2024-12-23T10:00", -5),
    ],
)
def test_session_elapsed(start: str, end: str, minutes: int) -> None:
    """Only regular session time counts."""
    assert CALENDAR.session_elapsed(at(start), at(end)) == minutes * MINUTE


@pytest.mark.parametrize(
    ("observed", "minutes", "until"),
    [
        ("2024-12-23T10:00", 5, "2024-12-23T10:05"),
        ("2024-12-23T15:59", 5, "2024-12-24T09:34"),
        ("2024-12-20T16:00", 5, "2024-12-23T09:35"),
        ("2024-12-23T15:55", 5, "2024-12-24T09:30"),  # used up at the close: lasts until the open
        ("2024-12-24T12:59", 5, "2024-12-26T09:34"),
        ("2024-12-23T08:00", 0, "2024-12-23T09:30"),
    ],
)
def test_fresh_until(observed: str, minutes: int, until: str) -> None:
    """A stock's price grows old in session time only: Friday's close is fresh all weekend."""
    assert CALENDAR.fresh_until(at(observed), minutes * MINUTE) == at(until)


inside = st.integers(at("2024-01-10T00:00"), at("2025-12-01T00:00"))


@given(inside, st.integers(0, 20 * HOUR))
def test_fresh_until_is_the_last_fresh_moment(observed: int, budget: int) -> None:
    """At the moment the budget is not exceeded, one millisecond later it is."""
    until = CALENDAR.fresh_until(observed, budget)
    assert CALENDAR.session_elapsed(observed, until) <= budget
    assert CALENDAR.session_elapsed(observed, until + 1) > budget


@given(inside, inside, inside)
def test_session_time_adds_up(one: int, two: int, three: int) -> None:
    """Session time over a span is the sum over its parts and never more than wall time."""
    parts = CALENDAR.session_elapsed(one, two) + CALENDAR.session_elapsed(two, three)
    assert parts == CALENDAR.session_elapsed(one, three)
    assert 0 <= CALENDAR.session_elapsed(min(one, two), max(one, two)) <= abs(one - two)


def test_outside_the_years_is_refused() -> None:
    """Beyond its years a calendar knows no holidays and says so."""
    for moment in (at("2023-06-01T12:00"), at("2026-06-01T12:00")):
        with pytest.raises(ValueError, match="covers 2024 to 2025 only"):
            CALENDAR.session_at(moment)
    with pytest.raises(ValueError, match="covers 2024 to 2025 only"):
        CALENDAR.fresh_until(at("2025-12-30T12:00"), 400 * HOUR)
    with pytest.raises(ValueError, match="covers 2024 to 2025 only"):
        CALENDAR.on(date(2026, 1, 2))
    with pytest.raises(ValueError, match="no trading day"):
        SessionCalendar(2025, 2024, holidays=(), half_days=())
