"""The signal: a number made of a value and its past, which rules may watch like the value itself.

A signal is its parameters only, frozen and comparable, so that all rules with the same one on the
same value share one computation and one index. Its past is a `Ring`; what it says is a number, or
the name of what is missing. Rules never see half a window.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from alerts.signals.heed import Heed
from alerts.signals.ring import Ring, RingSpec

Measure: TypeAlias = Literal["percent", "points"]
"""How two values are held against each other: as a fraction of the earlier, or as a difference."""

TOO_FEW = "too_few_samples"
"""Why there is no number yet: the window is not filled."""
NO_SPREAD = "no_spread"
"""Why there is no score: the past never moved."""
NO_BASE = "base_not_positive"
"""Why there is no percent: it would be of zero or less."""

_DIGITS = 12
"""Of a change in percent: what binary fractions add lies four digits behind."""

Answer: TypeAlias = float | str
"""The number, or the name of what is missing."""


@dataclass(frozen=True, slots=True)
class Signal:
    """What is made of a value's past; subclasses say what.

    Attributes:
        ring: how much of the past is kept.
        heed: which readings the past is made of; None: all.

    """

    heed: Heed | None = field(default=None, kw_only=True)

    @property
    def ring(self) -> RingSpec:
        """Return what must be kept of the past."""
        raise NotImplementedError

    @property
    def kept(self) -> RingSpec:
        """Return `ring`, of the readings that are minded."""
        return self.ring if self.heed is None else replace(self.ring, heed=self.heed)

    @property
    def words(self) -> str:
        """Return what it is, for people, as said after the value's name: `change over 1h`."""
        raise NotImplementedError

    def unit(self, of: str) -> str:
        """Return the unit of the signal, that of the value being `of`."""
        return of

    @property
    def picks(self) -> bool:
        """Tell whether its past may be made of some readings alone: those that a rule minds."""
        return True

    @property
    def scales(self) -> bool:
        """Tell whether the signal is in the unit of the value, so that a split moves its levels."""
        return False

    @property
    def repaints(self) -> str:
        """Return what of it is taken from a bar that still runs, in words; empty: nothing is.

        Such a number may be there within a bar and gone when that has closed, so that a history
        of whole bars shows another past than the one that was lived through.
        """
        return ""

    def takes(self, value: float, past: Ring) -> bool:
        """Tell whether a value is a sample of this past; by default each is."""
        del value, past
        return True

    def answer(self, past: Ring, now: int) -> Answer:
        """Return the number at `now` (ms UTC), the last sample being in `past` already."""
        raise NotImplementedError

    def settles(self, past: Ring) -> int | None:
        """Return when it has become what it stays, ms UTC, if the value stands; None: it has."""
        del past
        return None

    def due(self, past: Ring) -> int | None:
        """Return when the answer changes without a sample, ms UTC; None if never."""
        del past
        return None


def against(value: float, base: float, measure: Measure) -> Answer:
    """Return `value` held against `base`; 97 against 100 is -0.03, and not a hair below it."""
    if measure == "points":
        return value - base
    return round(value / base - 1.0, _DIGITS) if base > 0 else NO_BASE


def measured_unit(of: str, measure: Measure) -> str:
    """Return the unit of what `against` returns."""
    return "ratio" if measure == "percent" else of
