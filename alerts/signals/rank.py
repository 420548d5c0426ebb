"""The place of a company among all that have the metric."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alerts.signals.base import TOO_FEW, Answer, Signal
from alerts.signals.ring import Ring, RingSpec


@dataclass(frozen=True, slots=True)
class Rank(Signal):
    """1 for the greatest value, or for the least; equal values share the better place."""

    greatest: bool = True

    @property
    def ring(self) -> RingSpec:
        """Return that no past is needed."""
        return RingSpec(0, 1)

    @property
    def words(self) -> str:
        """Return `rank`."""
        return "rank" if self.greatest else "rank from below"

    @property
    def picks(self) -> bool:
        """Return that it has no past."""
        return False

    def unit(self, of: str) -> str:
        """Return a rank."""
        del of
        return "rank"

    def answer(self, past: Ring, now: int) -> Answer:
        """Return nothing: a rank is made of all companies at once, by `ranks`."""
        del past, now
        return TOO_FEW

    def ranks(self, values: NDArray[np.float64], usable: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the rank of each place, NaN for those that have no usable value."""
        found = np.full(len(values), np.nan)
        known = values[usable]
        ordered = np.sort(-known if self.greatest else known)
        sides = -known if self.greatest else known
        found[usable] = np.searchsorted(ordered, sides, side="left") + 1
        return found
