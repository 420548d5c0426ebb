"""Means and covariances of the last N rows, one row at a time.

The row that leaves is taken out of the sums instead of summing anew. What rounding that leaves
behind would grow without end, so the sums are made anew from the rows once per window.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from monitor.domain.estimators.moments import place


@dataclass(frozen=True, slots=True)
class Rolling:
    """The last rows and their plain moments.

    Attributes:
        window: how many rows are kept.
        rows: the last rows, oldest first.
        means: mean per column.
        sums: sums of products of deviations, S_ij for j <= i, row by row.
        drifted: rows taken in since the sums were last made anew.

    """

    window: int
    rows: tuple[tuple[float, ...], ...]
    means: tuple[float, ...]
    sums: tuple[float, ...]
    drifted: int = 0

    @classmethod
    def empty(cls, window: int, columns: int) -> Rolling:
        """Return a window without rows.

        Raises:
            ValueError: the window holds no row.

        """
        if window < 1:
            raise ValueError(f"a rolling window holds at least 1 row, not {window}")
        return cls(window, (), (0.0,) * columns, (0.0,) * (columns * (columns + 1) // 2))

    @property
    def count(self) -> int:
        """Return how many rows are in the window."""
        return len(self.rows)

    def updated(self, row: Sequence[float | None]) -> Rolling:
        """Take in one row and let the oldest go; a row with a null is skipped whole."""
        new = tuple(value for value in row if value is not None and math.isfinite(value))
        if len(new) < len(self.means):
            return self
        if self.drifted + 1 >= self.window:
            return _from_rows(self.window, (*self.rows, new)[-self.window :])
        full = len(self.rows) == self.window
        rows = (*self.rows[1:], new) if full else (*self.rows, new)
        out = self.rows[0] if full else self.means  # the mean itself is worth nothing in a sum
        size = len(rows)
        means = tuple(
            mean + (value - gone) / size
            for mean, value, gone in zip(self.means, new, out, strict=True)
        )
        sums = list(self.sums)
        for i in range(len(new)):
            for j in range(i + 1):
                entered = (new[i] - means[i]) * (new[j] - self.means[j])
                left = (out[i] - means[i]) * (out[j] - self.means[j])
                sums[place(i, j)] += entered - left
        return Rolling(self.window, rows, means, tuple(sums), self.drifted + 1)

    def covariance(self, i: int, j: int) -> float | None:
        """Return the unbiased covariance of two columns; None with fewer than two rows."""
        if len(self.rows) < 2:  # noqa: PLR2004 - one row has no spread
            return None
        return self.sums[place(i, j)] / (len(self.rows) - 1)


def _from_rows(window: int, rows: tuple[tuple[float, ...], ...]) -> Rolling:
    """Return the window with its sums made from the rows alone."""
    columns = list(zip(*rows, strict=True))
    means = tuple(math.fsum(column) / len(rows) for column in columns)
    apart = [
        [value - mean for value in column] for column, mean in zip(columns, means, strict=True)
    ]
    sums = tuple(
        math.fsum(x * y for x, y in zip(apart[i], apart[j], strict=True))
        for i in range(len(columns))
        for j in range(i + 1)
    )
    return Rolling(window, rows, means, sums)
