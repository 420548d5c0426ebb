"""The records of alerts: their timers are as many as the records, however long the service lives."""

from __future__ import annotations

from alerts.rules.move import MoveRule
from alerts.rules.written import rule_of
from tests.desks import HOUR, Room
from tests.worlds import NOON, threshold

SECOND = 1_000


def test_waits_that_were_given_up_do_not_pile_up() -> None:
    """A wait of a week that is given up each second leaves no timer under that of a daily move."""
    move = rule_of({"type": "move", "id": "m", "on": "Y", "by": 0.5, "anew": "1d"}, MoveRule)
    room = Room([threshold(on="X", above=10.0, recover=9.0, **{"for": "7d"}), move])
    room.price(NOON, 100, name="Y")
    for number in range(400):
        room.price(NOON + number * SECOND, 1 if number % 2 else 11)
    ledger = room.step.watch._ledger
    assert ledger.next_timer == NOON + 12 * HOUR
    assert len(ledger.records) == 1
    assert len(ledger._timers) <= 70


def test_a_wait_that_comes_again_is_as_long_as_the_first() -> None:
    """What is left of waits that were given up ends no later one before its time."""
    room = Room([threshold(on="X", above=10.0, recover=9.0, **{"for": "1h"})])
    for minutes, value in ((0, 11), (30, 1), (40, 11), (50, 1), (55, 11)):
        room.price(NOON + minutes * 60 * SECOND, value)
    room.pass_to(NOON + 115 * 60 * SECOND - 1)
    assert not room.told
    room.pass_to(NOON + 115 * 60 * SECOND)
    assert [it.at for it in room.told] == [NOON + 115 * 60 * SECOND]
