"""A value that stands still is noticed, whatever other rules make of the same value."""

from __future__ import annotations

import pytest

from alerts.model import AlertState
from tests.desks import HOUR, MINUTE, Room
from tests.unit.alerts.test_catalogue import rule
from tests.worlds import NOON


@pytest.mark.parametrize("first", ["stale", "samples"])
def test_a_standstill_keeps_its_own_past(first: str) -> None:
    """`samples` 1 of 1 keeps one sample as well, but takes each one that comes."""
    rules = [
        rule("stale", id="still", on="X", unchanged_for="10m"),
        rule("samples", id="once", on="X", count=1, of=1, above=50.0),
    ]
    room = Room(rules if first == "stale" else rules[::-1])
    for minute in range(30):
        room.price(NOON + minute * MINUTE, 60.0)
    room.pass_to(NOON + HOUR)
    fired = {it.rule: it.at for it in room.all if it.to_state is AlertState.FIRING}
    assert fired == {"once": NOON, "still": NOON + 10 * MINUTE}
