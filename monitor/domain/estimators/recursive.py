"""Recursive least squares with forgetting: a regression that follows its coefficients.

With the forgetting of an exponential weighting it gives the same coefficients, and it takes any
number of regressors. docs/formulas.md 5, online estimators.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from monitor.domain.estimators import Floats

START_VARIANCE = 1e6
"""What is thought of a coefficient before any row: it may be anything."""


@dataclass(frozen=True, slots=True)
class RecursiveLeastSquares:
    """The regression y = c0 + c1 u1 + c2 u2 ...

    Attributes:
        coefficients: the intercept first.
        spread: the matrix P, rows of it; the inverse of the weighted products of the regressors.

    """

    coefficients: tuple[float, ...]
    spread: tuple[tuple[float, ...], ...]

    @classmethod
    def empty(cls, regressors: int, variance: float = START_VARIANCE) -> RecursiveLeastSquares:
        """Return the regression on `regressors` numbers and an intercept before its first row."""
        size = regressors + 1
        spread = variance * np.eye(size)
        return cls((0.0,) * size, _plain(spread))

    def updated(
        self,
        regressors: Sequence[float | None],
        target: float | None,
        forgetting: float = 1.0,
        trace_cap: float | None = None,
    ) -> RecursiveLeastSquares:
        """Take in one row; a row with a null is skipped whole.

        While the regressors stand still, forgetting makes the spread grow without end, and the
        first move afterwards throws the coefficients anywhere: its trace is kept at `trace_cap`,
        by default that of a fresh regression.
        """
        row = np.array([1.0, *regressors, target], dtype=np.float64)  # None turns into NaN
        if not np.all(np.isfinite(row)):
            return self
        u, y = row[:-1], row[-1]
        theta, spread = np.array(self.coefficients), np.array(self.spread)
        pu = spread @ u
        gain = pu / (forgetting + u @ pu)
        theta = theta + gain * (y - u @ theta)
        spread = (spread - np.outer(gain, pu)) / forgetting
        spread = (spread + spread.T) / 2
        cap = START_VARIANCE * len(u) if trace_cap is None else trace_cap
        trace = np.trace(spread)
        if trace > cap:
            spread *= cap / trace
        return RecursiveLeastSquares(tuple(theta.tolist()), _plain(spread))


def _plain(matrix: Floats) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(row) for row in matrix.tolist())
