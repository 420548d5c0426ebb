"""What `explain alert` answers of a rule that does not ring, or is not judged."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from alerts.engine import state_of
from alerts.setting import Setting
from monitor.cli.alert_answer import answer
from monitor.cli.alert_reason import bound_of
from monitor.core.clock import iso
from monitor.domain.agenda import Agenda, Event
from monitor.domain.events import Quote
from tests.unit.alerts.test_catalogue import rule
from tests.worlds import at_new_york, market_step, quote, threshold, tick

EIGHT = at_new_york("2025-07-17T08:00")
QUARTER = 900_000
SHUT = "It is not judged now, outside"
CPI = Agenda((Event(id="cpi-1", kind="cpi", at=EIGHT, source="s"),))
AROUND = {"event": "cpi", "before": "30m", "after": "15m"}
LATER = {"event": "earnings", "before": "30m", "after": "15m"}
BOOK = (
    threshold(id="regular", on="RIOT", above=10.0, sessions=["regular"]),
    threshold(id="calm", on="X", above=10.0, exclude=[AROUND]),
    threshold(id="only", on="X", above=10.0, require=[LATER]),
    threshold(id="exact", on="X", above=10.0, require="realtime"),
    threshold(id="plain", on="X", above=12.0),
    threshold(id="fires", on="X", above=10.0),
    threshold(id="kept", on="X", above=10.0, keep_firing_for="1h"),
    rule("move", id="half", on="X", by=0.5),
    rule("move", id="rise", on="X", up=2.0, measure="points"),
    rule("move", id="unheard", on="Y", by=0.5),
    rule("absence", id="gone", on="Y", **{"for": "1m"}),
)


def x(value: float, at: int, delay_ms: int = 0) -> Quote:
    """Return a quote of X that stays fresh."""
    return quote("X", value, at, fresh_ms=10**9, delay_ms=delay_ms)


def answers(name: str, quotes: Sequence[Quote], mute: str = "") -> str:
    """Return the answer for a rule after some quotes, each a tick of its own."""
    step = market_step(BOOK, setting=Setting(agenda=CPI))
    for item in quotes:
        step.process(tick(item.observed_at, item))
    bound = bound_of(step, name, None)
    reading = bound.reading_of(step.reading)
    state = state_of(bound.rule, bound.record, reading, shut=bound.shut)
    return answer(bound, reading, state, mute)


@pytest.mark.parametrize(
    ("name", "quotes", "words"),
    [
        (
            "regular",
            [quote("RIOT", 11.1, EIGHT)],
            f"{SHUT} session: its `sessions` are regular, and the price is of the session pre.",
        ),
        (
            "calm",
            [x(11.1, EIGHT)],
            f"{SHUT} window: within its `exclude` around cpi.",
        ),
        (
            "only",
            [x(11.1, EIGHT)],
            f"{SHUT} window: outside its `require` around earnings.",
        ),
        (
            "exact",
            [x(11.1, EIGHT, delay_ms=QUARTER)],
            "It cannot be judged: it requires real time, and X is delayed 15 min.",
        ),
        ("exact", [], "It cannot be judged: X has no value to judge, no quote yet."),
        (
            "plain",
            [x(11.1, EIGHT)],
            "Its condition does not hold: X above 12 is not true of 11.1.",
        ),
        ("unheard", [], "It cannot be judged: Y has no value to judge, no quote yet."),
    ],
)
def test_what_is_not_judged_is_not_said_to_be_untrue(
    name: str, quotes: Sequence[Quote], words: str
) -> None:
    """At 08:00 New York, half an hour before the market and at a release (row D19)."""
    assert answers(name, quotes) == words


def test_a_move_has_an_anchor_and_does_not_fire() -> None:
    """Its record is where it is measured from: the answer says that, and both ends of the stride."""
    quotes = [x(10.0, EIGHT), x(9.8, EIGHT)]
    both = answers("half", quotes)
    assert both == (
        "It has not moved far enough: the anchor is 10 since 2025-07-17T12:00:00.000Z, "
        "a move is told down at 5 or up at 15, and the value is 9.8."
    )
    assert "a move is told up at 12, and" in answers("rise", quotes)


def test_what_fires_does_so_outside_its_time_too() -> None:
    """A fire goes on until it is judged again; the answer says both, and what keeps it quiet."""
    before = EIGHT - 4 * QUARTER
    fires = "It fires since 2025-07-17T11:00:00.000Z, and ack keeps it quiet."
    quotes = [x(11.0, before), x(9.0, EIGHT)]
    assert answers("calm", quotes[:1], "ack") == fires
    shut = f"{fires} {SHUT} window: within its `exclude` around cpi."
    assert answers("calm", quotes, "ack") == shut


def test_an_absence_is_judged_by_what_is_missing() -> None:
    """It fires, or waits to, because there is no value: that is no reason not to judge it."""
    first, last = x(1.0, EIGHT - QUARTER), x(1.0, EIGHT)
    assert answers("gone", [first]).startswith("Its condition holds since 2025-07-17T11:45")
    assert answers("gone", [first, last]).startswith("It fires since 2025-07-17T11:45")


def test_what_recovers_fires_still_and_says_when_it_ends() -> None:
    """Its condition is over, which `keep_firing_for` waits for to last."""
    said = answers("kept", [x(9, EIGHT), x(11, EIGHT + QUARTER), x(9, EIGHT + 2 * QUARTER)])
    end = iso(EIGHT + 2 * QUARTER + 3_600_000)
    assert said == (
        f"It fires since {iso(EIGHT + QUARTER)}; its condition is over, and it ends at {end}."
    )
