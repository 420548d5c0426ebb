"""When a quiet time is on: over nights, weeks, changes of clocks and sessions."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.desk.book import Quiet
from alerts.desk.windows import window_of
from monitor.nyse import nyse_calendar

NEW_YORK = ZoneInfo("America/New_York")
NYSE = nyse_calendar()
MINUTE = 60_000


def at(text: str, zone: ZoneInfo = NEW_YORK) -> int:
    """Return a moment of a zone's clock, ms UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1_000)


def is_quiet(quiet: Quiet, moment: int) -> bool:
    """Tell whether a quiet time is on."""
    return window_of(quiet, NYSE).open_at(moment)


def next_edge(quiet: Quiet, moment: int) -> int:
    """Return when it begins or ends next."""
    edge = window_of(quiet, NYSE).next_edge(moment)
    assert edge is not None
    return edge


def quiet(**fields: object) -> Quiet:
    """Make a quiet time as the rulebook would."""
    return msgspec.convert({"name": "q"} | fields, Quiet)


@pytest.mark.parametrize(
    ("moment", "on"),
    [
        ("2026-03-06 09:29:59", True),  # Friday before clocks change: 14:30 UTC
        ("2026-03-06 09:30:00", False),
        ("2026-03-06 15:59:59", False),
        ("2026-03-06 16:00:00", True),
        ("2026-03-08 12:00:00", True),  # the Sunday on which they change
        ("2026-03-09 09:29:59", True),  # Monday: 13:30 UTC
        ("2026-03-09 09:30:00", False),
        ("2026-10-30 15:59:59", False),  # and back
        ("2026-10-30 16:00:00", True),
        ("2026-11-02 09:30:00", False),
        ("2026-11-27 12:59:59", False),  # a half day
        ("2026-11-27 13:00:00", True),
        ("2026-12-25 12:00:00", True),  # a holiday
    ],
)
def test_outside_the_regular_session(moment: str, on: bool) -> None:  # a column of the table
    """The edges are right in New York's clock on both days of change (row E23)."""
    assert is_quiet(quiet(outside="regular"), at(moment)) is on


@pytest.mark.parametrize(
    ("moment", "edge"),
    [
        ("2026-03-06 12:00", "2026-03-06 16:00"),
        ("2026-03-06 16:00", "2026-03-09 09:30"),
        ("2026-10-30 20:00", "2026-11-02 09:30"),
        ("2026-11-27 08:00", "2026-11-27 09:30"),
        ("2026-11-27 09:30", "2026-11-27 13:00"),
        ("2026-11-27 05:00", "2026-11-27 09:30"),
    ],
)
def test_the_next_edge_of_a_session(moment: str, edge: str) -> None:
    """Also in the pre-market of the day itself."""
    assert next_edge(quiet(outside="regular"), at(moment)) == at(edge)


def test_beyond_the_calendar_nothing_is_quiet() -> None:
    """Of a year whose sessions nobody knows nothing is hidden."""
    assert not is_quiet(quiet(outside="regular"), at("2050-03-06 03:00"))


NIGHT = quiet(zone="America/New_York", **{"from": "22:00", "to": "07:00"})


@pytest.mark.parametrize(
    ("moment", "on"),
    [
        ("2026-03-07 21:59", False),
        ("2026-03-07 22:00", True),
        ("2026-03-08 01:59", True),
        ("2026-03-08 03:00", True),
        ("2026-03-08 06:59", True),
        ("2026-03-08 07:00", False),
        ("2026-11-01 06:59", True),
        ("2026-11-01 07:00", False),
    ],
)
def test_a_night_over_a_change_of_clocks(moment: str, on: bool) -> None:  # a column of the table
    """It ends at seven by the clock on the wall, an hour earlier or later in UTC."""
    assert is_quiet(NIGHT, at(moment)) is on


def test_days_name_where_it_begins() -> None:
    """A Friday night lasts into Saturday, and Saturday's own night is not meant."""
    friday = quiet(zone="Europe/Berlin", days=["fri"], **{"from": "22:00", "to": "06:00"})
    berlin = ZoneInfo("Europe/Berlin")
    assert is_quiet(friday, at("2026-03-07 05:59", berlin))
    assert not is_quiet(friday, at("2026-03-07 23:00", berlin))
    assert next_edge(friday, at("2026-03-07 06:00", berlin)) == at("2026-03-13 22:00", berlin)


def test_a_whole_weekend_is_one_time() -> None:
    """Two days that touch at midnight have no edge between them."""
    weekend = quiet(days=["sat", "sun"], **{"from": "00:00", "to": "24:00"})
    utc = ZoneInfo("UTC")
    assert next_edge(weekend, at("2026-03-06 12:00", utc)) == at("2026-03-07 00:00", utc)
    assert next_edge(weekend, at("2026-03-07 12:00", utc)) == at("2026-03-09 00:00", utc)


@given(
    st.integers(at("2026-01-01 00:00"), at("2027-01-01 00:00")),
    st.sampled_from([NIGHT, quiet(outside="regular"), quiet(**{"from": "02:30", "to": "02:45"})]),
)
def test_nothing_changes_before_the_next_edge(moment: int, window: Quiet) -> None:
    """And at the edge it does."""
    edge = next_edge(window, moment)
    assert edge > moment
    now = is_quiet(window, moment)
    assert is_quiet(window, edge - 1) is now
    assert is_quiet(window, edge) is not now


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"from": "22:00"},
        {"from": "25:00", "to": "07:00"},
        {"from": "22:00", "to": "07:00", "zone": "Mars/Base"},
        {"from": "22:00", "to": "07:00", "outside": "regular"},
        {"from": "22:00", "to": "07:00", "days": []},
        {"from": "22:00", "to": "07:00", "match": {"colour": "red"}},
    ],
)
def test_a_quiet_time_that_cannot_be_meant_is_refused(fields: dict[str, object]) -> None:
    """Each mistake has its sentence."""
    with pytest.raises(msgspec.ValidationError):
        quiet(**fields)
