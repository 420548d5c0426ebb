"""Where one value stands among others: rank, and robust distance from the middle.

Arrays have one element per company, NaN for whoever takes no part. Definitions: docs/formulas.md 8
(robust z).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MIN_RANKED = 2
MIN_SPREAD = 3
"""Fewer than three have no middle that the third would not move."""

# Of a normal sample both are its standard deviation.
MAD_PER_DEVIATION = 0.6745
DEVIATION_PER_MEAN = 1.2533

_ROUNDING = 1e-12
"""Of the largest value: what two roads to the same number may differ by."""


def ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each value's rank: 1 + how many are greater. Equals share one; NaN has none.

    With fewer than `MIN_RANKED` values nobody has one.
    """
    known = np.sort(values[np.isfinite(values)])
    if known.size < MIN_RANKED:
        return np.full(values.shape, np.nan)
    greater = known.size - np.searchsorted(known, values, side="right")
    return np.where(np.isfinite(values), 1.0 + greater, np.nan)


def middle(values: NDArray[np.float64]) -> float:
    """Return the median; NaN with fewer than `MIN_SPREAD` values."""
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size >= MIN_SPREAD else np.nan


def robust_spread(values: NDArray[np.float64]) -> float:
    """Return what one robust standard deviation is, in the unit of `values`.

    The median distance from the median over 0.6745; where more than half of the values are equal
    and it is 0, the mean distance times 1.2533. 0 where all are equal but for rounding, since a
    z-score over that would be a large number of nothing; NaN with fewer than `MIN_SPREAD` values.
    """
    known = values[np.isfinite(values)]
    if known.size < MIN_SPREAD:
        return np.nan
    distances = np.abs(known - np.median(known))
    distances[distances <= _ROUNDING * np.max(np.abs(known))] = 0.0
    scatter = float(np.median(distances))
    if scatter > 0:
        return scatter / MAD_PER_DEVIATION
    return float(np.mean(distances)) * DEVIATION_PER_MEAN
