"""The break of a slope: found, dated, and not imagined."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain.estimators import Floats
from monitor.domain.estimators.change import BREAK_STATISTIC, MIN_SEGMENT, slope_break
from monitor.domain.estimators.inference import least_squares


def series(seed: int, before: int, after: int, noise: float = 0.01) -> tuple[Floats, Floats]:
    """Return a market, and a share whose beta falls from 1.4 to 0.5 on the way."""
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 0.03, before + after)
    beta = np.where(np.arange(before + after) < before, 1.4, 0.5)
    return x, beta * x + rng.normal(0, noise, before + after)


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(40, 140))
def test_the_break_is_dated_within_ten_days(seed: int, before: int) -> None:
    """C08: beta 1.4, then 0.5: dated within 10 days, with both betas."""
    found = slope_break(*series(seed, before, 180 - before))
    assert found is not None
    assert found.statistic > BREAK_STATISTIC
    assert abs(found.start - before) <= 10
    assert found.before == pytest.approx(1.4, abs=0.3)
    assert found.after == pytest.approx(0.5, abs=0.3)


@pytest.mark.parametrize("seed", range(5))
def test_the_break_is_noticed_within_ten_days(seed: int) -> None:
    """C08: ten days into the new beta the statistic has passed its bound."""
    found = slope_break(*series(seed, 120, 10))
    assert found is not None
    assert found.statistic > BREAK_STATISTIC
    assert abs(found.start - 120) <= 10


@pytest.mark.parametrize("seed", range(20))
def test_a_steady_beta_has_no_break(seed: int) -> None:
    """180 days of one beta stay under the bound."""
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 0.03, 180)
    found = slope_break(x, 1.2 * x + rng.normal(0, 0.04, 180))
    assert found is not None
    assert found.statistic < BREAK_STATISTIC


@settings(max_examples=30)
@given(st.integers(0, 1_000), st.integers(20, 60))
def test_the_statistic_is_a_squared_t(seed: int, size: int) -> None:
    """Each place's statistic is the squared t of the extra slope in a plain regression."""
    x, y = series(seed, size // 2, size - size // 2, noise=0.03)
    x, found = x - x.mean(), slope_break(x, y)
    assert found is not None
    best = -math.inf
    for start in range(MIN_SEGMENT, size - MIN_SEGMENT + 1):
        z = np.where(np.arange(size) >= start, x, 0.0)
        u = np.column_stack([np.ones(size), x, z])
        coefficients = least_squares(u[:, 1:], y)
        errors = y - u @ coefficients
        variance = errors @ errors / (size - 3) * np.linalg.inv(u.T @ u)[2, 2]
        best = max(best, coefficients[2] ** 2 / variance)
    assert found.statistic == pytest.approx(best, rel=1e-6)


def test_where_there_can_be_none() -> None:
    """Too few values, a market that stands still, a share that follows exactly: no break."""
    x = np.sin(np.arange(40.0))
    assert slope_break(x[:15], x[:15]) is None
    assert slope_break(np.ones(40), x) is None
    assert slope_break(x, np.zeros(40)) is None


def test_a_break_without_noise_is_finite() -> None:
    """Where the break explains everything the statistic is large and still a number."""
    x, y = series(1, 60, 60, noise=0.0)
    found = slope_break(x, y)
    assert found is not None
    assert found.start == 60
    assert found.before == pytest.approx(1.4)
    assert math.isfinite(found.statistic)
