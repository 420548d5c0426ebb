"""The sector's basket: weights that add up, and a change that is their mean."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from monitor.domain.basket import cap_weights, equal_weights, weighted_change

NAN = float("nan")
# five shares of one day: previous close, price, shares outstanding
BEFORE = np.array([10.0, 20.0, 5.0, 50.0, 8.0])
NOW = np.array([11.0, 19.0, 5.5, 50.0, 7.0])
COUNT = np.array([300e6, 100e6, 800e6, 40e6, 250e6])
CHANGES = NOW / BEFORE - 1


def test_the_equal_weighted_change_is_the_mean() -> None:
    """Of five shares each counts a fifth, and the basket does what they do on average."""
    weights = equal_weights(CHANGES)
    assert weights.tolist() == [0.2] * 5
    assert weighted_change(weights, CHANGES) == pytest.approx(float(np.mean(CHANGES)))


def test_the_cap_weighted_change_is_that_of_the_whole_market_value() -> None:
    """Weights by value at the previous close: 3, 2, 4, 2 and 2 of 13 billion USD."""
    weights = cap_weights(CHANGES, BEFORE * COUNT)
    assert weights == pytest.approx([3 / 13, 2 / 13, 4 / 13, 2 / 13, 2 / 13])
    whole = float((NOW * COUNT).sum() / (BEFORE * COUNT).sum() - 1)
    assert weighted_change(weights, CHANGES) == pytest.approx(whole)


def test_who_has_no_numbers_is_no_member() -> None:
    """A share without a price today, or without a share count, leaves the others their whole."""
    changes = np.array([0.1, NAN, -0.1])
    assert equal_weights(changes) == pytest.approx([0.5, NAN, 0.5], nan_ok=True)
    assert weighted_change(equal_weights(changes), changes) == pytest.approx(0.0)
    caps = np.array([3e9, 1e9, NAN])
    assert np.isnan(cap_weights(changes, caps)).all()
    caps = np.array([3e9, 1e9, 1e9])
    assert cap_weights(changes, caps) == pytest.approx([0.75, NAN, 0.25], nan_ok=True)
    assert np.isnan(cap_weights(changes, np.array([3e9, 1e9, -1e9]))).all()


def test_one_share_is_no_sector() -> None:
    """With a single member there is neither weight nor change."""
    changes = np.array([0.1, NAN])
    weights = equal_weights(changes)
    assert np.isnan(weights).all()
    assert np.isnan(weighted_change(weights, changes))


def days(size: int) -> st.SearchStrategy[NDArray[np.float64]]:
    """Return changes of a day, some of them unknown."""
    one = st.one_of(st.floats(-0.9, 5), st.just(NAN))
    return st.lists(one, min_size=size, max_size=size).map(np.array)


@given(days(6), st.lists(st.floats(1e6, 1e12), min_size=6, max_size=6).map(np.array))
def test_weights_add_up_and_the_change_lies_between(
    changes: NDArray[np.float64], caps: NDArray[np.float64]
) -> None:
    """Weights are above 0 and together 1; no basket does better than its best member."""
    for weights in (equal_weights(changes), cap_weights(changes, caps)):
        known = weights[np.isfinite(weights)]
        change = weighted_change(weights, changes)
        if not known.size:
            assert np.isnan(change)
            assert np.count_nonzero(np.isfinite(changes)) < 2
            continue
        assert known.min() > 0
        assert known.sum() == pytest.approx(1)
        assert np.nanmin(changes) - 1e-9 <= change <= np.nanmax(changes) + 1e-9
