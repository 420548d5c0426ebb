"""How far an estimate may be off: Student's quantile, Newey-West errors, block bootstrap.

Daily returns have wide tails and residuals that hang together over some days, so the plain error
of a beta is the least that must be said. docs/formulas.md 5, confidence.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist

import numpy as np

from monitor.domain.estimators import Floats

NEWEY_WEST_LAG = 5
BLOCK = 5
DRAWS = 1_000

_NODES, _NODE_WEIGHTS = np.polynomial.legendre.leggauss(48)
_NEWTON_STEPS = 8
_LARGE = 100.0


def student_t_quantile(probability: float, freedom: Floats) -> Floats:
    """Return x with P(T <= x) = `probability` for Student's T of each `freedom`, to about 1e-10.

    NaN where the degrees of freedom are below 1 or unknown. Starts at the normal quantile widened
    by its first two correction terms (Abramowitz and Stegun 26.7.5) and mends it by Newton steps.

    Raises:
        ValueError: the probability is not inside (0, 1).

    """
    if not 0 < probability < 1:
        raise ValueError(f"no Student quantile at {probability}; it must lie between 0 and 1")
    degrees = np.where(freedom >= 1, freedom, np.nan)
    z = NormalDist().inv_cdf(max(probability, 1 - probability))
    x = z + (z**3 + z) / 4 / degrees + (5 * z**5 + 16 * z**3 + 3 * z) / 96 / degrees**2
    scale = np.array([_density_at_zero(float(value)) for value in degrees.flat])
    scale = scale.reshape(degrees.shape)
    for _ in range(_NEWTON_STEPS):
        error = 0.5 + _from_zero(x, degrees, scale) - max(probability, 1 - probability)
        x = x - error / (scale * (1 + x * x / degrees) ** (-(degrees + 1) / 2))
    return x if probability >= 0.5 else -x  # noqa: PLR2004 - the median, where the sign turns


def _density_at_zero(freedom: float) -> float:
    if math.isnan(freedom):
        return math.nan
    half = freedom / 2
    if half < _LARGE:
        root = math.exp(math.lgamma(half + 0.5) - math.lgamma(half))
    else:  # the difference of two large logarithms would lose digits
        root = math.sqrt(half) * (1 - 1 / (8 * half) + 1 / (128 * half**2) + 5 / (1024 * half**3))
    return root / math.sqrt(math.pi * freedom)


def _from_zero(x: Floats, freedom: Floats, scale: Floats) -> Floats:
    """Return P(0 <= T <= x): with x = sqrt(freedom) tan(u) the integrand is a power of a cosine."""
    root = np.sqrt(freedom)
    upper = np.arctan(x / root)[..., None]
    u = upper * (_NODES + 1) / 2
    heights = np.exp((freedom[..., None] - 1) / 2 * np.log1p(-(np.sin(u) ** 2)))
    integral: Floats = np.sum(heights * _NODE_WEIGHTS, axis=-1)
    return scale * root * (upper[..., 0] / 2) * integral


def least_squares(regressors: Floats, target: Floats) -> Floats:
    """Return the coefficients of `target` on an intercept (first) and the columns given."""
    coefficients = np.linalg.lstsq(_with_intercept(regressors), target, rcond=None)[0]
    return np.asarray(coefficients, dtype=np.float64)


def newey_west_covariance(regressors: Floats, target: Floats, lag: int = NEWEY_WEST_LAG) -> Floats:
    """Return the covariance of the coefficients of `least_squares` when residuals hang together.

    Bartlett weights 1 - j / (lag + 1), without a correction for small samples. Lag 0 is White's.
    """
    u = _with_intercept(regressors)
    scores = u * (target - u @ least_squares(regressors, target))[:, None]
    middle = scores.T @ scores
    for j in range(1, lag + 1):
        shifted = scores[j:].T @ scores[:-j]
        middle += (1 - j / (lag + 1)) * (shifted + shifted.T)
    bread = np.linalg.inv(u.T @ u)
    covariance: Floats = bread @ middle @ bread
    return covariance


def _with_intercept(regressors: Floats) -> Floats:
    columns = regressors.reshape(len(regressors), -1)
    return np.column_stack([np.ones(len(columns)), columns])


def block_bootstrap(
    rows: Floats,
    statistic: Callable[[Floats], float],
    seed: int,
    *,
    block: int = BLOCK,
    draws: int = DRAWS,
) -> Floats:
    """Return `statistic` of resampled `rows`, sorted, one value per draw.

    Rows are drawn in blocks that keep neighbouring days together; the last day is followed by the
    first, so that every day is drawn as often as any other. The same seed gives the same draws.
    """
    size = len(rows)
    starts = np.random.default_rng(seed).integers(size, size=(draws, -(-size // block)))
    places = (starts[..., None] + np.arange(block)).reshape(draws, -1)[:, :size] % size
    return np.sort([statistic(rows[place]) for place in places])
