"""Robust spread and winsorising: one wild day must not decide a beta.

The median and the median absolute deviation stay put however far the outliers lie. Values are cut
in the estimator only; what is stored stays raw. docs/formulas.md 5, online estimators, and 8,
robust z.
"""

from __future__ import annotations

import numpy as np

from monitor.domain.estimators import Floats

WINSOR_SIGMAS = 6.0
MAD_TO_SIGMA = 1.4826
MEAN_DEVIATION_TO_SIGMA = 1.2533


def robust_bounds(values: Floats, sigmas: float = WINSOR_SIGMAS) -> tuple[float, float] | None:
    """Return median - and + `sigmas` robust standard deviations; None where nothing varies.

    The robust deviation is 1.4826 MAD; where more than half of the values are equal, 1.2533 times
    the mean absolute deviation.
    """
    if not len(values):
        return None
    median = float(np.median(values))
    apart = np.abs(values - median)
    sigma = MAD_TO_SIGMA * float(np.median(apart))
    if sigma == 0:
        sigma = MEAN_DEVIATION_TO_SIGMA * float(np.mean(apart))
    if sigma == 0:
        return None
    return median - sigmas * sigma, median + sigmas * sigma


def winsorised(values: Floats, sigmas: float = WINSOR_SIGMAS) -> Floats:
    """Return `values`, those beyond the robust bounds set onto them."""
    bounds = robust_bounds(values, sigmas)
    return values if bounds is None else np.clip(values, *bounds)
