"""Rank and robust distance: known values, ties, and that the order of the companies is nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from monitor.domain.peers import middle, ranks, robust_spread

NAN = float("nan")


def column(*values: float) -> NDArray[np.float64]:
    """Return values as a column over companies."""
    return np.array(values, dtype=np.float64)


def test_equals_share_a_rank_and_the_next_one_is_skipped() -> None:
    """0.5, 0.3, 0.3 and 0.1 are 1, 2, 2 and 4; who has no value has no rank."""
    assert ranks(column(0.3, 0.5, NAN, 0.1, 0.3)).tolist() == pytest.approx(
        [2, 1, NAN, 4, 2], nan_ok=True
    )


def test_one_alone_has_no_rank_and_two_have_no_middle() -> None:
    """Too few to compare is no number."""
    assert np.isnan(ranks(column(0.5, NAN))).all()
    assert np.isnan(middle(column(0.5, 0.3, NAN)))
    assert np.isnan(robust_spread(column(0.5, 0.3, NAN)))


def test_the_spread_is_the_median_distance_over_its_share_of_a_deviation() -> None:
    """Of 1, 2, 3, 4, 100 the median is 3 and the median distance 1; the outlier counts as one."""
    values = column(1, 2, 3, 4, 100, NAN)
    assert middle(values) == 3
    assert robust_spread(values) == pytest.approx(1 / 0.6745)
    # so 100 stands 65 robust deviations off: 0.6745 x 97 / 1
    assert (100 - middle(values)) / robust_spread(values) == pytest.approx(65.43, abs=0.005)


def test_where_most_are_equal_the_mean_distance_stands_in() -> None:
    """Of 5, 5, 5, 5, 10 the mean distance from 5 is 1; all equal have no spread at all."""
    assert robust_spread(column(5, 5, 5, 5, 10)) == pytest.approx(1.2533)
    assert robust_spread(column(5, 5, 5)) == 0


def test_rounding_is_no_spread() -> None:
    """A third written in three ways has no spread to measure a distance by."""
    assert robust_spread(column(1 / 3, 1 - 2 / 3, (0.1 + 0.2) / 0.9)) == 0


# Whole numbers, so that ties are common.
few = st.lists(st.one_of(st.integers(-5, 5).map(float), st.just(NAN)), min_size=1, max_size=12)


@given(few, st.permutations(range(12)))
def test_a_rank_goes_with_its_company(values: list[float], shuffled: list[int]) -> None:
    """Whatever the order of the companies, each keeps its rank; median and spread stay."""
    order = [place for place in shuffled if place < len(values)]
    straight, mixed = column(*values), column(*[values[place] for place in order])
    assert np.array_equal(ranks(mixed), ranks(straight)[order], equal_nan=True)
    assert middle(mixed) == pytest.approx(middle(straight), nan_ok=True)
    assert robust_spread(mixed) == pytest.approx(robust_spread(straight), nan_ok=True)


@given(few)
def test_ranks_follow_the_values(values: list[float]) -> None:
    """Greater is a smaller rank, equal the same; the best has 1 and nobody more than the count."""
    found = ranks(column(*values))
    known = [(value, rank) for value, rank in zip(values, found, strict=True) if rank > 0]
    for value, rank in known:
        assert rank == 1 + sum(other > value for other, _ in known)


@given(
    st.lists(st.integers(-1_000, 1_000).map(float), min_size=3, max_size=12),
    st.floats(0.1, 10),
    st.integers(-1_000, 1_000),
)
def test_the_spread_scales_and_does_not_shift(
    values: list[float], factor: float, shift: int
) -> None:
    """Twice the values have twice the spread; a constant added changes nothing."""
    base = robust_spread(column(*values))
    moved = robust_spread((column(*values) + shift) * factor)
    assert moved == pytest.approx(base * factor)
