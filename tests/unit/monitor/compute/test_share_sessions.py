"""A share's price carries its session to readings, alerts and metrics (row A07)."""

from __future__ import annotations

from alerts.model import AlertState
from monitor.compute.views import market_view
from monitor.domain.events import Quality
from monitor.domain.sessions import SessionState
from tests.worlds import at_new_york, commit, market_step, quote, threshold, tick

EIGHT = at_new_york("2025-07-17T08:00")
TEN = at_new_york("2025-07-17T10:00")
PLAIN = threshold(id="plain", on="RIOT", below=5.0)


def test_the_session_travels_with_the_reading_and_the_alert() -> None:
    """At 08:00 it is a pre-market price, at 10:00 a regular one; an alert and its input say so."""
    step = market_step([PLAIN])
    step.process(tick(EIGHT, quote("RIOT", 4.0, EIGHT)))
    (told,) = step.take().transitions
    assert (told.to_state, told.session) == (AlertState.FIRING, "pre")
    assert told.inputs[0]["session"] == "pre"
    assert step.instruments.reading("RIOT").session is SessionState.PRE
    assert market_view(step, [])["RIOT"]["session"] == "pre"
    step.process(tick(TEN, quote("RIOT", 6.0, TEN)))
    (ended,) = step.take().transitions
    assert (ended.to_state, ended.session) == (AlertState.RESOLVED, "regular")


def test_a_metric_of_a_share_has_its_session() -> None:
    """The day's change of a share is as regular as its price; the close before says nothing."""
    step = market_step([threshold(id="r", on="stock_change_day_ratio", below=-0.1)])
    before = quote("RIOT.previous_close_usd", 10.0, EIGHT)
    step.process(tick(EIGHT, quote("RIOT", 8.0, EIGHT), before))
    (told,) = step.take().transitions
    assert told.session == "pre"


def test_a_converted_share_has_the_session_of_its_listing() -> None:
    """HIVE made of Toronto's pre-market price is a pre-market price."""
    step = market_step()
    step.process(tick(EIGHT, quote("HIVE-CAD", 4.0, EIGHT), quote("USD-CAD", 1.4, EIGHT)))
    assert step.instruments.reading("HIVE").session is SessionState.PRE


def test_a_halted_share_keeps_its_last_good_price_and_fires_nothing() -> None:
    """No calendar knows a halt: whoever does says so; the value stays, under a named reason."""
    step = market_step([PLAIN])
    step.process(tick(TEN, quote("RIOT", 6.0, TEN)))
    halted = quote("RIOT", 4.0, TEN + 1, session=SessionState.HALTED)
    step.process(tick(TEN + 1, halted))
    reading = step.instruments.reading("RIOT")
    assert (reading.value, reading.quality, reading.reason) == (4.0, Quality.STALE, "halted")
    assert step.take().transitions == []
    step.process(tick(TEN + 2, quote("RIOT", 4.0, TEN + 2)))
    assert [told.session for told in step.take().transitions] == ["regular"]


def test_the_stored_quote_has_its_session() -> None:
    """What is committed says pre at 08:00 and regular at 10:00."""
    step, cells = market_step(), dict[str, bytes]()
    stored = []
    for at in (EIGHT, TEN):
        step.process(tick(at, quote("RIOT", 4.0, at)))
        commit(step, cells)
        stored += [body for name, body in cells.items() if name.startswith("q|RIOT|")]
    assert [b'"session":"pre"' in body for body in stored] == [True, False]
    assert [b'"session":"regular"' in body for body in stored] == [False, True]
