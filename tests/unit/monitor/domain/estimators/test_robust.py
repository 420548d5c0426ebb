"""Robust bounds and winsorising."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.estimators.robust import robust_bounds, winsorised

VALUES = st.lists(st.floats(-1, 1), min_size=1, max_size=50).map(np.array)


def test_bounds_by_hand() -> None:
    """Median 3, MAD 1: six robust sigma are 8.8956 to either side."""
    bounds = robust_bounds(np.array([1.0, 2.0, 3.0, 4.0, 100.0]))
    assert bounds == pytest.approx((3 - 8.8956, 3 + 8.8956))


def test_where_most_values_are_equal_the_mean_deviation_serves() -> None:
    """MAD 0: 1.2533 times the mean absolute deviation; both 0: no bounds, nothing is cut."""
    bounds = robust_bounds(np.array([0.0, 0.0, 0.0, 0.0, 5.0]))
    assert bounds == pytest.approx((-6 * 1.2533, 6 * 1.2533))
    assert robust_bounds(np.zeros(5)) is None
    assert robust_bounds(np.array([])) is None
    assert winsorised(np.zeros(5)).tolist() == [0.0] * 5


@given(VALUES)
def test_what_lies_inside_stays_and_the_order_stays(values: np.typing.NDArray[np.float64]) -> None:
    """Cutting moves only what lies outside, onto the bound, and never past another value."""
    cut = winsorised(values, 2.0)
    bounds = robust_bounds(values, 2.0)
    if bounds is None:
        assert cut.tolist() == values.tolist()
        return
    inside = (values >= bounds[0]) & (values <= bounds[1])
    assert cut[inside].tolist() == values[inside].tolist()
    assert set(cut[~inside].tolist()) <= set(bounds)
    assert (np.diff(cut[np.argsort(values)]) >= 0).all()
