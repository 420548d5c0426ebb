"""When did a beta change? The most likely break of a regression's slope, and how sure it is.

The scan of Quandt (1960): for each possible session the regression with a slope of its own after
it is held against the one without; the largest Wald statistic names the session. It is run anew
each session, so the bound is higher than Andrews' (1993) for one look.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from monitor.domain.estimators import Floats
from monitor.domain.estimators.inference import least_squares

MIN_SEGMENT = 8
BREAK_STATISTIC = 25.0
"""From here on a break counts. A beta that never changes passes it in none of 300 simulated years of
normal returns, and in 6 % of years with the tails of a Student's T of 4 degrees, looking at 180
pairs on each of 250 days."""


@dataclass(frozen=True, slots=True)
class Break:
    """The most likely break of the slope.

    Attributes:
        start: index of the first value after it.
        statistic: squared t of the change of slope at that place.
        before: slope before it.
        after: slope from it on.

    """

    start: int
    statistic: float
    before: float
    after: float


def slope_break(x: Floats, y: Floats, min_segment: int = MIN_SEGMENT) -> Break | None:
    """Return the most likely break of the slope of `y` on `x`; None where there can be none.

    At least `min_segment` values lie on either side. There is none when there are too few values,
    when `x` stands still, or when a line without a break already fits everything.
    """
    size = len(x)
    if size < 2 * min_segment:
        return None
    x = x - x.mean()
    products = float(x @ x)
    residuals = y - y.mean()
    if products == 0:
        return None
    residuals = residuals - x * float(x @ residuals) / products
    left = float(residuals @ residuals)
    starts = np.arange(min_segment, size - min_segment + 1)
    # z is x from the start on and 0 before it, freed of what intercept and x explain of it
    tail_sum, tail_products, shared = (
        np.append(np.cumsum(values[::-1])[::-1], 0.0)[starts]
        for values in (x, x * x, x * residuals)
    )
    spread = tail_products - tail_sum**2 / size - tail_products**2 / products
    possible = spread > 1e-9 * products
    gain = np.where(possible, shared**2, 0.0) / np.where(possible, spread, 1.0)
    best = int(np.argmax(gain))
    if not gain[best] > 0:
        return None
    start = int(starts[best])
    # where the break explains everything, rounding is all that is left
    noise = max(left - float(gain[best]), np.finfo(np.float64).eps * left)
    return Break(
        start=start,
        statistic=float(gain[best]) * (size - 3) / noise,
        before=float(least_squares(x[:start], y[:start])[1]),
        after=float(least_squares(x[start:], y[start:])[1]),
    )
