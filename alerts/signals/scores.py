"""How unusual the last change is: z-score and its robust sibling, of changes and never of levels.

The past against which a change is held ends before it (domain.md 8): mean and deviation, or
median and median absolute deviation, of the changes from bar to bar.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median

from alerts.signals.base import NO_SPREAD, TOO_FEW, Answer, Measure, Signal, against
from alerts.signals.ring import Ring, RingSpec

MIN_CHANGES = 30
"""Fewer make no score."""
MAD_TO_SIGMA = 0.6745
MEAN_DEVIATION_TO_SIGMA = 1.2533


@dataclass(frozen=True, slots=True)
class Score(Signal):
    """The last change in deviations of the changes before it.

    Attributes:
        every_ms: width of a bar; a change is from the last value of one to that of the next.
        samples: how many changes make the past, 30 or more.
        robust: median and MAD instead of mean and standard deviation.

    """

    every_ms: int
    every: str
    samples: int
    robust: bool = False
    measure: Measure = "percent"

    @property
    def ring(self) -> RingSpec:
        """Return one bar more than changes, and the running one."""
        return RingSpec(self.every_ms, self.samples + 2)

    @property
    def words(self) -> str:
        """Return `z-score of the change over 5m`."""
        kind = "robust z-score" if self.robust else "z-score"
        return f"{kind} of the change over {self.every}"

    def unit(self, of: str) -> str:
        """Return standard deviations."""
        del of
        return "sigma"

    @property
    def repaints(self) -> str:
        """Return that the last change is that of the running bar."""
        return f"its last change is that of the {self.every} bar that still runs"

    def answer(self, past: Ring, now: int) -> Answer:
        """Return the score of the running bar's change."""
        del now
        bars = past.bars
        if len(bars) < MIN_CHANGES + 2:
            return TOO_FEW
        changes: list[float] = []
        for earlier, later in pairwise(bars):
            change = against(later.last, earlier.last, self.measure)
            if isinstance(change, str):
                return change
            if later.number == earlier.number + 1:  # over a hole it is a change of something else
                changes.append(change)
        if len(changes) <= MIN_CHANGES or bars[-1].number != bars[-2].number + 1:
            return TOO_FEW
        return (robust_score if self.robust else plain_score)(changes[-1], changes[:-1])


def plain_score(change: float, before: Sequence[float]) -> Answer:
    """Return (x - mean) / s of the changes before; a past that never moved has no score."""
    mean = fmean(before)
    spread = math.sqrt(math.fsum((it - mean) ** 2 for it in before) / (len(before) - 1))
    return (change - mean) / spread if spread > 0 else NO_SPREAD


def robust_score(change: float, before: Sequence[float]) -> Answer:
    """Return 0.6745 (x - median) / MAD; MAD 0 takes 1.2533 times the mean absolute deviation."""
    middle = median(before)
    apart = [abs(it - middle) for it in before]
    mad = median(apart)
    if mad > 0:
        return MAD_TO_SIGMA * (change - middle) / mad
    spread = MEAN_DEVIATION_TO_SIGMA * fmean(apart)
    return (change - middle) / spread if spread > 0 else NO_SPREAD
