"""Which source speaks for an instrument: the same one in whatever order they were heard."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from monitor.compute.choice import best_quote
from monitor.domain.events import Quote
from tests.worlds import NOON, quote

QUOTES = st.lists(
    st.tuples(
        st.sampled_from(["one", "two", "three"]),
        st.integers(0, 2),
        st.sampled_from([0, 900_000]),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda it: it[0],
)


def until(it: Quote) -> int:
    """Return when a quote is too old."""
    return it.observed_at + 1


@given(QUOTES)
def test_the_order_of_hearing_decides_nothing(told: list[tuple[str, int, int]]) -> None:
    """After a restart the sources stand in the order of their names."""
    quotes = [
        quote("X", number, NOON + at, source=source, delay_ms=late)
        for number, (source, at, late) in enumerate(told, 1)
    ]
    found = {best_quote(some, {}, until, NOON + 2) for some in permutations(quotes)}
    assert len(found) == 1
