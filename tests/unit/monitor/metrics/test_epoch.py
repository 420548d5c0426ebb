"""The network's clocks and the hashrate found: what holds at every height, pace and difficulty."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.calculating import value_of


@given(st.integers(0, 3_000_000))
def test_countdowns_end_where_the_next_begins(height: int) -> None:
    """1.3, 1.5: blocks left lead to a multiple of 2,016, and of 210,000; progress is a share."""
    numbers = {"height": float(height)}
    assert (height + value_of("epoch_left_blocks", numbers)) % 2_016 == 0
    assert (height + value_of("halving_left_blocks", numbers)) % 210_000 == 0
    assert 0 <= value_of("epoch_progress_ratio", numbers) < 1


@given(st.floats(150, 2_400), st.floats(1.001, 2))
def test_a_slower_pace_lowers_the_next_difficulty(pace_s: float, factor: float) -> None:
    """1.5: the change falls with the pace, the days left rise."""
    here, slower = ({"height": 932_500, "block_pace_s": pace_s * by} for by in (1, factor))
    change = "retarget_change_ratio"
    assert value_of(change, slower) <= value_of(change, here)
    assert value_of("epoch_left_days", slower) > value_of("epoch_left_days", here)


@given(st.floats(1e6, 1e15), st.floats(20_000, 400_000))
def test_the_interval_holds_the_estimate(difficulty: float, window_s: float) -> None:
    """1.2: low < unbiased < estimate < high, and all scale with difficulty over time."""
    numbers = {"difficulty": difficulty, "window_144_s": window_s}
    low, unbiased, plain, high = (
        value_of(f"estimated_hashrate_{word}eh_s", numbers)
        for word in ("low_", "unbiased_", "", "high_")
    )
    assert low < unbiased < plain < high
    implied = value_of("implied_hashrate_eh_s", numbers)
    assert plain == pytest.approx(implied * 86_400 / window_s)
