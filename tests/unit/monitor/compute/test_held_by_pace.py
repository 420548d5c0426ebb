"""What the pace of a rule holds: it explains nothing, is named as the reason, and shows when told."""

from __future__ import annotations

import pytest

from alerts.desk.book import DeskBook, Inhibit
from alerts.model import AlertState
from alerts.reasons import NoticeReason, Reason
from monitor.compute.saved import read_cells
from tests.desks import HOUR, MINUTE, Room, book, notices, silence
from tests.worlds import NOON, make_step, threshold

CHAIN = {"escalations": [{"name": "night", "steps": [{"after": "5m", "to": "lead"}]}]}


def quiet_by(room: Room, rule: str) -> str:
    """Return what an alert on X is quiet by, as the command line says it."""
    telling = room.step.telling
    subject = next(it for it in telling.subjects() if (it.rule, it.key) == (rule, "X"))
    return telling.quiet_by(subject)


@pytest.mark.parametrize("trigger", ["once", "once_per_session"])
def test_what_had_its_one_turn_mutes_no_warning(trigger: str) -> None:
    """The critical alert is told the first time; the second time nothing but the warning is."""
    rules = [
        threshold(id="worst", on="X", above=90.0, severity="critical", notify={"trigger": trigger}),
        threshold(id="bad", on="X", above=80.0),
    ]
    room = Room(rules)
    room.price(NOON, 70)
    room.price(NOON + MINUTE, 95)
    assert notices(room.told) == [("worst", "X", "new")]
    room.reload()
    room.price(NOON + 2 * MINUTE, 70)
    room.price(NOON + 3 * MINUTE, 95)
    assert notices(room.told)[2:] == [("bad", "X", "new")]
    room.reload()
    assert (quiet_by(room, "worst"), quiet_by(room, "bad")) == ("once", "")
    room.price(NOON + 4 * MINUTE, 70)
    assert notices(room.told)[3:] == [("bad", "X", "resolved")]


def test_what_is_told_the_first_time_mutes_the_warning_as_long_as_it_lasts() -> None:
    """That it will not be told again says nothing of the fire that was."""
    rules = [
        threshold(id="worst", on="X", above=90.0, severity="critical", notify={"trigger": "once"}),
        threshold(id="bad", on="X", above=80.0),
    ]
    room = Room(rules)
    room.price(NOON, 70)
    room.price(NOON + MINUTE, 95)
    room.reload()
    room.price(NOON + 2 * MINUTE, 96)
    assert quiet_by(room, "bad") == "rule:worst|X"
    assert notices(room.told) == [("worst", "X", "new")]
    room.price(NOON + 3 * MINUTE, 85)
    assert sorted(notices(room.told)[1:]) == [("bad", "X", "new"), ("worst", "X", "resolved")]


def test_a_repeat_says_how_long_it_has_been_firing() -> None:
    """From the fire on, though people were told of it only after a silence."""
    room = Room(
        [threshold(id="r", on="X", above=80.0, **{"for": "5m"}, notify={"repeat": {"first": "1h"}})]
    )
    room.price(NOON, 70)
    room.ask(NOON, silence(65, rule="r"))
    room.price(NOON, 90)  # pending for five minutes
    room.pass_to(NOON + 65 * MINUTE)
    room.reload()
    room.pass_to(NOON + 125 * MINUTE)
    repeat = room.told[-1]
    assert repeat.notice is NoticeReason.REPEAT
    assert repeat.summary.startswith("Still firing after 2 h:")


def test_a_held_fire_that_is_told_shows_so_where_it_stands() -> None:
    """The state that devices see named the pause; once the alert is told it names nothing."""
    room = Room([threshold(id="r", on="X", above=80.0, notify={"cooldown": "10m"})])
    room.price(NOON, 70)
    room.price(NOON + MINUTE, 90)
    room.price(NOON + 2 * MINUTE, 70)
    room.price(NOON + 3 * MINUTE, 90)
    states = [it for it in room.all if it.has_state]
    assert states[-1].muted_by == quiet_by(room, "r") == "cooldown"
    room.reload()
    room.pass_to(NOON + 12 * MINUTE)
    states = [it for it in room.all if it.has_state]
    assert (states[-1].notice, states[-1].muted_by) == (NoticeReason.NEW, "")
    assert states[-1].to_state is AlertState.FIRING
    assert quiet_by(room, "r") == ""


def test_an_expired_rule_escalates_to_nobody() -> None:
    """Two minutes after the fire it is over, and three later its chain would tell the lead."""
    expires = "2025-07-17T12:03:00Z"
    rule = threshold(id="r", on="X", above=80.0, notify={"escalate": "night", "expires": expires})
    room = Room([rule], book(pace=CHAIN))
    room.price(NOON, 70)
    room.price(NOON + MINUTE, 90)
    room.pass_to(NOON + HOUR)
    assert [it.inbox for it in room.told if it.rule == "r" and it.inbox] == []
    room.price(NOON + HOUR, 70)
    assert notices(room.told)[-1] == ("r", "X", "resolved")
    assert [it.inbox for it in room.told if it.inbox] == []


def test_a_rule_that_goes_tells_no_fire_that_a_pause_holds() -> None:
    """Until the books are judged its alert stands as it was: no pause of a rule that is gone is over."""
    room = Room([threshold(id="r", on="X", above=80.0, notify={"cooldown": "10m"})])
    for minute, value in enumerate((70, 90, 70, 90)):
        room.price(NOON + minute * MINUTE, value)
    assert notices(room.told) == [("r", "X", "new"), ("r", "X", "resolved")]
    room.step = make_step([threshold(id="other", on="Y", above=1.0)], room.book)
    room.step.restore(read_cells(room.cells))
    room.pass_to(NOON + 4 * MINUTE)
    room.price(NOON + 5 * MINUTE, 91)
    room.step.judge()
    room.pass_to(NOON + HOUR)
    assert len(room.told) == 2
    end = room.all[-1]
    assert (end.to_state, end.reason, end.muted_by) == (
        AlertState.RESOLVED,
        Reason.RULE_REMOVED,
        "cooldown",
    )


def test_a_fire_that_stays_muted_after_its_pause_is_said_to_be_so_once() -> None:
    """It is tried again each minute, and told when it may; the trail has a line, not sixty."""
    mutes = Inhibit(source={"rule": "source"}, target={"rule": "r"})
    rules = [
        threshold(id="r", on="X", above=80.0, notify={"cooldown": "10m"}),
        threshold(id="source", on="Y", above=80.0),
    ]
    room = Room(rules, DeskBook(inhibit=(mutes,)))
    room.price(NOON, 70)
    room.price(NOON, 70, "Y")
    room.price(NOON + MINUTE, 90)
    room.price(NOON + 2 * MINUTE, 70)
    room.price(NOON + 4 * MINUTE, 90)
    room.price(NOON + 5 * MINUTE, 90, "Y")
    room.pass_to(NOON + 30 * MINUTE)
    room.reload()
    room.pass_to(NOON + HOUR)
    held = [it for it in room.all if it.rule == "r" and it.at > NOON + 4 * MINUTE]
    assert [(it.notice, it.muted_by) for it in held] == [(NoticeReason.NEW, "rule:source|Y")]
    room.price(NOON + HOUR, 70, "Y")
    room.pass_to(NOON + HOUR + 2 * MINUTE)
    assert notices(room.told)[-1] == ("r", "X", "new")
