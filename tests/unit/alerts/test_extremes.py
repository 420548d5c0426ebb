"""The extremes since each beginning, against looking at every value; and how many are kept."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from alerts.extremes import MAX_SPANS, Extremes

STEPS = st.lists(st.tuples(st.booleans(), st.integers(-5, 5).map(float)), max_size=60)


@given(STEPS)
def test_extremes_are_those_of_all_values_since_the_beginning(
    steps: list[tuple[bool, float]],
) -> None:
    """At each moment a value comes, and an alert may begin with it; also across a restart."""
    known, values, starts = Extremes(), list[float](), list[int]()
    for at, (begins, value) in enumerate(steps):
        asked = value <= known.low or value >= known.high
        changed = known.take(value)
        assert changed is asked  # a value that is the extreme itself costs nothing
        assert changed is any(
            not min(values[start:]) <= value <= max(values[start:]) for start in starts
        )
        values.append(value)
        if begins:
            known.begin(at, value, lambda: starts)
            starts.append(at)
        known = Extremes(known.spans)
        for start in starts:
            assert known.since(start) == (min(values[start:]), max(values[start:]))


def test_a_beginning_without_a_value_has_extremes_with_the_first() -> None:
    """An alert that began while nothing was known takes the first value as both."""
    known = Extremes()
    known.begin(5, None, tuple)
    assert known.since(5) is None
    assert known.take(2.0)
    assert known.since(5) == (2.0, 2.0)


def test_so_many_beginnings_are_kept_and_those_over_go_first() -> None:
    """Beyond the bound the spans that no alert needs go, then the older ones share theirs."""
    known = Extremes()
    for at in range(MAX_SPANS):
        known.begin(at, float(at), lambda: range(1_000))
    known.begin(1_000, 0.0, lambda: [3, 7])
    assert [span.start for span in known.spans] == [3, 7, 1_000]
    for at in range(2_000, 2_000 + MAX_SPANS):
        known.begin(at, 0.0, lambda: range(3_000))
    assert len(known.spans) == MAX_SPANS
    assert known.spans[0].start == 3
    assert known.spans[-1].start == 2_000 + MAX_SPANS - 1
