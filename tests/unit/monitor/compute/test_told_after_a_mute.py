"""What falls due while an alert is muted is told when it is not: louder, put off no more, escalated."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from alerts.model import AlertState, Severity
from alerts.reasons import NoticeReason
from alerts.rules.move import MoveRule
from alerts.rules.threshold import ThresholdRule
from alerts.rules.written import rule_of
from monitor.domain.commands import DrillAlert
from tests.desks import MINUTE, Room, ack, book, silence
from tests.worlds import NOON, threshold

SHARED = {"source": {"rule": "src"}, "target": {"rule": "kid"}}
TEA = {"name": "tea", "from": "12:05", "to": "12:10", "match": {"rule": "kid"}}


def kid(**fields: object) -> ThresholdRule:
    """Make a rule that fires above 80."""
    return threshold(id="kid", on="X", above=80.0, **fields)


def by_rule(room: Room) -> None:
    """Mute it by an alert that explains it, from minute 4 to minute 12."""
    room.price(NOON + 4 * MINUTE, 90, "Y")
    room.pass_to(NOON + 9 * MINUTE)
    room.price(NOON + 12 * MINUTE, 70, "Y")


def by_silence(room: Room) -> None:
    """Mute it by a silence, from minute 4 to minute 12."""
    room.ask(NOON + 4 * MINUTE, silence(12, rule="kid"))


def by_quiet(room: Room) -> None:
    """Mute it by a quiet time, from minute 5 to minute 10."""


MUTES: list[Callable[[Room], None]] = [by_rule, by_silence, by_quiet]


def room_of(mute: Callable[[Room], None], rule: ThresholdRule, **pace: object) -> Room:
    """Return a room in which the alert fires at minute 1, and where it is muted later."""
    tells = book(inhibit=[SHARED], quiet=[TEA] if mute is by_quiet else [], pace=pace)
    room = Room([threshold(id="src", on="Y", above=80.0), rule], tells)
    room.price(NOON, 70)
    room.price(NOON, 70, "Y")
    room.price(NOON + MINUTE, 90)
    return room


@pytest.mark.parametrize("mute", MUTES)
def test_that_it_grew_worse_is_told_after_the_mute(mute: Callable[[Room], None]) -> None:
    """Five minutes after the fire it is critical, and something hides that."""
    room = room_of(mute, kid(steps=[{"severity": "critical", "after": "5m"}]))
    mute(room)
    room.reload()
    room.pass_to(NOON + 20 * MINUTE)
    room.reload()
    told = [it for it in room.told if it.rule == "kid" and it.to_state is AlertState.FIRING]
    assert [it.severity for it in told] == [Severity.WARNING, Severity.CRITICAL]
    assert not told[-1].muted_by


@pytest.mark.parametrize("mute", MUTES)
def test_what_was_put_off_rings_after_a_mute_of_the_end_of_that(
    mute: Callable[[Room], None],
) -> None:
    """Somebody took it on until minute 7, when something else mutes it."""
    room = room_of(mute, kid())
    room.ask(NOON + 2 * MINUTE, ack("kid", until=NOON + 7 * MINUTE))
    mute(room)
    room.pass_to(NOON + 9 * MINUTE)
    room.reload()
    room.pass_to(NOON + 20 * MINUTE)
    room.reload()
    told = [it for it in room.told if it.rule == "kid"]
    assert [it.notice for it in told] == [NoticeReason.NEW, NoticeReason.ACK_EXPIRED]


@pytest.mark.parametrize("mute", MUTES)
def test_a_step_of_the_chain_that_a_mute_meets_is_done_after_it(
    mute: Callable[[Room], None],
) -> None:
    """Nobody answered for five minutes, and at that moment it is muted: the next is told later, once."""
    chain = [{"name": "night", "steps": [{"after": "5m", "to": "lead"}]}]
    room = room_of(mute, kid(notify={"escalate": "night"}), escalations=chain)
    mute(room)
    room.reload()
    room.pass_to(NOON + 30 * MINUTE)
    told = [it for it in room.told if it.inbox == "lead"]
    assert len(told) == 1
    assert NOON + 10 * MINUTE <= told[0].at <= NOON + 13 * MINUTE
    hidden = [it for it in room.all if it.inbox == "lead" and it.muted_by]
    assert len(hidden) == 1


def test_of_two_that_would_explain_each_other_one_is_told() -> None:
    """They fire at one moment; the other is told when that one is over."""
    circle = [
        {"source": {"rule": "a"}, "target": {"rule": "b"}},
        {"source": {"rule": "b"}, "target": {"rule": "a"}},
    ]
    rules = [threshold(id=name, on="X", above=level) for name, level in (("a", 8.0), ("b", 10.0))]
    room = Room(rules, book(inhibit=circle))
    room.price(NOON, 1)
    room.price(NOON + MINUTE, 20)
    room.reload()
    assert [it.rule for it in room.told] == ["b"]
    room.price(NOON + 2 * MINUTE, 9)
    room.price(NOON + 3 * MINUTE, 1)
    assert [(it.rule, it.to_state.value) for it in room.told] == [
        ("b", "firing"),
        ("b", "resolved"),
        ("a", "firing"),
        ("a", "resolved"),
    ]


def test_who_had_it_is_no_sentence_of_the_alert() -> None:
    """A repeat after the end of an acknowledgement says what fires."""
    room = room_of(by_quiet, kid(notify={"repeat": {"first": "20m"}}))
    room.ask(NOON + 2 * MINUTE, ack("kid", until=NOON + 3 * MINUTE))
    room.pass_to(NOON + 60 * MINUTE)
    said = [it.summary for it in room.told if it.notice is NoticeReason.REPEAT]
    assert said
    assert all(": X is 90, level 80." in it and "taken it on" not in it for it in said)


@pytest.mark.parametrize("expires", ["2025-01-01", "2030-01-01"])
def test_an_expired_rule_explains_nothing(expires: str) -> None:
    """Nobody hears of the critical one any more, so the warning on the same value is told."""
    loud = threshold(
        id="loud", on="X", above=80.0, severity="critical", notify={"expires": expires}
    )
    room = Room([loud, kid()])
    room.price(NOON, 70)
    room.price(NOON + MINUTE, 90)
    room.reload()
    room.pass_to(NOON + 5 * MINUTE)
    fired = {it.rule for it in room.told if it.to_state is AlertState.FIRING}
    assert fired == ({"kid"} if expires.startswith("2025") else {"loud"})


def test_an_expired_move_says_nothing() -> None:
    """Its one notice says that it tells nothing any more, and so it is."""
    move = rule_of(
        {"type": "move", "id": "m", "on": "X", "by": 5, "measure": "points"}
        | {"notify": {"expires": "2025-07-18"}},
        MoveRule,
    )
    room = Room([move])
    for hour, value in ((0, 100), (1, 106), (40, 112)):
        room.price(NOON + 60 * hour * MINUTE, value)
    said = [(it.rule, it.notice) for it in room.told]
    assert said == [("m", NoticeReason.VALUE_CHANGED), ("m", NoticeReason.EXPIRED)]
    answer = room.ask(NOON + 41 * 60 * MINUTE, DrillAlert(rule="m", key="X"))
    assert answer.accepted
    assert room.told[-1].notice is NoticeReason.DRILL  # it goes the way of all, whatever is over
