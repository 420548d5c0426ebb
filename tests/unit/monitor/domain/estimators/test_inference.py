"""Student's quantile, Newey-West errors and the block bootstrap."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.estimators import Floats
from monitor.domain.estimators.inference import (
    block_bootstrap,
    least_squares,
    newey_west_covariance,
    student_t_quantile,
)


@pytest.mark.parametrize(
    ("probability", "freedom", "quantile"),
    # printed in any table of the distribution
    [
        (0.975, 1, 12.706),
        (0.975, 2, 4.303),
        (0.975, 10, 2.228),
        (0.975, 30, 2.042),
        (0.975, 120, 1.980),
        (0.95, 5, 2.015),
        (0.995, 20, 2.845),
    ],
)
def test_table_values(probability: float, freedom: float, quantile: float) -> None:
    """The usual table values come out, and their mirror images."""
    assert round(float(student_t_quantile(probability, np.array([freedom]))[0]), 3) == quantile
    lower = float(student_t_quantile(1 - probability, np.array([freedom]))[0])
    assert lower == pytest.approx(-quantile, abs=5e-4)


@given(st.floats(0.001, 0.999))
def test_closed_forms(probability: float) -> None:
    """One degree is a Cauchy, two degrees have a root, very many are normal."""
    one, two, many = student_t_quantile(probability, np.array([1.0, 2.0, 1e9]))
    apart = 2 * probability - 1
    assert one == pytest.approx(math.tan(math.pi * apart / 2), rel=1e-8, abs=1e-9)
    assert two == pytest.approx(apart * math.sqrt(2 / (1 - apart**2)), rel=1e-8, abs=1e-9)
    assert many == pytest.approx(NormalDist().inv_cdf(probability), rel=1e-6, abs=1e-6)


@given(st.floats(1, 500), st.floats(0.01, 500))
def test_wider_with_fewer_degrees(freedom: float, more: float) -> None:
    """The fewer degrees of freedom, the further out the quantile; the vector is the scalar."""
    pair = student_t_quantile(0.975, np.array([freedom, freedom + more]))
    assert pair[0] > pair[1] - 1e-12
    assert pair[1] == student_t_quantile(0.975, np.array([freedom + more]))[0]


def test_what_has_no_quantile() -> None:
    """Below one degree or unknown: none, beside neighbours that have one; 0 and 1 are refused."""
    found = student_t_quantile(0.975, np.array([0.5, np.nan, 30.0]))
    assert np.isnan(found).tolist() == [True, True, False]
    for probability in (0.0, 1.0):
        with pytest.raises(ValueError, match="no Student quantile"):
            student_t_quantile(probability, np.array([5.0]))


def sample(seed: int, size: int = 250) -> tuple[Floats, Floats]:
    """Return a regressor, and a target with errors that hang together over days."""
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 0.03, size)
    noise = rng.normal(0, 0.02, size + 2)
    return x, 1.2 * x + noise[2:] + 0.7 * noise[1:-1] + 0.4 * noise[:-2]


def by_hand(x: Floats, y: Floats, lag: int) -> Floats:
    """Return the covariance by the definition's double sum over pairs of days."""
    u = np.column_stack([np.ones(len(x)), x])
    errors = y - u @ least_squares(x, y)
    middle = np.zeros((2, 2))
    for s in range(len(x)):
        for t in range(max(s - lag, 0), min(s + lag + 1, len(x))):
            weight = 1 - abs(s - t) / (lag + 1)
            middle += weight * errors[s] * errors[t] * np.outer(u[s], u[t])
    bread = np.linalg.inv(u.T @ u)
    covariance: Floats = bread @ middle @ bread
    return covariance


@pytest.mark.parametrize("lag", [0, 1, 5])
def test_newey_west_is_the_double_sum(lag: int) -> None:
    """All pairs of days up to the lag, weighted by Bartlett; at lag 0 White's errors."""
    x, y = sample(11)
    assert newey_west_covariance(x, y, lag) == pytest.approx(by_hand(x, y, lag), rel=1e-10)


def test_newey_west_sees_what_hangs_together() -> None:
    """Where a regressor and its errors both hang together the plain error is too small."""
    rng = np.random.default_rng(3)
    x = np.convolve(rng.normal(0, 1, 2_004), np.ones(5), "valid")
    y = x + np.convolve(rng.normal(0, 1, 2_004), np.ones(5), "valid")
    errors = y - np.column_stack([np.ones(len(x)), x]) @ least_squares(x, y)
    plain = math.sqrt(errors.var() / len(x) / x.var())
    assert math.sqrt(newey_west_covariance(x, y)[1, 1]) > 1.5 * plain


def test_the_bootstrap_repeats_with_its_seed() -> None:
    """The same seed draws the same days; another draws others; the draws come sorted."""
    rows = np.column_stack(sample(5))

    def beta(drawn: Floats) -> float:
        return float(least_squares(drawn[:, 0], drawn[:, 1])[1])

    first = block_bootstrap(rows, beta, seed=1)
    assert len(first) == 1_000
    assert np.array_equal(first, block_bootstrap(rows, beta, seed=1))
    assert not np.array_equal(first, block_bootstrap(rows, beta, seed=2))
    assert np.array_equal(first, np.sort(first))
    assert first[25] < beta(rows) < first[975]


def test_the_bootstrap_draws_blocks_of_neighbours() -> None:
    """Every block of five holds five days in a row; each draw is as long as the sample."""
    seen: list[Floats] = []

    def look(drawn: Floats) -> float:
        seen.append(drawn)
        return 0.0

    block_bootstrap(np.arange(23.0), look, seed=4, draws=50)
    for drawn in seen:
        assert len(drawn) == 23
        for start in range(0, 20, 5):
            steps = np.diff(drawn[start : start + 5]) % 23
            assert steps.tolist() == [1.0] * 4


def test_the_spread_of_the_bootstrap_is_the_error_of_the_mean() -> None:
    """For the mean of independent days the draws spread by sigma / sqrt(n)."""
    rows = np.random.default_rng(8).normal(0, 1, 500)
    draws = block_bootstrap(rows, lambda drawn: float(drawn.mean()), seed=1)
    assert draws.std() == pytest.approx(1 / math.sqrt(500), rel=0.15)
