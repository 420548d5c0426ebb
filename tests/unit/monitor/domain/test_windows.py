"""Windows of time: hours by the wall, sessions of the exchange, spans; over days of clock change too."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.sessions import NEW_YORK, SessionState
from monitor.domain.windows import (
    EVERY_DAY,
    Every,
    Hours,
    InSession,
    Outside,
    Window,
    spans,
)
from monitor.nyse import nyse_calendar
from tests.worlds import at_new_york

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
REGULAR = InSession(nyse_calendar(), frozenset({SessionState.REGULAR}))
ZONES = ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Shanghai", "UTC"]
# around both changes of the clocks in 2025 of all these zones
AROUND = st.one_of(
    st.integers(at_new_york("2025-03-01"), at_new_york("2025-04-15")),
    st.integers(at_new_york("2025-09-25"), at_new_york("2025-11-12")),
)
TIMES = st.builds(time, st.integers(0, 23), st.integers(0, 59))
HOURS = st.builds(
    Hours,
    st.sampled_from([ZoneInfo(name) for name in ZONES]),
    TIMES,
    TIMES,
    st.frozensets(st.integers(0, 6), min_size=1),
)
SESSIONS = st.builds(
    InSession,
    st.just(nyse_calendar()),
    st.frozensets(st.sampled_from(SessionState), min_size=1),
)
SPANS = st.builds(
    spans,
    st.lists(st.tuples(AROUND, st.integers(0, 3 * DAY)).map(lambda it: (it[0], it[0] + it[1]))),
)
SIMPLE: st.SearchStrategy[Window] = st.one_of(HOURS, SESSIONS, SPANS)
ANY: st.SearchStrategy[Window] = st.one_of(
    SIMPLE,
    st.builds(Outside, SIMPLE),
    st.builds(Every, st.tuples(SIMPLE, SIMPLE)),
)


def edges(window: Window, start: int, end: int) -> list[int]:
    """Return all edges in (start, end]."""
    found = []
    moment = window.next_edge(start)
    while moment is not None and moment <= end:
        found.append(moment)
        moment = window.next_edge(moment)
    return found


@given(ANY, AROUND)
def test_between_two_edges_nothing_changes(window: Window, moment: int) -> None:
    """At an edge the answer is another one, and at no moment before it."""
    edge = window.next_edge(moment)
    now = window.open_at(moment)
    if edge is not None:
        assert edge > moment
        assert window.open_at(edge) is not now
        assert window.open_at(edge - 1) is now
    end = moment + 20 * DAY if edge is None else edge
    step = max((end - moment) // 61, 1)
    assert all(window.open_at(it) is now for it in range(moment, end, step))


@given(HOURS, AROUND)
def test_hours_are_those_that_the_wall_shows(window: Hours, moment: int) -> None:
    """Open is what the clock of the zone says, on any day, with whatever offset."""
    wall = datetime.fromtimestamp(moment // 1_000, window.zone)
    since = timedelta(hours=wall.hour, minutes=wall.minute)
    begins = timedelta(hours=window.start.hour, minutes=window.start.minute)
    ends = timedelta(hours=window.end.hour, minutes=window.end.minute)
    if ends <= begins:
        ends += timedelta(days=1)
    today = begins <= since < ends and wall.weekday() in window.days
    before = since + timedelta(days=1) < ends and (wall.weekday() - 1) % 7 in window.days
    assert window.open_at(moment) is (today or before)


def test_the_regular_session_outside_of_which_nothing_rings_across_a_clock_change() -> None:
    """New York springs forward on 2025-03-09: Friday's open is 14:30 UTC, Monday's 13:30."""
    friday, monday = at_new_york("2025-03-07T00:00"), at_new_york("2025-03-11T00:00")
    hours = [
        datetime.fromtimestamp(it / 1_000, ZoneInfo("UTC")) for it in edges(REGULAR, friday, monday)
    ]
    assert [f"{it:%d %H:%M}" for it in hours] == ["07 14:30", "07 21:00", "10 13:30", "10 20:00"]
    quiet = Outside(REGULAR)
    assert quiet.open_at(at_new_york("2025-03-10T09:29:59.999"))
    assert not quiet.open_at(at_new_york("2025-03-10T09:30"))


def test_an_early_close_and_a_holiday() -> None:
    """On 2025-12-24 it shuts at one; the next edge is the open of the 26th."""
    noon = at_new_york("2025-12-24T12:00")
    assert edges(REGULAR, noon, noon + 3 * DAY) == [
        at_new_york("2025-12-24T13:00"),
        at_new_york("2025-12-26T09:30"),
        at_new_york("2025-12-26T16:00"),
    ]


def night(start: str, end: str, days: frozenset[int] = EVERY_DAY) -> Hours:
    """Return hours by New York's wall."""
    return Hours(NEW_YORK, time.fromisoformat(start), time.fromisoformat(end), days)


def test_a_night_is_an_hour_shorter_or_longer_as_the_clocks_change() -> None:
    """From 22:00 to 07:00: nine hours, eight in March, ten in November."""
    lengths = []
    for evening in ("2025-03-06", "2025-03-08", "2025-11-01"):
        opens, shuts = edges(
            night("22:00", "07:00"),
            at_new_york(f"{evening}T12:00"),
            at_new_york(f"{evening}T12:00") + 22 * HOUR,
        )
        lengths.append((shuts - opens) / HOUR)
    assert lengths == [9, 8, 10]


def test_an_hour_that_is_left_out_opens_nothing_and_one_that_comes_twice_opens_twice() -> None:
    """02:15 is not shown on 2025-03-09; 01:15 is shown twice on 2025-11-02."""
    spring, autumn = at_new_york("2025-03-09T00:00"), at_new_york("2025-11-02T00:00")
    assert edges(night("02:15", "02:45"), spring, spring + 20 * HOUR) == []
    twice = edges(night("01:15", "01:45"), autumn, autumn + 20 * HOUR)
    assert [(it - autumn) / MINUTE for it in twice] == [75, 105, 135, 165]
    once = edges(night("02:30", "05:00"), spring, spring + 20 * HOUR)
    assert once == [at_new_york("2025-03-09T03:00"), at_new_york("2025-03-09T05:00")]


def test_days_of_the_week_are_those_on_which_it_opens() -> None:
    """A Friday night that ends on Saturday is Friday's; a week's only night may be left out."""
    fridays = night("22:00", "06:00", frozenset({4}))
    assert fridays.open_at(at_new_york("2025-07-19T05:59"))
    assert not fridays.open_at(at_new_york("2025-07-18T05:59"))
    sundays = night("02:15", "02:45", frozenset({6}))
    assert sundays.next_edge(at_new_york("2025-03-02T03:00")) == at_new_york("2025-03-16T02:15")


@pytest.mark.parametrize("days", [EVERY_DAY, frozenset(range(5))])
def test_a_whole_day(days: frozenset[int]) -> None:
    """From 00:00 to 00:00 is the day; every day of the week has no edge."""
    window = night("00:00", "00:00", days)
    friday = at_new_york("2025-07-18T12:00")
    weekend = None if days is EVERY_DAY else at_new_york("2025-07-19T00:00")
    assert window.open_at(friday)
    assert window.next_edge(friday) == weekend


def test_spans_that_touch_are_one() -> None:
    """Windows of two events in a row have no edge between them; an empty one is none."""
    found = spans([(5, 9), (1, 3), (3, 5), (20, 20), (30, 40), (32, 35)])
    assert found.edges == (1, 9, 30, 40)
    assert [found.open_at(it) for it in (0, 1, 8, 9, 39, 40)] == [
        False,
        True,
        True,
        False,
        True,
        False,
    ]
    assert found.next_edge(40) is None


def test_outside_the_calendars_years_no_session_is_known() -> None:
    """It is shut and has no edge, and nothing raises."""
    far = at_new_york("2041-06-03T10:00")
    assert (REGULAR.open_at(far), REGULAR.next_edge(far)) == (False, None)
