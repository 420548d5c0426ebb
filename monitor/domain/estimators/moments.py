"""Exponentially weighted means and covariances, one row at a time.

Weights fall by `decay` per step of time; a decay of 1 gives the plain moments of all rows. The
recursion is West's (1979) of Welford's (1962) form: docs/formulas.md 5, online estimators.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace


def decay_of(half_life: float) -> float:
    """Return the decay per step that halves a weight in `half_life` steps; 1 if it is infinite."""
    return math.exp2(-1.0 / half_life)


@dataclass(frozen=True, slots=True)
class Moments:
    """Weighted first and second moments of rows of one length.

    Attributes:
        count: rows taken in.
        weight: sum of the weights, W.
        weight_squares: sum of the squared weights.
        means: weighted mean per column.
        sums: weighted sums of products of deviations, S_ij for j <= i, row by row.

    """

    count: int
    weight: float
    weight_squares: float
    means: tuple[float, ...]
    sums: tuple[float, ...]

    @classmethod
    def empty(cls, columns: int) -> Moments:
        """Return the moments of no rows of `columns` numbers."""
        return cls(0, 0.0, 0.0, (0.0,) * columns, (0.0,) * (columns * (columns + 1) // 2))

    def updated(self, row: Sequence[float | None], decay: float = 1.0, gap: float = 1.0) -> Moments:
        """Take in one row, `gap` steps of time after the last one.

        A row that holds a null or a number that is not finite is skipped whole, for half an update
        would leave the columns with different samples. Its time counts: all weights fade alike,
        which changes no estimate, and the next row weighs as much more.
        """
        fading = decay**gap
        known = [value for value in row if value is not None and math.isfinite(value)]
        if len(known) < len(self.means):
            return self._faded(fading)
        before = fading * self.weight
        weight = before + 1.0
        shifts = [value - mean for value, mean in zip(known, self.means, strict=True)]
        # dx (y - my_new), written so that S_xy and S_yx are one number
        share = before / weight
        products = (share * shifts[i] * shifts[j] for i in range(len(shifts)) for j in range(i + 1))
        return Moments(
            count=self.count + 1,
            weight=weight,
            weight_squares=fading * fading * self.weight_squares + 1.0,
            means=tuple(
                mean + shift / weight for mean, shift in zip(self.means, shifts, strict=True)
            ),
            sums=tuple(fading * old + new for old, new in zip(self.sums, products, strict=True)),
        )

    def _faded(self, fading: float) -> Moments:
        return replace(
            self,
            weight=fading * self.weight,
            weight_squares=fading * fading * self.weight_squares,
            sums=tuple(fading * old for old in self.sums),
        )

    @property
    def effective_count(self) -> float:
        """Return how many equally weighted rows would know as much: W^2 / sum of w^2."""
        return self.weight * self.weight / self.weight_squares if self.count else 0.0

    def covariance(self, i: int, j: int) -> float | None:
        """Return the unbiased covariance of two columns; None with fewer than two rows."""
        if self.count < 2:  # noqa: PLR2004 - one row has no spread
            return None
        return self.sums[place(i, j)] / (self.weight - self.weight_squares / self.weight)


def place(i: int, j: int) -> int:
    """Return where the pair of columns i and j stands in a triangle kept row by row."""
    low, high = sorted((i, j))
    return high * (high + 1) // 2 + low
