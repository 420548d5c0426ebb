"""A rule in the shadow sends nothing, whatever becomes of it or of what it rests on (row E40)."""

from __future__ import annotations

import pytest
from prometheus_client import generate_latest

from alerts.model import SHADOW, AlertState, Transition
from alerts.reasons import Reason
from alerts.rules.base import Rule
from alerts.rules.expression import ExpressionRule
from alerts.rules.threshold import ThresholdRule
from alerts.rules.written import rule_of
from monitor.compute.counts import count_transitions
from monitor.telemetry.instruments import Instruments
from monitor.telemetry.series import Known
from tests.desks import MINUTE, Room, book, silence
from tests.worlds import NOON, threshold


def shad(**fields: object) -> ThresholdRule:
    """Make a rule that would fire under 10."""
    return threshold(id="shad", on="X", below=10.0, **fields)


def sent(room: Room) -> list[Transition]:
    """Return what people hear, and what stands on the broker."""
    return [it for it in room.all if it.muted_by != SHADOW]


@pytest.mark.parametrize("rest", [[], [shad(mode="shadow", recover=12.0)]], ids=["gone", "changed"])
def test_the_end_of_a_shadow_is_not_told(rest: list[ThresholdRule]) -> None:
    """Its rule is taken out of the book, or says something else, while it would fire."""
    room = Room([shad(mode="shadow")])
    room.price(NOON, 20)
    room.price(NOON + MINUTE, 5)
    room.reload()
    room.reload(rest)
    room.price(NOON + 2 * MINUTE, 6)
    assert {it.to_state.value for it in room.all} >= {"firing", "resolved"}
    assert sent(room) == []


def test_what_was_told_before_the_shadow_is_told_to_the_end() -> None:
    """Who heard of a fire hears of its end, though the rule has gone into the shadow meanwhile."""
    room = Room([shad()])
    room.price(NOON, 20)
    room.price(NOON + MINUTE, 5)
    room.reload([shad(mode="shadow")])
    room.price(NOON + 2 * MINUTE, 20)
    room.price(NOON + 3 * MINUTE, 5)
    assert [(it.to_state.value, it.told) for it in sent(room)] == [
        ("firing", True),
        ("resolved", True),
    ]


def test_what_is_made_live_while_it_fires_is_told_then() -> None:
    """Whoever makes a rule live is told that it fires, once, however often the process dies after."""
    room = Room([shad(mode="shadow")])
    room.price(NOON, 20)
    room.price(NOON + MINUTE, 5)
    room.reload()
    assert room.told == []
    room.reload([shad()])
    room.reload()
    room.price(NOON + 2 * MINUTE, 20)
    fire, end = room.told
    assert (fire.reason, fire.since, end.to_state) == (
        Reason.MADE_LIVE,
        NOON + MINUTE,
        AlertState.RESOLVED,
    )
    assert fire.summary.startswith("Still firing, its rule was made live: ")


def test_what_is_made_live_meets_what_mutes_it() -> None:
    """A silence hides it as any other; when that is over, it is told."""
    room = Room([shad(mode="shadow")])
    room.price(NOON, 20)
    room.price(NOON + MINUTE, 5)
    room.ask(NOON + 2 * MINUTE, silence(10, rule="shad"))
    room.reload([shad()])
    assert [it for it in room.told if it.rule == "shad"] == []
    room.pass_to(NOON + 11 * MINUTE)
    assert [it.reason for it in room.told if it.rule == "shad"] == [Reason.SILENCE_EXPIRED]


def test_what_has_ended_in_the_shadow_stays_in_it() -> None:
    """Nobody is told of the end of a fire that nobody was told of, and the next one is news."""
    room = Room([shad(mode="shadow", keep_firing_for="1m")])
    room.price(NOON, 20)
    room.price(NOON + MINUTE, 5)
    room.price(NOON + 2 * MINUTE, 20)
    room.reload([shad(keep_firing_for="1m")])
    room.pass_to(NOON + 4 * MINUTE)
    assert room.told == []
    room.price(NOON + 5 * MINUTE, 5)
    assert [(it.to_state.value, it.reason) for it in room.told] == [("firing", Reason.BREACHED)]


def test_a_shadow_rests_on_nothing_and_explains_nothing() -> None:
    """A dead input is as loud as what speaks; a shadow's fire mutes no other, after a restart too."""
    rules = [shad(mode="shadow", severity="critical"), threshold(id="child", on="Y", above=10.0)]
    tells = book(
        inhibit=[{"source": {"rule": "shad"}, "target": {"rule": "child"}}], feed_dead_after="1m"
    )
    room = Room(rules, tells)
    room.price(NOON, 5, fresh_ms=MINUTE)
    room.reload()
    room.price(NOON + MINUTE, 11, "Y")
    room.pass_to(NOON + 10 * MINUTE)
    assert [(it.rule, it.told) for it in sent(room) if it.notice] == [("child", True)]


def test_an_expression_in_the_shadow_needs_no_input() -> None:
    """What only it reads may die without a word."""
    made = {"type": "expression", "id": "e", "on": "Y", "inputs": {"x": "X"}, "when": "value > x"}
    rules: list[Rule] = [
        rule_of({**made, "mode": "shadow"}, ExpressionRule),
        threshold(id="live", on="Y", above=1e6),
    ]
    room = Room(rules, book(feed_dead_after="1m"))
    room.price(NOON, 5, fresh_ms=MINUTE)
    room.price(NOON, 6, "Y")
    room.pass_to(NOON + 10 * MINUTE)
    assert sent(room) == []


@pytest.mark.parametrize("ends_at", [5, 60])
@pytest.mark.parametrize("made_live", [4, 7, 99])
def test_a_fire_in_the_shadow_waits_behind_the_end_of_one_that_was_told(
    ends_at: int, made_live: int
) -> None:
    """A silence hid the end until minute 5 or 60; the rule is made live at 4, at 7 or never."""
    room = Room([shad()])
    room.price(NOON, 20)
    room.price(NOON + MINUTE, 5)
    room.ask(NOON + MINUTE, silence(ends_at, rule="shad"))
    room.price(NOON + 2 * MINUTE, 20)
    room.reload([shad(mode="shadow")])
    room.price(NOON + 3 * MINUTE, 5)
    for minute in (4, 7, 10):
        room.pass_to(NOON + minute * MINUTE)
        room.reload([shad()] if minute == made_live else None)
    room.price(NOON + 11 * MINUTE, 20)
    room.pass_to(NOON + 61 * MINUTE)
    told = [(it.reason.value, (it.since - NOON) // MINUTE) for it in room.told if it.rule == "shad"]
    end_of_first, end = ("silence_expired", 1), ("recovered", 3)
    by_silence = {
        (5, 4): [("silence_expired", 3), end],
        (5, 7): [end_of_first, ("made_live", 3), end],
        (5, 99): [end_of_first],
        (60, 4): [("silence_expired", 3)],
        (60, 7): [("silence_expired", 3)],
        (60, 99): [end_of_first],
    }
    assert told == [("breached", 1), *by_silence[ends_at, made_live]]


def test_what_is_in_the_shadow_is_counted_apart() -> None:
    """A board of what fires must not show what is only tried."""
    rules = [threshold(id="loud", on="X", below=10.0), shad(mode="shadow")]
    room = Room([*rules, threshold(id="far", on="X", below=1.0, mode="shadow")])
    watch = room.step.watch
    assert watch.counts == {
        ("warning", "no_data", "live"): 1,
        ("warning", "no_data", "shadow"): 2,
    }
    room.price(NOON, 5)
    assert watch.counts == {
        ("warning", "firing", "live"): 1,
        ("warning", "firing", "shadow"): 1,
        ("warning", "inactive", "shadow"): 1,
    }
    instruments = Instruments(Known(), version="1")
    count_transitions(instruments, room.all)
    page = generate_latest(instruments.registry).decode()
    for mode in ("live", "shadow"):
        counted = f'transitions_total{{mode="{mode}",reason="breached",to_state="firing"}} 1.0'
        assert counted in page
