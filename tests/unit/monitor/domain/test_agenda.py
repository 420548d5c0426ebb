"""Events: who is concerned, when options expire, when the chain turns, and the windows around."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.clock import parse_iso
from monitor.domain.agenda import (
    DAY,
    WEEK,
    Agenda,
    Around,
    Event,
    chain_events,
    expiries,
)

MINUTE = 60_000
NOON = parse_iso("2025-07-17T12:00:00Z")


def event(kind: str, at: int, *companies: str, before_ms: int = 1, after_ms: int = 1) -> Event:
    """Return an event of the book."""
    return Event(
        id=f"{kind}-1",
        kind=kind,
        at=at,
        source="s",
        companies=companies,
        before_ms=before_ms,
        after_ms=after_ms,
    )


def test_options_expire_on_fridays_at_eight() -> None:
    """Deribit's rule: 08:00 UTC, each Friday; the end of the span is not in it."""
    found = expiries(NOON, NOON + 2 * WEEK)
    assert [datetime.fromtimestamp(it.at / 1_000, UTC).isoformat() for it in found] == [
        "2025-07-18T08:00:00+00:00",
        "2025-07-25T08:00:00+00:00",
    ]
    friday = found[0].at
    assert [it.at for it in expiries(friday, friday + WEEK)] == [friday]


@given(st.integers(0, 10**13), st.integers(0, 10 * WEEK))
def test_every_expiry_of_a_span_is_in_it(since: int, length: int) -> None:
    """They are a week apart, in the span, on Fridays; none is left out."""
    moments = [it.at for it in expiries(since, since + length)]
    assert all(since <= it < since + length for it in moments)
    assert all(later - it == WEEK for it, later in pairwise(moments))
    assert abs(len(moments) - length / WEEK) <= 1
    assert all(datetime.fromtimestamp(it / 1_000, UTC).weekday() == 4 for it in moments)


def test_the_chain_says_when_it_turns() -> None:
    """Block 905,184 was the last retarget; at 600 s the next, 2016 later, is a fortnight from it."""
    found = {it.id: it for it in chain_events(906_000, NOON, None)}
    assert found["difficulty-905184"].at == NOON - 816 * 600_000
    assert found["difficulty-907200"].at == NOON + 1_200 * 600_000
    assert found["halving-1050000"].at == NOON + 144_000 * 600_000
    assert all(it.estimated for it in found.values())
    quick = {it.id: it for it in chain_events(906_000, NOON, 500.0)}
    assert quick["difficulty-907200"].at == NOON + 1_200 * 500_000


def test_the_turning_block_itself_is_the_event() -> None:
    """At height 907,200 the retarget happened when that block was seen."""
    found = {it.id: it for it in chain_events(907_200, NOON, 580.0)}
    assert found["difficulty-907200"].at == NOON


def near(agenda: Agenda, moment: int, subject: str) -> tuple[str, ...]:
    """Return the kinds of what is near and concerns a subject."""
    return tuple(it.kind for it in agenda.around(moment) if it.concerns(subject))


def test_an_event_of_one_company_is_none_of_anothers() -> None:
    """Earnings of RIOT shut RIOT's rules; a release shuts everybody's."""
    agenda = Agenda((event("earnings", NOON, "RIOT"), event("cpi", NOON)))
    assert Around(agenda, "earnings", "RIOT").open_at(NOON)
    assert not Around(agenda, "earnings", "HIVE").open_at(NOON)
    assert Around(agenda, "cpi", "HIVE").open_at(NOON)
    assert near(agenda, NOON, "HIVE") == ("cpi",)
    assert near(agenda, NOON, "RIOT") == ("cpi", "earnings")


def test_the_window_is_the_rules_or_the_events_own() -> None:
    """Half open, with the event's own reach where the rule does not say one."""
    agenda = Agenda((event("cpi", NOON, before_ms=60 * MINUTE, after_ms=5 * MINUTE),))
    own, asked = Around(agenda, "cpi", "X"), Around(agenda, "cpi-1", "X", 0, 15 * MINUTE)
    assert own.next_edge(NOON - DAY) == NOON - 60 * MINUTE
    assert own.next_edge(NOON - 60 * MINUTE) == NOON + 5 * MINUTE
    assert (own.open_at(NOON - 60 * MINUTE), own.open_at(NOON + 5 * MINUTE)) == (True, False)
    assert asked.next_edge(NOON - DAY) == NOON
    assert own.next_edge(NOON + DAY) is None


@given(st.integers(-3 * WEEK, 3 * WEEK), st.integers(0, 13 * DAY), st.integers(0, 13 * DAY))
def test_around_expiries_the_edges_hold_however_wide(shift: int, before: int, after: int) -> None:
    """The next edge is where the answer changes; windows that meet are open for ever."""
    window = Around(Agenda(), "options-expiry", "BTC-USD", before, after)
    moment = NOON + shift
    edge = window.next_edge(moment)
    if before + after >= WEEK or before + after == 0:
        assert edge is None
        assert window.open_at(moment) is (before + after > 0)
    else:
        assert edge is not None
        assert window.open_at(edge) is not window.open_at(moment)
        assert window.open_at(edge - 1) is window.open_at(moment)


@pytest.mark.parametrize(
    ("minutes", "kinds"), [(-31, ()), (-30, ("cpi",)), (30, ("cpi",)), (31, ())]
)
def test_near_is_half_an_hour_to_both_sides(minutes: int, kinds: tuple[str, ...]) -> None:
    """An alert half an hour before or after is named after the event, one later is not."""
    agenda = Agenda((event("cpi", NOON),))
    assert near(agenda, NOON + minutes * MINUTE, "X") == kinds
