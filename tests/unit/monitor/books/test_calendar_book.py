"""The calendar of dated events: times with zones, defaults, and every mistake with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.books import load_calendar
from monitor.core.clock import parse_iso
from monitor.core.errors import ConfigErrors

MINUTE = 60_000
SAMPLES = Path(__file__).resolve().parents[4] / "docs" / "samples" / "calendar"
TICKERS = ("RIOT", "HIVE")


def written(folder: Path, *events: str) -> Path:
    """Write a calendar, one event a line."""
    path = folder / "calendar.yaml"
    path.write_text("\n".join(["events:", *(f"  - {{{it}}}" for it in events), ""]))
    return path


def test_the_default_calendar_has_no_date() -> None:
    """No date comes without a source; the computed kinds are known all the same."""
    agenda = load_calendar(None, TICKERS)
    assert agenda.listed == ()
    assert {"cpi", "earnings", "difficulty"} <= agenda.names
    assert agenda.dated == {"difficulty", "halving", "options-expiry"}


def test_a_time_is_by_the_wall_of_its_zone_or_has_an_offset(tmp_path: Path) -> None:
    """08:30 in New York is 12:30 UTC in July and 13:30 in January; events come in order of time."""
    path = written(
        tmp_path,
        "id: b, kind: cpi, at: 2025-07-15T08:30, zone: America/New_York, source: s",
        "id: a, kind: cpi, at: 2025-01-15T08:30, zone: America/New_York, source: s",
        "id: c, kind: fomc, at: '2025-07-30T14:00-04:00', source: s, before: 1h, after: 0s",
        "id: d, kind: nfp, at: 2025-08-01T12:30:00Z, source: s",
    )
    found = {it.id: it for it in load_calendar(path).listed}
    assert list(found) == ["a", "b", "c", "d"]
    assert [it.at for it in found.values()] == [
        parse_iso(f"2025-{text}Z")
        for text in ("01-15T13:30:00", "07-15T12:30:00", "07-30T18:00:00", "08-01T12:30:00")
    ]
    assert (found["a"].before_ms, found["a"].after_ms) == (30 * MINUTE, 15 * MINUTE)
    assert (found["c"].before_ms, found["c"].after_ms) == (60 * MINUTE, 0)


def test_the_sample_is_a_calendar_of_invented_dates() -> None:
    """It can be read, and nobody can take its dates for real ones."""
    agenda = load_calendar(SAMPLES / "events.yaml", TICKERS)
    assert {it.kind for it in agenda.listed} == {"cpi", "fomc", "earnings"}
    assert all("invented" in it.source for it in agenda.listed)


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ("id: a, kind: cpi, at: 2025-07-15T08:30, source: s", "is of no zone"),
        ("id: a, kind: cpi, at: 2025-07-15, source: s, zone: UTC", "is no moment"),
        ("id: a, kind: cpi, at: 2025-07-32T08:30Z, source: s", "is no moment"),
        ("id: a, kind: cpi, at: 2025-07-15T08:30Z, source: s, zone: UTC", "says its offset itself"),
        ("id: a, kind: cpi, at: 2025-07-15T08:30, source: s, zone: Mars/X", "no time zone"),
        (
            "id: a, kind: cpi, at: 2025-03-09T02:30, source: s, zone: America/New_York",
            "is shown never",
        ),
        (
            "id: a, kind: cpi, at: 2025-11-02T01:30, source: s, zone: America/New_York",
            "is shown twice",
        ),
        ("id: a, kind: difficulty, at: 2025-07-15T08:30Z, source: s", "is computed"),
        ("id: cpi, kind: cpi, at: 2025-07-15T08:30Z, source: s", "is the name of a kind"),
        ("id: a, kind: earnings, at: 2025-07-15T08:30Z, source: s", "are nobody's"),
        ("id: a, kind: x, at: 2025-07-15T08:30Z, source: s, companies: [RIOTT]", "no company"),
        ("id: a, kind: cpi, at: 2025-07-15T08:30Z", "missing field `source`"),
        ("id: a, kind: cpi, at: 2025-07-15T08:30Z, source: s, befor: 1h", "unknown field"),
        ("id: a, kind: cpi, at: 2025-07-15T08:30Z, source: s, before: soon", "is no duration"),
        ("id: a, kind: cpi, at: 2025-07-15T08:30Z, source: s, after: 15d", "longer than 14d"),
        ("id: good, kind: cpi, at: 2025-07-15T08:30Z, source: s", "is there twice"),
    ],
)
def test_a_mistake_is_named_with_its_line(event: str, why: str, tmp_path: Path) -> None:
    """File, line 3, cause; the good event before it is not blamed."""
    path = written(tmp_path, "id: good, kind: nfp, at: 2025-07-15T08:30Z, source: s", event)
    with pytest.raises(ConfigErrors) as caught:
        load_calendar(path, TICKERS)
    (problem,) = caught.value.problems
    assert why in str(problem)
    assert problem.where == f"{path}:3"


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """Two wrong events are two problems."""
    path = written(tmp_path, "id: a, kind: cpi", "id: b, kind: cpi, at: x, source: s")
    with pytest.raises(ConfigErrors) as caught:
        load_calendar(path)
    assert len(caught.value.problems) == 2
