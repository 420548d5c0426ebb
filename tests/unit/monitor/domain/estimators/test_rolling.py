"""The rolling window against numpy over the same rows."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.estimators.rolling import Rolling

RETURNS = st.floats(-0.3, 0.3)
ROWS = st.lists(st.tuples(RETURNS, RETURNS), min_size=2, max_size=80)


def online(window: int, rows: list[tuple[float, float]]) -> Rolling:
    """Return the window after the rows, taken in one by one."""
    rolling = Rolling.empty(window, 2)
    for row in rows:
        rolling = rolling.updated(row)
    return rolling


@given(st.integers(2, 30), ROWS)
def test_equal_to_the_batch(window: int, rows: list[tuple[float, float]]) -> None:
    """Mean and covariance of the last N rows agree with numpy's to 1e-12."""
    rolling = online(window, rows)
    table = np.array(rows[-window:])
    batch = np.cov(table.T)
    assert rolling.count == len(table)
    assert rolling.means == pytest.approx(table.mean(axis=0), abs=1e-12)
    for i in range(2):
        for j in range(2):
            assert rolling.covariance(i, j) == pytest.approx(batch[i, j], abs=1e-12)


def test_rounding_does_not_grow() -> None:
    """After 20,000 rows the window still agrees to 1e-12: the sums are made anew on the way."""
    rng = np.random.default_rng(5)
    rows = [tuple(row) for row in rng.normal(0.001, 0.04, (20_000, 2)).tolist()]
    rolling = online(60, rows)
    batch = np.cov(np.array(rows[-60:]).T)
    assert rolling.covariance(0, 1) == pytest.approx(batch[0, 1], rel=1e-12)
    assert rolling.drifted < rolling.window


@given(ROWS, st.sampled_from([None, math.nan]))
def test_a_row_with_a_null_is_skipped_whole(
    rows: list[tuple[float, float]], null: float | None
) -> None:
    """A half row changes neither column."""
    rolling = online(10, rows)
    assert rolling.updated((0.1, null)) == rolling
    assert rolling.updated((null, 0.1)) == rolling


@given(ROWS, ROWS)
def test_saved_and_taken_back_it_goes_on_identically(
    first: list[tuple[float, float]], second: list[tuple[float, float]]
) -> None:
    """Through JSON and back nothing is lost, not a bit."""
    rolling = online(12, first)
    restored = msgspec.json.decode(msgspec.json.encode(rolling), type=Rolling)
    assert restored == rolling
    for row in second:
        rolling, restored = rolling.updated(row), restored.updated(row)
    assert restored == rolling


def test_too_few_rows() -> None:
    """One row has no spread; a window of one forgets at once; one of none is refused."""
    assert Rolling.empty(5, 1).updated((2.0,)).covariance(0, 0) is None
    assert Rolling.empty(1, 1).updated((2.0,)).updated((3.0,)).means == (3.0,)
    with pytest.raises(ValueError, match="at least 1 row, not 0"):
        Rolling.empty(0, 1)
