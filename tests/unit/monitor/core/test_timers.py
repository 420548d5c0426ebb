"""Timers: the earliest that holds comes first, and what no longer counts does not pile up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitor.core.timers import Timers

SPARE = 64
"""How many entries that do not count may lie beside a few that do."""

NAMES = st.sampled_from("abcde")
MOMENTS = st.none() | st.integers(0, 30)
STEPS = st.lists(st.tuples(NAMES, MOMENTS) | st.integers(0, 30), max_size=60)


@given(STEPS)
def test_the_earliest_comes_first_and_of_one_moment_the_lesser_name(
    steps: list[tuple[str, int | None] | int],
) -> None:
    """It runs the same timers in the same order as a search through all moments does."""
    timers, moments = Timers[str](), dict[str, int]()
    for step in steps:
        if isinstance(step, int):
            while (due := timers.next(moments.get)) is not None and due <= step:
                first = min((moment, name) for name, moment in moments.items())
                assert timers.pop() == first
                del moments[first[1]]
        elif step[1] is None:
            moments.pop(step[0], None)
            timers.forget(step[0])
        else:
            moments[step[0]] = step[1]
            timers.arm(*step)
        assert timers.next(moments.get) == min(moments.values(), default=None)


def test_moments_that_move_earlier_do_not_pile_up() -> None:
    """Each leaves an entry that counts no more, under an earlier one of another name."""
    timers, moments = Timers[str](), {"a": 10_000, "first": 0}
    for name, moment in moments.items():
        timers.arm(name, moment)
    for moment in range(10_000, 0, -1):
        moments["a"] = moment
        timers.arm("a", moment)
        assert timers.next(moments.get) == 0
    assert len(timers) <= 2 * len(moments) + SPARE
    assert timers.pop() == (0, "first")
    del moments["first"]
    assert timers.next(moments.get) == 1


def test_names_that_are_forgotten_do_not_pile_up() -> None:
    """Whoever is armed and forgotten over and over leaves little behind, be it under new names."""
    timers, moments = Timers[str](), {"first": 0}
    timers.arm("first", 0)
    for number in range(10_000):
        timers.arm(f"n{number}", 1 + number)
        timers.forget(f"n{number}")
    assert len(timers) <= 2 * len(moments) + SPARE
    assert timers.next(moments.get) == 0
