"""Cells read back: what was read before is not decoded again, and what changed is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitor.compute.cells import quote_cell
from monitor.compute.encoding import encode_changes
from monitor.compute.saved import Decoded, read_cells
from monitor.domain.events import Quote, Tick
from tests.worlds import NOON, make_step, quote, threshold

RULES = [threshold(id="up", on="X", above=10.0), threshold(id="down", on="Y", below=3.0)]
MOVES = st.lists(st.tuples(st.sampled_from("XYZ"), st.integers(1, 20)), max_size=8)


@given(MOVES, MOVES)
def test_cells_read_ahead_read_the_same(
    first: list[tuple[str, int]], second: list[tuple[str, int]]
) -> None:
    """Whatever happened since a first reading, with it and without it the same is read."""
    step, cells = make_step(RULES), dict[str, bytes]()
    read: Decoded = {}
    for moves in (first, second):
        for place, (name, value) in enumerate(moves):
            at = NOON + 1_000 * (len(cells) + place)
            step.process(Tick(f"{at}-0", at, (quote(name, value, at),)))
        for name, body in encode_changes(step.take()).items():
            if body is None:
                cells.pop(name, None)
            else:
                cells[name] = body
        assert read_cells(cells, before=read) == read_cells(cells)


def test_what_stayed_is_taken_as_it_was_read() -> None:
    """The same bytes give the same object, others another one, and what is gone is not there."""
    x, y = quote("X", 1, NOON), quote("Y", 1, NOON)
    read: Decoded = {}
    before = read_cells(dict(map(_cell, (x, y))), before=read)
    moved = quote("Y", 2, NOON)
    after = read_cells(dict(map(_cell, (x, moved))), before=read)
    assert after.quotes == [x, moved]
    assert after.quotes[0] is before.quotes[0]
    assert read_cells(dict(map(_cell, (moved,))), before=read).quotes == [moved]


def _cell(item: Quote) -> tuple[str, bytes]:
    name, body = quote_cell(item)
    assert body is not None
    return name, body
