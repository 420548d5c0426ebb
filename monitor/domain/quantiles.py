"""The chi-square quantile, which the interval of a hashrate estimate needs and Python lacks."""

from __future__ import annotations

import math
from statistics import NormalDist

_STEPS = 200
_TOLERANCE = 1e-15


def chi_square_quantile(probability: float, freedom: float) -> float:
    """Return x with P(chi-square of `freedom` degrees <= x) = `probability`, to about 1e-8.

    Starts at the Wilson-Hilferty approximation and mends it by Newton steps kept in a bracket.

    Raises:
        ValueError: the probability is not inside (0, 1) or the degrees of freedom not above 0.

    """
    if not 0 < probability < 1 or freedom <= 0:
        raise ValueError(f"no chi-square quantile at {probability} with {freedom} degrees")
    shape = freedom / 2
    spread = 2 / (9 * freedom)
    guess = (1 - spread + NormalDist().inv_cdf(probability) * math.sqrt(spread)) ** 3
    low, high = 0.0, math.inf
    x = max(shape * guess, 1e-12 * shape)
    for _ in range(_STEPS):
        error = lower_gamma_ratio(shape, x) - probability
        low, high = (low, x) if error > 0 else (x, high)
        density = math.exp((shape - 1) * math.log(x) - x - math.lgamma(shape))
        step = x - error / density if density > 0 else math.nan
        if not low < step < high:  # also when the step is nan
            step = (low + high) / 2 if math.isfinite(high) else 2 * x
        if abs(step - x) <= _TOLERANCE * x:
            break
        x = step
    return 2 * x


def lower_gamma_ratio(shape: float, x: float) -> float:
    """Return the regularised lower incomplete gamma function P(shape, x).

    Series below shape + 1, Lentz's continued fraction above it (Abramowitz and Stegun 6.5.29
    and 6.5.31).
    """
    if x <= 0:
        return 0.0
    scale = math.exp(shape * math.log(x) - x - math.lgamma(shape))
    if x < shape + 1:
        term = total = 1 / shape
        n = shape
        while term > total * _TOLERANCE:
            n += 1
            term *= x / n
            total += term
        return total * scale
    return 1 - scale * _continued_fraction(shape, x)


def _continued_fraction(shape: float, x: float) -> float:
    tiny = 1e-300
    b = x + 1 - shape
    c = 1 / tiny
    d = 1 / b
    value = d
    for n in range(1, 10_000):
        a = -n * (n - shape)
        b += 2
        d = a * d + b
        d = 1 / (d if abs(d) > tiny else tiny)
        c = b + a / c
        c = c if abs(c) > tiny else tiny
        value *= c * d
        if abs(c * d - 1) < _TOLERANCE * 10:
            break
    return value
