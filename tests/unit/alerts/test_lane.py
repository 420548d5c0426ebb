"""A user's lane: how much of it is in memory, and in which order it is taken up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from alerts.lane import Held, Lane
from alerts.letters import letter_of
from monitor.store.outbox_stream import OutboxEntry
from tests.transitions import AT, transition

LETTER = letter_of(transition(), "ana", AT)


def held(number: int) -> Held:
    """Return a letter of a lane."""
    return OutboxEntry(f"{number}-0", {}), LETTER


def ids(items: list[Held]) -> list[str]:
    """Return the ids of letters."""
    return [entry.id for entry, _ in items]


@given(st.integers(1, 4), st.lists(st.sampled_from(["add", "settle", "late", "gone"]), max_size=60))
def test_letters_come_in_turn_whatever_happens(ahead: int, steps: list[str]) -> None:
    """Each comes once and in order, `ahead` in hand at most, though some come or go while it is read."""
    lane, added, left = Lane(ahead), 0, list[str]()
    out, gone = list[str](), list[str]()
    for step in steps:
        if step == "add" or not lane:
            lane.add(held(added))
            left.append(f"{added}-0")
            added += 1
            continue
        if wanted := lane.wanted():
            assert wanted == left[: len(wanted)]
            found = [held(int(it.partition("-")[0])) for it in wanted]
            if step == "gone":
                gone += ids(found[:1])
                left.remove(ids(found)[0])
                found = found[1:]
            if step == "late":
                lane.add(held(added))
                left.append(f"{added}-0")
                added += 1
            assert lane.take_up(wanted, found) == len(wanted) - len(found)
            assert len(found) <= ahead
        else:
            out.append(lane.first[0].id)
            assert left.pop(0) == out[-1]
            lane.drop_first()
        assert len(lane) == len(left)
    assert sorted([*out, *gone, *left]) == sorted(f"{number}-0" for number in range(added))
