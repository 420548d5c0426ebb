"""Recursive least squares against the weighted regression it stands for."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain.estimators import Floats
from monitor.domain.estimators.moments import Moments, decay_of
from monitor.domain.estimators.recursive import START_VARIANCE, RecursiveLeastSquares


def sample(seed: int, size: int = 80) -> tuple[Floats, Floats]:
    """Return two regressors of size one and a target that follows them."""
    rng = np.random.default_rng(seed)
    regressors = rng.normal(0.2, 1.0, (size, 2))
    return regressors, 0.3 + regressors @ [1.4, -0.6] + rng.normal(0, 0.5, size)


def online(
    regressors: Floats, target: Floats, forgetting: float, variance: float = START_VARIANCE
) -> RecursiveLeastSquares:
    """Return the regression after the rows, taken in one by one."""
    state = RecursiveLeastSquares.empty(2, variance)
    for row, value in zip(regressors, target, strict=True):
        state = state.updated(row.tolist(), float(value), forgetting)
    return state


@given(st.integers(0, 10_000), st.sampled_from([1.0, decay_of(60), 0.9]))
def test_equal_to_the_batch(seed: int, forgetting: float) -> None:
    """The coefficients are those of the weighted regression that starts at the same variance."""
    regressors, target = sample(seed)
    variance = 10.0
    state = online(regressors, target, forgetting, variance)
    u = np.column_stack([np.ones(len(target)), regressors])
    weights = forgetting ** np.arange(len(target))[::-1]
    start = np.eye(3) / variance * forgetting ** len(target)
    normal = start + (u * weights[:, None]).T @ u
    batch = np.linalg.solve(normal, (u * weights[:, None]).T @ target)
    assert state.coefficients == pytest.approx(batch, rel=1e-12, abs=1e-12)
    assert np.array(state.spread) == pytest.approx(np.linalg.inv(normal), rel=1e-10, abs=1e-12)


@settings(max_examples=20)
@given(st.integers(0, 10_000))
def test_agrees_with_the_weighted_moments(seed: int) -> None:
    """With the decay of the moments it finds their beta: one estimator, two ways."""
    regressors, target = sample(seed, 400)
    decay = decay_of(30)
    state = online(regressors, target, decay)
    moments = Moments.empty(3)
    for row, value in zip(regressors, target, strict=True):
        moments = moments.updated((*row, value), decay)
    matrix = np.array([[moments.covariance(i, j) for j in range(2)] for i in range(2)], float)
    shared = np.array([moments.covariance(i, 2) for i in range(2)], float)
    assert state.coefficients[1:] == pytest.approx(np.linalg.solve(matrix, shared), abs=1e-7)


def test_a_quiet_spell_does_not_blow_it_up() -> None:
    """While the regressors stand still the trace stays under its cap, which it would pass by far."""
    regressors, target = sample(1)
    state = online(regressors, target, 0.9)
    for _ in range(2_000):
        state = state.updated((0.0, 0.0), 0.3, 0.9, trace_cap=50.0)
        assert sum(state.spread[i][i] for i in range(3)) <= 50.0 * (1 + 1e-12)
    assert 0.9**-2_000 > 1e90  # what the spread would have been multiplied by
    assert all(map(math.isfinite, state.coefficients))


def test_a_row_with_a_null_is_skipped_whole() -> None:
    """A missing regressor or target changes nothing."""
    regressors, target = sample(2)
    state = online(regressors, target, 0.99)
    assert state.updated((None, 1.0), 1.0) == state
    assert state.updated((1.0, 1.0), None) == state


def test_saved_and_taken_back_it_goes_on_identically() -> None:
    """Through JSON and back nothing is lost, not a bit."""
    regressors, target = sample(3)
    state = online(regressors[:40], target[:40], 0.98)
    restored = msgspec.json.decode(msgspec.json.encode(state), type=RecursiveLeastSquares)
    assert restored == state
    for row, value in zip(regressors[40:].tolist(), target[40:].tolist(), strict=True):
        state, restored = state.updated(row, value, 0.98), restored.updated(row, value, 0.98)
    assert restored == state


def test_the_spread_stays_symmetric() -> None:
    """P is a covariance: rounding may not tilt it."""
    spread = np.array(online(*sample(4), 0.95).spread)
    assert np.array_equal(spread, spread.T)
