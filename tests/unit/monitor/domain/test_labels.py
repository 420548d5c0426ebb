"""Which session a share's price is of: the source's word, else the calendar at its own time."""

from __future__ import annotations

import pytest

from monitor.domain.events import Quality, Reading
from monitor.domain.labels import joint_session, labelled, standing_in
from monitor.domain.sessions import SessionState
from monitor.nyse import nyse_calendar
from tests.worlds import at_new_york, quote

SHARES = frozenset({"RIOT", "HIVE"})
CALENDAR = nyse_calendar()


def session_of(moment: str, name: str = "RIOT", **fields: object) -> SessionState | None:
    """Return the label of a quote observed at a wall time in New York."""
    (found,) = labelled(
        [quote(name, 5, at_new_york(moment), **fields)], SHARES, CALENDAR.session_at
    )
    return found.session


@pytest.mark.parametrize(
    ("moment", "session"),
    [
        ("2025-07-17T08:00", "pre"),
        ("2025-07-17T10:00", "regular"),
        ("2025-07-17T17:00", "post"),
        ("2025-07-17T21:00", "closed"),
        ("2025-03-07T09:29", "pre"),  # the Friday before the clocks change: 14:29 UTC
        ("2025-03-10T09:30", "regular"),  # and the Monday after: 13:30 UTC
        ("2025-11-03T09:29:59", "pre"),
        ("2025-11-03T09:30", "regular"),
        ("2025-12-24T12:59", "regular"),  # closes at one
        ("2025-12-24T13:00", "post"),
        ("2025-12-24T17:00", "closed"),
        ("2025-12-25T10:00", "closed"),
        ("2025-03-09T03:30", "closed"),  # the Sunday on which they change
    ],
)
def test_the_calendar_says_it_at_the_sources_own_time(moment: str, session: str) -> None:
    """Clocks that change, an early close and a holiday included (row A07)."""
    assert session_of(moment) == session


def test_the_sources_own_word_goes_first() -> None:
    """A regular price that the closing auction printed late stays one; no calendar knows a halt."""
    late = "2025-07-17T16:00:01"
    assert session_of(late) == "post"
    assert session_of(late, session=SessionState.REGULAR) == "regular"
    assert session_of("2025-07-17T11:00", session=SessionState.HALTED) == "halted"


@pytest.mark.parametrize(
    ("moment", "said", "holds"),
    [
        ("2025-12-25T11:00", "regular", "closed"),  # Christmas
        ("2025-12-25T08:00", "pre", "closed"),
        ("2025-11-27T15:59", "regular", "closed"),  # Thanksgiving
        ("2025-12-24T15:00", "regular", "post"),  # closes at one
        ("2025-07-17T16:21", "regular", "post"),
        ("2025-07-17T08:00", "regular", "pre"),
        ("2025-07-19T12:00", "regular", "closed"),  # a Saturday
    ],
)
def test_the_calendar_wins_over_a_source_that_says_more(moment: str, said: str, holds: str) -> None:
    """Nobody trades on a holiday; what the source said stands beside it, so that it can be seen."""
    given = quote("RIOT", 5, at_new_york(moment), session=SessionState(said))
    (found,) = labelled([given], SHARES, CALENDAR.session_at)
    assert (found.session, found.session_said) == (holds, said)
    (again,) = labelled([found], SHARES, CALENDAR.session_at)
    assert again == found


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        ("2025-12-24T13:10", "regular"),  # the auction of an early close
        ("2025-07-17T11:00", "closed"),  # a closure that the calendar does not know
        ("2025-12-25T11:00", "halted"),
    ],
)
def test_a_source_may_say_less_than_the_calendar(moment: str, said: str) -> None:
    """A share may rest while the exchange is open; nothing is in doubt then."""
    given = quote("RIOT", 5, at_new_york(moment), session=SessionState(said))
    assert labelled([given], SHARES, CALENDAR.session_at) == [given]


@pytest.mark.parametrize("name", ["BTC-USD", "RIOT.previous_close_usd", "USD-CAD", "RIOT.btc_held"])
def test_what_is_no_shares_price_has_none(name: str) -> None:
    """Bitcoin never closes, yesterday's close is of yesterday; a stranger's label is taken away."""
    assert session_of("2025-07-17T08:00", name) is None
    assert session_of("2025-07-17T08:00", name, session=SessionState.HALTED) is None


def test_a_listing_is_labelled_and_a_far_year_is_not() -> None:
    """HIVE in Toronto has New York's sessions; outside the calendar's years nothing is known."""
    assert session_of("2025-07-17T08:00", "HIVE-CAD") == "pre"
    assert session_of("1999-07-16T10:00") is None


def test_a_halted_price_is_shown_and_not_usable() -> None:
    """The last good price stays; why it is not usable has a name."""
    fine = (Quality.OK, "")
    assert standing_in(SessionState.HALTED, fine) == (Quality.STALE, "halted")
    assert standing_in(SessionState.PRE, fine) is fine


def test_what_several_make_is_as_regular_as_the_least_of_them() -> None:
    """One share in the pre-market makes a ratio of two a pre-market figure."""

    def at(session: SessionState | None) -> Reading:
        return Reading(1.0, Quality.OK, session=session)

    regular, pre = at(SessionState.REGULAR), at(SessionState.PRE)
    assert joint_session([regular, pre, at(None)]) is SessionState.PRE
    assert joint_session([pre, at(SessionState.HALTED)]) is SessionState.HALTED
    assert joint_session([at(None)]) is None
