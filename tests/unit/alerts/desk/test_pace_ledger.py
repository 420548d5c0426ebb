"""The timers of pace: one for each record, first by moment, then by kind, then by name."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from alerts.desk.pace_ledger import Kind, PaceLedger, Place
from tests.desks import HOUR, Room, book
from tests.worlds import NOON, threshold

SECOND = 1_000
ORDER = list(Kind)

PLACES = st.tuples(st.sampled_from(ORDER), st.sampled_from("ab"))
REMINDERS = st.tuples(PLACES, st.none() | st.integers(0, 20))


@given(st.lists(REMINDERS | st.integers(0, 20), max_size=40))
def test_timers_come_by_moment_then_by_kind_then_by_name(
    steps: list[tuple[Place, int | None] | int],
) -> None:
    """It gives the same timers in the same order as a search through all of them does."""
    ledger, wanted = PaceLedger(), dict[Place, int]()
    for step in steps:
        if isinstance(step, int):
            while (due := ledger.next_timer) is not None and due <= step:
                first = min(wanted, key=lambda it: (wanted[it], ORDER.index(it[0]), it[1]))
                assert (due, ledger.pop()) == (wanted.pop(first), first)
        elif step[1] is None:
            wanted.pop(step[0], None)
            ledger.remind(*step)
        else:
            wanted[step[0]] = step[1]
            ledger.remind(*step)
        assert ledger.next_timer == min(wanted.values(), default=None)


def test_repeats_that_an_end_took_back_do_not_pile_up() -> None:
    """Of each fire a short pause is due first, then a repeat in most of a day, which never comes."""
    often = {"repeat": {"first": "20h"}, "cooldown": "10s"}
    room = Room(
        [
            threshold(on="X", above=10.0, recover=9.0, notify=often),
            threshold(id="o", on="Y", above=10.0, notify={"repeat": {"first": "10h"}}),
        ],
        book(),
    )
    room.price(NOON, 11, name="Y")
    for number in range(300):
        room.price(NOON + (1 + 20 * number) * SECOND, 1 if number % 2 else 11)
    ledger = room.step.telling.pacer._ledger
    assert ledger.next_timer == NOON + 10 * HOUR
    assert len(ledger._timers) <= 70
