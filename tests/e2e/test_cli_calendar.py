"""`hashhedge calendar` as a person asks it: half days, holidays, zones, mistakes."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from tests.command import hashhedge

ROOT = Path(__file__).resolve().parents[2]


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
    """One CSV row a session, one for a day without any, and one for the window of each event."""
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
        ("2025-12-26", ""),
    ]
    assert (rows[7]["kind"], rows[7]["from_utc"]) == ("options-expiry", "2025-12-26T07:30:00.000Z")
    assert rows[1]["to_new_york"] == "2025-12-24T13:00-05:00"
    assert rows[3]["from_utc"] == ""


def test_the_events_of_a_day_are_listed() -> None:
    """Those of the file, by New York's date, with their window, and the expiry of options by rule."""
    sample = str(ROOT / "docs" / "samples" / "calendar" / "events.yaml")
    said = hashhedge("calendar", "2040-02-22", "--calendar", sample, "--zone", "UTC", "-o", "json")
    (event,) = said.json["days"][0]["events"]
    assert (event["id"], event["companies"]) == ("riot-earnings-example", ["RIOT"])
    assert event["at"]["new_york"] == "2040-02-22T16:05-05:00"
    assert event["window"]["from"]["utc"] == "2040-02-21T21:05:00.000Z"
    (expiry,) = hashhedge("calendar", "2025-12-26", "-o", "json").json["days"][0]["events"]
    assert (expiry["id"], expiry["at"]["utc"]) == (
        "options-expiry-2025-12-26",
        "2025-12-26T08:00:00.000Z",
    )
    assert "options-expiry  03:00 New York, 08:00 UTC" in hashhedge("calendar", "2025-12-26").out


def test_a_calendar_that_cannot_be_read_is_named_with_its_line(tmp_path: Path) -> None:
    """In every command that takes one: exit 2, file and line."""
    path = tmp_path / "mine.yaml"
    path.write_text("events:\n  - {id: a, kind: cpi, at: 2025-07-15T08:30, source: s}\n")
    for words in (("calendar",), ("rules", "check"), ("config", "check")):
        said = hashhedge(*words, "--calendar", str(path))
        assert said.code == 2
        assert "mine.yaml:2" in said.err.replace("\n", "")
        assert "is of no zone" in said.err


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
