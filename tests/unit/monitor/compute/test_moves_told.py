"""How a move by a stride is told: as a value that changed, not as an alert that began."""

from __future__ import annotations

from alerts.model import AlertState, NoticeReason
from alerts.rules.move import MoveRule
from alerts.rules.written import rule_of
from tests.desks import MINUTE, Room, notices, silence
from tests.worlds import NOON, threshold


def move(**fields: object) -> MoveRule:
    """Make a rule that tells each move of X by 5 %."""
    return rule_of({"type": "move", "id": "step", "on": "X", "by": 0.05, **fields}, MoveRule)


def test_each_move_says_that_the_value_changed() -> None:
    """The level beside it begins once and says `new`: a reader can tell the two (row E32)."""
    room = Room([move(), threshold(id="high", on="X", above=105.0)])
    for minute, price in enumerate((100, 106, 112)):
        room.price(NOON + minute * MINUTE, price)
    assert notices(room.told) == [
        ("step", "X", "value_changed"),
        ("high", "X", "new"),
        ("step", "X", "value_changed"),
    ]
    assert {it.to_state for it in room.told if it.rule == "step"} == {AlertState.NOTED}


def test_a_silence_hides_a_move() -> None:
    """It is in the trail with what hid it, and the next one is told."""
    room = Room([move()])
    room.ask(NOON, silence(1.5, rule="step"))
    for minute, price in enumerate((100, 106, 112)):
        room.price(NOON + minute * MINUTE, price)
    moves = [it for it in room.all if it.notice is NoticeReason.VALUE_CHANGED]
    assert [it.muted_by.partition(":")[0] for it in moves] == ["silence", ""]
