"""Signals over a window of time: change, range, deviation from the own average, smoothed value, close.

domain.md 8 says what a window must hold: a reference at most a tenth of the window too old, and
80 % of the samples to be expected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from alerts.signals.base import TOO_FEW, Answer, Measure, Signal, against, measured_unit
from alerts.signals.ring import Bar, Ring, RingSpec, window_spec

Smoothing: TypeAlias = Literal["mean", "median", "p90", "p10", "min", "max"]


@dataclass(frozen=True, slots=True)
class Window(Signal):
    """A number made of the last stretch of time.

    Attributes:
        over_ms: how long it is.
        over: the same in words, `1h`.

    """

    over_ms: int
    over: str

    @property
    def ring(self) -> RingSpec:
        """Return bars over the window."""
        return window_spec(self.over_ms)

    def settles(self, past: Ring) -> int | None:
        """Return when the last value has stood for the whole window."""
        if not past.bars:
            return None
        last = past.bars[-1]
        moved = any(it.low != last.last or it.high != last.last for it in reversed(past.bars))
        return last.at + self.over_ms if moved else None

    def bars(self, past: Ring, now: int) -> Sequence[Bar]:
        """Return the bars of the window; none if it does not reach back, or has a large hole."""
        begins = now - self.over_ms
        reaches = past.reference(begins, self.over_ms // 10) is not None
        return past.since(begins) if reaches and past.covers(self.over_ms, now) else ()


@dataclass(frozen=True, slots=True)
class Measured(Window):
    """A window whose number holds two values against each other, by a measure."""

    measure: Measure = "percent"

    def unit(self, of: str) -> str:
        """Return a ratio, or the unit of the value for a difference."""
        return measured_unit(of, self.measure)

    @property
    def scales(self) -> bool:
        """Tell whether it is a difference in the value's unit."""
        return self.measure == "points"


@dataclass(frozen=True, slots=True)
class Change(Measured):
    """The value now against the last one at or before a window ago: x_now / x_ref - 1."""

    @property
    def words(self) -> str:
        """Return `change over 1h`."""
        return f"change over {self.over}"

    def answer(self, past: Ring, now: int) -> Answer:
        """Return the change; without a reference or enough samples, that they are too few."""
        reference = past.reference(now - self.over_ms, self.over_ms // 10)
        if reference is None or not past.covers(self.over_ms, now):
            return TOO_FEW
        return against(past.bars[-1].last, reference, self.measure)


@dataclass(frozen=True, slots=True)
class Range(Measured):
    """The greatest value of a window against the least."""

    @property
    def words(self) -> str:
        """Return `range over 1h`."""
        return f"range over {self.over}"

    def answer(self, past: Ring, now: int) -> Answer:
        """Return the range; without a full window, that samples are too few."""
        bars = self.bars(past, now)
        if not bars:
            return TOO_FEW
        return against(max(b.high for b in bars), min(b.low for b in bars), self.measure)


@dataclass(frozen=True, slots=True)
class Deviation(Measured):
    """The value now against its own average over a window, the value itself not counted."""

    @property
    def words(self) -> str:
        """Return `against its average over 20d`."""
        return f"against its average over {self.over}"

    def answer(self, past: Ring, now: int) -> Answer:
        """Return the deviation; without a full window, that samples are too few."""
        before = [bar.last for bar in self.bars(past, now)[:-1]]
        if not before:
            return TOO_FEW
        return against(past.bars[-1].last, sum(before) / len(before), self.measure)


@dataclass(frozen=True, slots=True)
class Smoothed(Window):
    """Mean, median, percentile or extreme of a window in place of the last value."""

    take: Smoothing

    @property
    def words(self) -> str:
        """Return `mean over 5m`."""
        return f"{self.take} over {self.over}"

    @property
    def scales(self) -> bool:
        """Return that it is in the value's unit."""
        return True

    def answer(self, past: Ring, now: int) -> Answer:
        """Return the smoothed value; without a full window, that samples are too few."""
        bars = self.bars(past, now)
        if not bars:
            return TOO_FEW
        if self.take == "min":
            return min(bar.low for bar in bars)
        if self.take == "max":
            return max(bar.high for bar in bars)
        values = [bar.last for bar in bars]
        if self.take == "mean":
            return sum(values) / len(values)
        return quantile(values, {"p10": 0.1, "median": 0.5, "p90": 0.9}[self.take])


@dataclass(frozen=True, slots=True)
class Close(Signal):
    """The last value of the bar that has ended: what pokes out of a bar and comes back is not seen."""

    bar_ms: int
    bar: str

    @property
    def ring(self) -> RingSpec:
        """Return the bar that runs and the one before, which may have ended long ago."""
        return RingSpec(self.bar_ms, 2, stands=True)

    @property
    def words(self) -> str:
        """Return `close of 1h`."""
        return f"close of {self.bar}"

    @property
    def scales(self) -> bool:
        """Return that it is in the value's unit."""
        return True

    def answer(self, past: Ring, now: int) -> Answer:
        """Return the last close; before the first bar has ended there is none."""
        running = now // self.bar_ms
        closed = [bar for bar in past.bars if bar.number < running]
        return closed[-1].last if closed else TOO_FEW

    def due(self, past: Ring) -> int | None:
        """Return the end of the running bar: its close counts then, also without another sample."""
        return (past.bars[-1].number + 1) * self.bar_ms if past.bars else None


def quantile(values: list[float], share: float) -> float:
    """Return the value that `share` of `values` do not pass, between two neighbours in proportion."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
