"""Exponentially weighted moments against a batch computation."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.estimators.moments import Moments, decay_of, place

RETURNS = st.floats(-0.3, 0.3)
ROWS = st.lists(st.tuples(RETURNS, RETURNS, RETURNS), min_size=2, max_size=60)
GAPS = st.integers(1, 5)
DECAYS = st.sampled_from([1.0, decay_of(60), decay_of(5)])


def online(rows: list[tuple[float, ...]], gaps: list[int], decay: float) -> Moments:
    """Return the moments of the rows, taken in one by one."""
    moments = Moments.empty(len(rows[0]))
    for row, gap in zip(rows, gaps, strict=True):
        moments = moments.updated(row, decay, gap)
    return moments


@given(st.data(), ROWS, DECAYS)
def test_equal_to_the_batch(
    data: st.DataObject, rows: list[tuple[float, ...]], decay: float
) -> None:
    """Means, unbiased covariances and effective count agree with numpy's to 1e-12."""
    gaps = [data.draw(GAPS) for _ in rows]
    moments = online(rows, gaps, decay)
    ages = np.append(np.cumsum(gaps[::-1])[::-1][1:], 0)
    weights = decay**ages
    table = np.array(rows)
    batch = np.cov(table.T, aweights=weights)
    scale = np.sqrt(np.outer(np.diag(batch), np.diag(batch))) + 1e-6
    assert moments.means == pytest.approx(np.average(table, axis=0, weights=weights), abs=1e-12)
    assert moments.effective_count == pytest.approx(
        weights.sum() ** 2 / (weights**2).sum(), rel=1e-12
    )
    for i in range(3):
        for j in range(3):
            found = moments.covariance(i, j)
            assert found is not None
            assert abs(found - batch[i, j]) <= 1e-12 * scale[i, j]


@given(ROWS, DECAYS)
def test_the_covariance_matrix_is_positive_semidefinite(
    rows: list[tuple[float, ...]], decay: float
) -> None:
    """No portfolio of the columns has a negative variance."""
    sums = online(rows, [1] * len(rows), decay).sums
    matrix = np.array([[sums[place(i, j)] for j in range(3)] for i in range(3)])
    assert np.linalg.eigvalsh(matrix).min() >= -1e-14 * max(1.0, np.trace(matrix))


@given(ROWS, DECAYS, st.floats(0.1, 10), st.floats(-1, 1))
def test_a_shift_leaves_beta_alone_and_a_scale_scales_it(
    rows: list[tuple[float, ...]], decay: float, scale: float, shift: float
) -> None:
    """Beta of a y + b on x is a times the beta of y on x."""
    gaps = [1] * len(rows)
    plain = online(rows, gaps, decay)
    moved = online([(x, scale * y + shift, z) for x, y, z in rows], gaps, decay)
    variance, cross = plain.covariance(0, 0), plain.covariance(0, 1)
    assert variance is not None
    assert cross is not None
    if variance > 1e-4:
        shifted = moved.covariance(0, 1)
        assert shifted is not None
        assert shifted / variance == pytest.approx(scale * cross / variance, rel=1e-9, abs=1e-9)


@given(ROWS, DECAYS, st.integers(0, 2), st.sampled_from([None, math.nan, math.inf]))
def test_a_row_with_a_null_is_skipped_whole_and_its_time_counts(
    rows: list[tuple[float, ...]], decay: float, column: int, null: float | None
) -> None:
    """A null is as if the row had not been there and the next came one step later."""
    holed: list[float | None] = list(rows[0])
    holed[column] = null
    before = online(rows, [1] * len(rows), decay)
    skipped = before.updated(holed, decay)
    for i in range(3):
        assert skipped.covariance(i, i) == pytest.approx(before.covariance(i, i), rel=1e-12)
    assert skipped.count == before.count
    later = skipped.updated(rows[0], decay)
    spanned = before.updated(rows[0], decay, 2)
    assert later.means == pytest.approx(spanned.means, rel=1e-12, abs=1e-15)
    assert later.sums == pytest.approx(spanned.sums, rel=1e-12, abs=1e-15)


@given(ROWS, ROWS, DECAYS)
def test_saved_and_taken_back_it_goes_on_identically(
    first: list[tuple[float, ...]], second: list[tuple[float, ...]], decay: float
) -> None:
    """Through JSON and back nothing is lost, not a bit."""
    moments = online(first, [1] * len(first), decay)
    restored = msgspec.json.decode(msgspec.json.encode(moments), type=Moments)
    assert restored == moments
    for row in second:
        moments, restored = moments.updated(row, decay), restored.updated(row, decay)
    assert restored == moments


def test_the_effective_count_tends_to_its_limit() -> None:
    """Section 5: (1 + lambda) / (1 - lambda), 173 at a half-life of 60."""
    moments = online([(0.01,), (0.02,)] * 1_000, [1] * 2_000, decay_of(60))
    assert round(moments.effective_count) == 173


def test_nothing_is_known_of_too_few_rows() -> None:
    """No row has no weight, one row has no spread; a half-life may be infinite."""
    assert Moments.empty(2).effective_count == 0
    assert Moments.empty(2).updated((1, 2)).covariance(0, 1) is None
    assert decay_of(math.inf) == 1.0


def test_far_from_zero_it_does_not_cancel() -> None:
    """Where E[x^2] - E[x]^2 has lost every digit the variance still stands."""
    moments = online([(1e9 + step,) for step in (0.0, 1.0, 2.0)], [1] * 3, 1.0)
    assert moments.covariance(0, 0) == 1.0
