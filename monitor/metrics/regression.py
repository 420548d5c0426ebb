"""What a sample of pairs comes to: shared by the metrics of several windows. No metric itself.

The first argument is the size of the sample, which only a guard looks at.
"""

from __future__ import annotations

import numpy as np

from monitor.metrics.base import Floats

MIN_PAIRS = 30
"""Fewer pairs show no beta."""


def slope(_count: Floats, covariance: Floats, variance: Floats) -> Floats:
    """Return the regression slope."""
    return covariance / variance


def correlation(
    _count: Floats, covariance: Floats, variance: Floats, other_variance: Floats
) -> Floats:
    """Return the correlation of two columns."""
    return covariance / np.sqrt(variance * other_variance)


def effectiveness(
    _count: Floats, ratio: Floats, var_stock: Floats, var_btc: Floats, covariance: Floats
) -> Floats:
    """Return the share of the variance that a hedge at `ratio` takes away; below 0 it adds some."""
    hedged = var_stock - 2 * ratio * covariance + ratio * ratio * var_btc
    return 1 - hedged / var_stock
