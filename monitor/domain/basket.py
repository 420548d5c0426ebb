"""A basket of shares that stands for a sector: its weights, and its change of the day.

Rebalanced at every close: the weights of a day are set at the close before it, equal or by market
value, and the basket's change is the weighted mean of its members' changes. So it needs no history
of its own, and a member that drops out for a day shifts no level. docs/formulas.md 6.

Arrays have one element per company, NaN for whoever is no member that day.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MIN_MEMBERS = 2
"""One share alone is no sector."""

REBALANCING = "at every close: weights are those of the close before, equal or by market value"


def equal_weights(changes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of each member in an equal-weighted basket; together 1.

    `changes` tells who is a member. NaN for all with fewer than `MIN_MEMBERS`.
    """
    return _shares(np.where(np.isfinite(changes), 1.0, np.nan))


def cap_weights(changes: NDArray[np.float64], caps_usd: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of each member in a cap-weighted basket; together 1.

    `caps_usd` are the market values at the previous close; without one above 0, or without a
    change, a company is no member. NaN for all with fewer than `MIN_MEMBERS`.
    """
    return _shares(np.where(np.isfinite(changes) & (caps_usd > 0), caps_usd, np.nan))


def weighted_change(weights: NDArray[np.float64], changes: NDArray[np.float64]) -> float:
    """Return the change of a basket, a ratio; NaN where nobody has a weight."""
    parts = (weights * changes)[np.isfinite(weights)]
    return float(parts.sum()) if parts.size else np.nan


def _shares(sizes: NDArray[np.float64]) -> NDArray[np.float64]:
    known = np.isfinite(sizes)
    total = sizes[known].sum() if np.count_nonzero(known) >= MIN_MEMBERS else np.nan
    return np.divide(sizes, total)
