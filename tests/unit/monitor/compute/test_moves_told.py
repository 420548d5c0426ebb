"""How a move by a stride is told: as a value that changed, not as an alert that began."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from alerts.model import AlertState
from alerts.reasons import NoticeReason
from alerts.rules.move import MoveRule
from alerts.rules.written import rule_of
from tests.desks import HOUR, MINUTE, Room, notices, silence
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


DAY = 24 * HOUR
HOURS = st.lists(st.tuples(st.integers(1, 40), st.integers(90, 110), st.booleans()), max_size=30)


def moves_of(hours: list[tuple[int, int, bool]]) -> list[int]:
    """Return the prices that a stride of 5 % tells, from the first of each day (UTC) or the last."""
    told, anchor, day, at = list[int](), 0.0, -1, NOON
    for gap, price, _ in hours:
        at += gap * HOUR
        if at // DAY != day:
            anchor, day = price, at // DAY
        elif abs(price - anchor) >= 0.05 * anchor - 1e-9:
            anchor = price
            told.append(price)
    return told


@given(HOURS)
def test_the_first_value_of_a_day_is_its_anchor_wherever_it_stands(
    hours: list[tuple[int, int, bool]],
) -> None:
    """Within yesterday's stride too (row E08), and whether or not the service began anew meanwhile."""
    room, at = Room([move(anew="1d")]), NOON
    for gap, price, restart in hours:
        if restart:
            room.pass_to(at + (gap * HOUR) // 2)
            room.reload()
        at += gap * HOUR
        room.price(at, price)
    assert [it.value for it in room.told if it.rule == "step"] == moves_of(hours)
