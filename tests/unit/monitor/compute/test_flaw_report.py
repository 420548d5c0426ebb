"""Gaps, stale and disputed spans, refused values: each with its times (row K11)."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.compute.flaw_report import Inspection, inspect
from monitor.core.clock import HOUR, MINUTE, SECOND, Millis, iso, parse_iso
from monitor.domain.events import BTC_USD, Quote
from monitor.domain.flaws import Flaw, FlawSpan, merged
from monitor.nyse import nyse_calendar
from tests.command import hashhedge
from tests.worlds import NOON, quote

STOCKS = frozenset({"RIOT"})


def inspected(*quotes: tuple[Millis, Quote]) -> Inspection:
    """Return what is found in quotes, each with the moment at which it came."""
    return inspect([(at, (one,)) for at, one in quotes], nyse_calendar(), STOCKS)


def minutes(
    *places: int, name: str = BTC_USD, fresh_ms: int = 2 * MINUTE
) -> list[tuple[int, Quote]]:
    """Return a quote at each of these minutes after noon."""
    times = [NOON + place * MINUTE for place in places]
    return [(at, quote(name, 100 + at % 7, at, fresh_ms=fresh_ms)) for at in times]


def gaps(found: Inspection) -> list[tuple[int, int | None]]:
    """Return the gaps in minutes after noon."""
    return [
        ((span.start or 0) - NOON, span.end and span.end - NOON)
        for span in found.spans
        if span.kind is Flaw.GAP
    ]


def test_three_gaps_are_three_with_their_times() -> None:
    """What comes within the budget is no gap, what comes at its very end neither."""
    found = inspected(*minutes(0, 1, 3, 10, 11, 30, 31, 34, 35))
    assert gaps(found) == [
        (3 * MINUTE, 10 * MINUTE),
        (11 * MINUTE, 30 * MINUTE),
        (31 * MINUTE, 34 * MINUTE),
    ]


def test_a_source_that_does_not_come_back_has_a_gap_that_lasts() -> None:
    """The other one goes on, so it is known how late it is."""
    other = [(at, quote("USDT-USD", 1, at)) for at, _ in minutes(*range(10))]
    found = inspected(*minutes(0), *other)
    assert (0, None) in gaps(found)


def test_a_closed_market_is_no_gap() -> None:
    """Friday's last trade to Monday's first: nothing of a session lies between."""
    friday, monday = parse_iso("2025-07-18T19:59Z"), parse_iso("2025-07-21T13:31Z")
    late = parse_iso("2025-07-21T14:30Z")
    found = inspected(*((at, quote("RIOT", 10, at)) for at in (friday, monday, late)))
    assert [(span.start, span.end) for span in found.spans] == [(monday, late)]


def test_what_is_old_when_it_comes_is_a_stale_span() -> None:
    """From the first that came late to the first that came in time; an hour late, three times."""
    late = [(NOON + n * MINUTE, quote("GPU", 2, NOON + n * MINUTE - HOUR)) for n in (0, 1, 2)]
    found = inspected(*late, (NOON + 3 * MINUTE, quote("GPU", 2, NOON + 3 * MINUTE)))
    (stale,) = (span for span in found.spans if span.kind is Flaw.STALE)
    assert (stale.start, stale.end) == (NOON, NOON + 3 * MINUTE)


def test_disputed_venues_are_a_span() -> None:
    """Two venues agree, stand 20 % apart for five seconds, and agree again."""
    moments = []
    for place, other in enumerate((100, 120, 100)):
        at = NOON + place * 5 * SECOND
        both = (quote(BTC_USD, 100, at, source="a"), quote(BTC_USD, other, at, source="b"))
        moments.append((at, both))
    found = inspect(moments, nyse_calendar(), STOCKS)
    (span,) = (span for span in found.spans if span.kind is Flaw.DISPUTED)
    assert (span.start, span.end) == (NOON + 5 * SECOND, NOON + 10 * SECOND)


def test_refused_values_are_counted_by_reason() -> None:
    """Two zeros and one from the future, with the first and the last moment of each reason."""
    bad = [(NOON + n, quote(BTC_USD, 0, NOON)) for n in (1, 5)]
    found = inspected(*bad, (NOON + 6, quote(BTC_USD, 5, NOON + HOUR)))
    told = [(s.reason, s.times, s.start, s.end) for s in found.spans if s.kind is Flaw.REFUSED]
    assert told == [
        ("zero_price", 2, NOON + 1, NOON + 5),
        ("future", 1, NOON + 6, NOON + 6),
    ]


def test_what_was_backfilled_is_no_flaw() -> None:
    """A past told afterwards is neither stale nor a gap."""
    told = (NOON, quote(BTC_USD, 5, NOON - HOUR, backfilled=True))
    assert inspected(told).spans == []


@given(st.lists(st.integers(0, 50), min_size=1))
def test_hours_that_touch_are_one_span(hours: list[int]) -> None:
    """However the hours lie, none is lost and no two of the result touch."""
    spans = [
        FlawSpan(Flaw.REFUSED, "a", "", hour * HOUR, hour * HOUR + HOUR, "future", 1)
        for hour in hours
    ]
    found = merged(spans)
    assert sum(span.times for span in found) == len(hours)
    for one, following in pairwise(found):
        assert one.end is not None
        assert following.start is not None
        assert one.end < following.start


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Return a recording with three gaps of a minute's quotes, one zero price among them."""
    header = "at_ms,instrument,source,value,observed_at_ms,received_at_ms,fresh_ms,bid,ask"
    rows = []
    for place in (0, 1, 2, 10, 11, 20, 21, 40):
        at = NOON + place * MINUTE
        rows.append(f"{at},BTC-USD,kraken,{100_000 + place},{at},,120000,,,,")
    rows.append(f"{NOON + 40 * MINUTE},BTC-USD,bitstamp,0,{NOON},,120000,,,,")
    path = tmp_path / "quotes-2025-07-17.csv"
    path.write_text("\n".join([f"{header},volume,local_time", *rows, ""]))
    return path


def test_the_command_lists_them(recording: Path) -> None:
    """Row K11 from the command line: three gaps with their times, the refused value by reason."""
    said = hashhedge("feeds", "quality", "--recording", recording, "-o", "json")
    assert said.code == 0, said.err
    rows = [row for row in said.json["flaws"] if row["kind"] == "gap"]
    assert [(row["start"], row["end"], row["duration_s"]) for row in rows] == [
        (iso(NOON + a * MINUTE), iso(NOON + b * MINUTE), (b - a) * 60.0)
        for a, b in ((2, 10), (11, 20), (21, 40))
    ]
    kraken = next(row for row in said.json["feeds"] if row["feed"] == "kraken")
    assert (kraken["quotes"], kraken["gaps"], kraken["longest_gap_s"]) == (8, 3, 1_140.0)
    (refused,) = (row for row in said.json["flaws"] if row["kind"] == "refused")
    assert (refused["feed"], refused["reason"], refused["count"]) == ("bitstamp", "zero_price", 1)
    one = hashhedge("feeds", "quality", "bitstamp", "--recording", recording)
    assert "zero price x1" in one.out
    assert "kraken" not in one.out
    part = hashhedge(
        *("feeds", "quality", "--recording", recording.parent, "-o", "csv"),
        *("--from", iso(NOON + 12 * MINUTE)),
    )
    assert part.out.count("gap") == 2


def test_a_source_nobody_heard_of_is_not_called_flawless(recording: Path) -> None:
    """A slip in the name is refused with the nearest; a feed of ours that is not in it is not."""
    slip = hashhedge("feeds", "quality", "krakem", "--recording", recording)
    assert slip.code == 2
    assert "did you mean `kraken`?" in slip.err
    absent = hashhedge("feeds", "quality", "coinbase", "--recording", recording)
    assert absent.code == 0, absent.err
    later = hashhedge("feeds", "quality", "--recording", recording, "--from", "2999-01-01")
    assert later.code == 2
    assert "has not come yet" in later.err
