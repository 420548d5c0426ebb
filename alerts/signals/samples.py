"""N of the last M samples: the N-th greatest of them passes a level when N of them do.

So a rule on it needs no count of its own and is found by the index like any level.
"""

from __future__ import annotations

from dataclasses import dataclass

from alerts.signals.base import TOO_FEW, Answer, Signal
from alerts.signals.ring import Ring, RingSpec


@dataclass(frozen=True, slots=True)
class NthOf(Signal):
    """The `count`-th greatest (or least) of the last `of` samples."""

    count: int
    of: int
    greatest: bool

    @property
    def ring(self) -> RingSpec:
        """Return one bar a sample; two at least: one alone is what a standstill keeps."""
        return RingSpec(0, max(2, self.of))

    @property
    def words(self) -> str:
        """Return `(3 of the last 5)`."""
        return f"({self.count} of the last {self.of})"

    @property
    def scales(self) -> bool:
        """Return that it is in the value's unit."""
        return True

    def answer(self, past: Ring, now: int) -> Answer:
        """Return the sample; before there are so many, that they are too few."""
        del now
        if len(past.bars) < self.of:
            return TOO_FEW
        values = sorted((bar.last for bar in past.bars[-self.of :]), reverse=self.greatest)
        return values[self.count - 1]
