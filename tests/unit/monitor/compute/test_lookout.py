"""A look at the stream of ticks in parts that are worked on in one go."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from monitor.compute.lookout import BATCH_BYTES, Look

SIZES = st.lists(st.integers(0, BATCH_BYTES * 3 // 2), max_size=20)


def look(sizes: list[int], *, ends: bool = True) -> Look:
    """Return a look at entries of so many bytes."""
    entries = [(b"%d-0" % place, {b"q": bytes(size)}) for place, size in enumerate(sizes, 1)]
    return Look(entries, 1, 2, ends)


def weight(part: Look) -> int:
    """Return the bytes of a part."""
    return sum(len(fields[b"q"]) for _, fields in part.entries)


@given(SIZES, st.booleans())
def test_parts_hold_each_entry_once_and_in_order(sizes: list[int], ends: bool) -> None:
    """Nothing is left out and nothing comes twice, whatever the sizes."""
    whole = look(sizes, ends=ends)
    parts = list(whole.batches())
    assert [entry for part in parts for entry in part.entries] == list(whole.entries)
    assert {(part.asked_at, part.seen_at) for part in parts} == {(1, 2)}


@given(SIZES)
def test_a_part_is_within_the_bound_or_one_entry_and_no_two_would_fit_in_one(
    sizes: list[int],
) -> None:
    """As few commits as the bound allows."""
    parts = list(look(sizes).batches())
    assert all(weight(part) <= BATCH_BYTES or len(part.entries) == 1 for part in parts)
    for part, after in pairwise(parts):
        assert weight(part) + len(after.entries[0][1][b"q"]) > BATCH_BYTES


@given(SIZES, st.booleans())
def test_only_the_last_part_can_be_at_the_end_of_the_stream(sizes: list[int], ends: bool) -> None:
    """A step is judged when it has seen all that there was, not before."""
    *before, last = look(sizes, ends=ends).batches()
    assert last.ends == ends
    assert not any(part.ends for part in before)


def test_a_look_that_saw_nothing_is_one_part_without_entries() -> None:
    """Timers may have run."""
    assert [list(part.entries) for part in look([]).batches()] == [[]]
