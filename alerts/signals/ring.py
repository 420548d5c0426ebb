"""The recent past of one value: bars of equal width, or one bar a sample, in bounded slots. Pure.

A window is cut into bars, each of which keeps its last sample and the extremes, so memory and
stored state are bounded however fast samples come, and one sample changes one bar only. A bar has
its slot by its number, so a full ring overwrites its oldest in place.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from alerts.signals.heed import Heed

BARS = 120
"""Bars in a window: its edges are known to a 120th of it."""


@dataclass(frozen=True, slots=True, order=True)
class Bar:
    """What a value did in one stretch of time.

    Attributes:
        number: of the stretch, rising; its slot is this modulo the ring's size.
        at: event time of the last sample, ms UTC.
        last: the last sample.
        low: the least.
        high: the greatest.

    """

    number: int
    at: int
    last: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class RingSpec:
    """How a past is kept.

    Attributes:
        width_ms: of a bar; 0 makes a bar of each sample.
        slots: how many bars are kept.
        stands: a bar without a sample is as the one before it ended.
        heed: which readings are samples; None: all.

    """

    width_ms: int
    slots: int
    stands: bool = False
    heed: Heed | None = None

    @property
    def word(self) -> str:
        """Return the name of the spec in the store."""
        kept = f"{self.width_ms}.{self.slots}"
        return kept if self.heed is None else f"{kept}.{self.heed.word}"


def window_spec(over_ms: int) -> RingSpec:
    """Return the ring for a window of `over_ms`, with room for a reference a tenth older."""
    width = max(1, over_ms // BARS)
    return RingSpec(width, -(-over_ms * 11 // (10 * width)) + 2)


class Ring:
    """The bars of one value, oldest first."""

    __slots__ = ("_bars", "_spacing", "changed", "spec")

    def __init__(self, spec: RingSpec) -> None:
        """Begin without a past."""
        self.spec = spec
        self._bars: list[Bar] = []
        self._spacing: float | None = None
        self.changed: dict[int, Bar] = {}

    @property
    def bars(self) -> Sequence[Bar]:
        """Return the bars, the oldest first; the last one may still grow."""
        return self._bars

    def push(self, value: float, at: int) -> None:
        """Take a sample; one older than the last is left out, for the past is not rewritten."""
        last = self._bars[-1] if self._bars else None
        if last is not None and at < last.at:
            return
        width = self.spec.width_ms
        number = at // width if width else (0 if last is None else last.number + 1)
        if last is not None and number == last.number:
            bar = Bar(number, at, value, min(last.low, value), max(last.high, value))
            self._bars[-1] = bar
        else:
            if last is not None and self.spec.stands and last.number < number - 1:
                self._carry(last, number - 1)
            bar = Bar(number, at, value, value, value)
            self._bars.append(bar)
            self._spacing = None
            self._forget(number - self.spec.slots)
        self.changed[number % self.spec.slots] = bar

    def stand(self, at: int) -> None:
        """Let the last value stand up to `at`: it was known all the time, and nobody told it again."""
        width = self.spec.width_ms
        if not self._bars or not width or self.spec.stands:
            return
        last, running = self._bars[-1], at // width
        for number in range(max(last.number + 1, running - self.spec.slots + 1), running):
            self.push(last.last, number * width)
        self.push(last.last, at)

    def _carry(self, last: Bar, number: int) -> None:
        """Let the last bar stand for the empty one before the next: nothing has come since."""
        carried = Bar(number, last.at, last.last, last.last, last.last)
        self._bars[-1] = self.changed[number % self.spec.slots] = carried

    def _forget(self, oldest: int) -> None:
        """Let bars up to number `oldest` go."""
        gone = 0
        while self._bars[gone].number <= oldest:
            gone += 1
        if gone:
            del self._bars[:gone]

    def restore(self, bars: Iterable[Bar]) -> None:
        """Take stored bars back."""
        self._bars = sorted(bars)
        if self._bars:
            self._forget(self._bars[-1].number - self.spec.slots)
        self._spacing = None

    def scale(self, factor: float) -> None:
        """Multiply the past, for the price of a share after a split."""
        self._bars = [
            Bar(bar.number, bar.at, bar.last * factor, bar.low * factor, bar.high * factor)
            for bar in self._bars
        ]
        self.changed = {bar.number % self.spec.slots: bar for bar in self._bars}

    def since(self, moment: int) -> Sequence[Bar]:
        """Return the bars whose last sample is younger than `moment`."""
        return self._bars[bisect_right(self._bars, moment, key=_time) :]

    def reference(self, moment: int, within_ms: int) -> float | None:
        """Return the last sample at or before `moment`, none older than `within_ms` before it."""
        place = bisect_right(self._bars, moment, key=_time)
        if not place or self._bars[place - 1].at < moment - within_ms:
            return None
        return self._bars[place - 1].last

    def covers(self, over_ms: int, now: int) -> bool:
        """Tell whether 80 % of the samples to be expected in the last `over_ms` are there.

        Expected is one per usual distance between two bars. docs/rules.md, change over a window.
        """
        if self._spacing is None:
            gaps = [later.at - earlier.at for earlier, later in pairwise(self._bars)]
            self._spacing = median(gaps) if gaps else math.inf
        expected = over_ms / self._spacing if self._spacing else 0.0
        return len(self.since(now - over_ms)) >= 0.8 * math.floor(expected)


def _time(bar: Bar) -> int:
    return bar.at
