"""`hashhedge calendar` as a person asks it: half days, holidays, zones, mistakes."""

from __future__ import annotations

import csv
import io

import pytest

from tests.command import hashhedge


def test_a_half_day_and_the_holiday_after_it() -> None:
    """Features A08: 2025-12-24 closes at 13:00, post-market to 17:00; the 25th is closed."""
    half = hashhedge("calendar", "2025-12-24")
    assert half.code == 0
    words = " ".join(half.out.split())
    assert "close 13:00 New York, post-market to 17:00" in words
    assert "half day (Christmas Eve)" in words
    closed = hashhedge("calendar", "2025-12-25")
    assert "closed (Christmas Day)" in closed.out
    assert "13:00" not in closed.out
    assert "closed (weekend)" in hashhedge("calendar", "2025-12-27").out


def test_times_in_three_zones() -> None:
    """New York, UTC and the zone of whoever asks: the machine's, or one that is named."""
    day = hashhedge("calendar", "2025-12-24", "-o", "json", env={"TZ": "Asia/Tokyo"}).json["days"][
        0
    ]
    regular = day["sessions"][1]
    assert regular["session"] == "regular"
    assert regular["from"] == {
        "utc": "2025-12-24T14:30:00.000Z",
        "new_york": "2025-12-24T09:30-05:00",
        "local": "2025-12-24T23:30+09:00",
    }
    summer = hashhedge("calendar", "2025-07-02", "--zone", "Europe/Berlin", "-o", "json").json
    assert summer["zone"] == "Europe/Berlin"
    assert summer["days"][0]["sessions"][1]["from"]["utc"] == "2025-07-02T13:30:00.000Z"
    assert summer["days"][0]["sessions"][1]["from"]["local"] == "2025-07-02T15:30+02:00"


def test_several_days_as_rows() -> None:
    """One CSV row a session, and one for a day without any."""
    said = hashhedge("calendar", "2025-12-24", "--days", "3", "-o", "csv")
    rows = list(csv.DictReader(io.StringIO(said.out)))
    assert [(row["date"], row["session"]) for row in rows] == [
        ("2025-12-24", "pre"),
        ("2025-12-24", "regular"),
        ("2025-12-24", "post"),
        ("2025-12-25", "closed"),
        ("2025-12-26", "pre"),
        ("2025-12-26", "regular"),
        ("2025-12-26", "post"),
    ]
    assert rows[1]["to_new_york"] == "2025-12-24T13:00-05:00"
    assert rows[3]["from_utc"] == ""


@pytest.mark.parametrize(
    ("words", "cause", "mend"),
    [
        (("24.12.2025",), "`24.12.2025` is no date", "2025-12-24"),
        (("1999-01-04",), "no session is known so far away", "from 2015"),
        (("2040-12-31", "--days", "2"), "no session is known so far away", "to 2040"),
        (("--zone", "Europe/Atlantis"), "no time zone `Europe/Atlantis`", "IANA"),
    ],
)
def test_a_mistake_is_named(words: tuple[str, ...], cause: str, mend: str) -> None:
    """What is wrong and how to mend it, with exit code 2."""
    said = hashhedge("calendar", *words)
    assert said.code == 2
    assert cause in said.err
    assert mend in said.err
