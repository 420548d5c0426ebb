"""A share's price carries its session to readings, alerts and metrics (row A07)."""

from __future__ import annotations

from typing import Any

import pytest

from alerts.model import AlertState, Transition
from monitor.compute.nearness import near
from monitor.compute.saved import read_cells
from monitor.compute.showing import Showing
from monitor.domain.events import Quality, Reading
from monitor.domain.sessions import SessionState
from tests.unit.alerts.test_catalogue import rule
from tests.worlds import (
    NOON,
    at_new_york,
    commit,
    make_step,
    market_step,
    quote,
    states,
    threshold,
    tick,
)

MINUTE = 60_000
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
    showing = Showing(step, [])
    list(showing.look())
    view = showing.take().market["RIOT"]
    assert isinstance(view, dict)
    assert view["session"] == "pre"
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


REGULAR = threshold(id="regular", on="RIOT", below=5.0, sessions=["regular"])


def test_a_rule_of_the_regular_session_ignores_a_pre_market_price() -> None:
    """Also after 09:30, until a regular one comes: 08:00 is ignored, 10:00 fires (row A07)."""
    step = market_step([REGULAR])
    step.process(tick(EIGHT, quote("RIOT", 4.0, EIGHT)))
    step.advance(at_new_york("2025-07-17T09:45"))
    assert step.take().transitions == []
    (row,) = near(step)
    assert (row["state"], row["reason"]) == ("inactive", "outside_session")
    assert step.watch.counts == {("warning", "inactive", "live"): 1}
    step.process(tick(TEN, quote("RIOT", 4.0, TEN)))
    (told,) = step.take().transitions
    assert (told.to_state, told.session, told.at) == (AlertState.FIRING, "regular", TEN)


def test_a_rule_of_several_sessions_watches_over_all_of_them() -> None:
    """One rule over pre and regular is not asleep at 08:00."""
    step = market_step([threshold(id="r", on="RIOT", below=5.0, sessions=["pre", "regular"])])
    step.process(tick(EIGHT, quote("RIOT", 4.0, EIGHT)))
    assert states(step.take().transitions) == [("r", "RIOT", "firing")]


def test_what_fires_stays_overnight_and_a_wait_is_given_up_aloud() -> None:
    """Post-market prices end nothing; a wait that began at 15:58 does not fire at 16:03."""
    waiting = threshold(id="w", on="RIOT", below=5.0, sessions=["regular"], **{"for": "5m"})
    step = market_step([REGULAR, waiting])
    late, post = at_new_york("2025-07-17T15:58"), at_new_york("2025-07-17T16:01")
    step.process(tick(late, quote("RIOT", 4.0, late)))
    step.process(tick(post, quote("RIOT", 6.0, post)))
    morning = at_new_york("2025-07-18T08:00")
    step.process(tick(morning, quote("RIOT", 6.5, morning)))
    told = [(t.rule, t.to_state.value, t.reason.value) for t in step.take().transitions]
    assert told == [
        ("regular", "firing", "breached"),
        ("w", "pending", "breached"),
        ("w", "inactive", "outside_session"),
    ]
    opening = at_new_york("2025-07-18T09:30")
    step.process(tick(opening, quote("RIOT", 6.0, opening)))
    (ended,) = step.take().transitions
    assert (ended.rule, ended.to_state, ended.at) == ("regular", AlertState.RESOLVED, opening)


def test_a_price_of_another_session_is_refused_by_that_name() -> None:
    """Another session is not a lack of data; a regular price that is stale, or none, is."""
    assert PLAIN.refusal(Reading(4.0, Quality.OK, session=SessionState.POST)) is None
    scoped = threshold(id="w", on="RIOT", below=5.0, sessions=["regular"])
    assert scoped.refusal(Reading(4.0, Quality.OK, session=SessionState.POST)) == "outside_session"
    assert scoped.refusal(Reading(4.0, Quality.STALE, session=SessionState.REGULAR)) == (
        "input_unusable"
    )
    assert scoped.refusal(Reading(None, Quality.MISSING)) == "input_unusable"


def test_a_rule_may_ask_for_the_halt_itself() -> None:
    """`sessions: [halted]` is judged by the last price of a halted share; others are not."""
    halt = threshold(id="halt", on="RIOT", above=0.0, sessions=["halted"])
    step = market_step([halt, PLAIN])
    step.process(tick(TEN, quote("RIOT", 6.0, TEN)))
    step.process(tick(TEN + 1, quote("RIOT", 4.0, TEN + 1, session=SessionState.HALTED)))
    (told,) = step.take().transitions
    assert (told.rule, told.to_state, told.session) == ("halt", AlertState.FIRING, "halted")
    step.process(tick(TEN + 2, quote("RIOT", 4.5, TEN + 2)))
    assert states(step.take().transitions) == [("plain", "RIOT", "firing")]


def test_a_metric_is_judged_by_the_session_of_its_share() -> None:
    """The day's change at 08:00 is ignored, the same change at 10:00 fires."""
    rule = threshold(id="r", on="stock_change_day_ratio", below=-0.1, sessions=["regular"])
    step = market_step([rule])
    before = quote("RIOT.previous_close_usd", 10.0, EIGHT, fresh_ms=10**8)
    step.process(tick(EIGHT, quote("RIOT", 8.0, EIGHT), before))
    assert step.take().transitions == []
    step.process(tick(TEN, quote("RIOT", 8.0, TEN)))
    assert states(step.take().transitions) == [("r", "RIOT", "firing")]


def test_rules_from_before_there_were_sessions_keep_their_version() -> None:
    """A field that is not given is not part of what decides."""
    assert threshold(above=1.0).version == "a126db63579c"
    assert threshold(above=1.0, sessions=["pre"]).version != "a126db63579c"


def test_what_was_told_of_the_past_is_judged_by_its_session_too() -> None:
    """A backfilled pre-market price is no late alert of a rule of the regular session."""
    step = market_step([REGULAR])
    step.process(tick(TEN, quote("RIOT", 6.0, TEN)))
    past = quote("RIOT", 4.0, EIGHT, backfilled=True, session=SessionState.PRE)
    step.process(tick(TEN + 1, past))
    assert step.take().transitions == []


SAMPLES = {"type": "samples", "count": 3, "of": 4, "above": 10.0}
WINDOWS: list[dict[str, Any]] = [
    SAMPLES,
    {"type": "smoothed", "over": "20m", "take": "max", "above": 10.0},
    {"type": "range", "over": "20m", "measure": "points", "above": 1.0},
    {"type": "average", "over": "20m", "beyond": 0.05},
    {"type": "change", "over": "20m", "below": -0.05},
    {"type": "close", "bar": "5m", "above": 10.0},
]
OPENS = at_new_york("2025-07-17T09:30")
BEFORE = (9.9, 9.9, 10.2, 10.8, 11.2, 11.2, 11.2, 10.6)


@pytest.mark.parametrize("given", WINDOWS, ids=[it["type"] for it in WINDOWS])
def test_no_window_is_made_of_prices_that_the_rule_is_not_judged_by(given: dict[str, Any]) -> None:
    """Every regular price is the same; what was dear before the exchange opened rings nothing."""
    words = {name: it for name, it in given.items() if name != "type"}
    rings = dict.fromkeys(("all", "regular"), 0)
    for name, sessions in (("all", None), ("regular", ["regular"])):
        step = market_step([rule(given["type"], id="r", on="RIOT", **words, sessions=sessions)])
        cells = dict[str, bytes]()
        for number in range(20):
            at = OPENS + (number - len(BEFORE)) * 5 * MINUTE
            price = BEFORE[number] if number < len(BEFORE) else 9.9
            step.process(tick(at, quote("RIOT", price, at)))
            told = commit(step, cells)
            rings[name] += any(it.to_state is AlertState.FIRING for it in told)
    assert rings["regular"] == 0
    assert rings["all"] > 0 or given["type"] == "average"


def test_no_window_is_made_of_what_was_told_late() -> None:
    """Only the delayed prices were dear; a restart in the middle changes nothing."""
    own = {name: it for name, it in SAMPLES.items() if name != "type"}
    rules = [rule("samples", id="r", on="XA", **own, require="realtime")]
    step, cells, told = make_step(rules), dict[str, bytes](), list[Transition]()
    for number, price in enumerate((9.9, 11.0, 11.0, 11.0, 11.0, 9.9, 9.9, 9.9, 9.9, 11, 11, 11)):
        at = NOON + number * MINUTE
        late = 900_000 if 0 < number < 5 else 0
        step.process(tick(at, quote("XA", price, at, delay_ms=late)))
        told += commit(step, cells)
        if number == 6:
            step = make_step(rules)
            step.restore(read_cells(cells))
            step.judge()
            told += commit(step, cells)
    fires = [it.at for it in told if it.to_state is AlertState.FIRING]
    assert fires == [NOON + 11 * MINUTE]
