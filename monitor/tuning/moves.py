"""When a price moved, and which alerts came before it. Pure.

A move is a change by so much within so long a time, from any price to a later one. Moves do not
overlap: the next one is looked for behind the end of the one before.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from monitor.core.clock import Millis


@dataclass(frozen=True, slots=True)
class Aim:
    """What counts as a move worth an alert.

    Attributes:
        ratio: how far, as a fraction: 0.05.
        within_ms: how long it may take.
        up: a rise counts.
        down: a fall counts.

    """

    ratio: float
    within_ms: int
    up: bool = True
    down: bool = True

    def reached(self, price: float, base: float) -> bool:
        """Tell whether `price` is a move from `base`; a base of 0 or less has none."""
        if base <= 0:
            return False
        change = price / base - 1
        return (self.up and change >= self.ratio) or (self.down and change <= -self.ratio)


@dataclass(frozen=True, slots=True)
class Move:
    """One move.

    Attributes:
        begin: when the price was where it set out from, ms UTC.
        at: when it had moved far enough, ms UTC.
        size: how far it went within the time, a fraction with its sign.

    """

    begin: Millis
    at: Millis
    size: float


@dataclass(slots=True)
class Course:
    """A price over time, in order.

    Attributes:
        times: ms UTC, rising.
        prices: at these moments.

    """

    times: array[int] = field(default_factory=lambda: array("q"))
    prices: array[float] = field(default_factory=lambda: array("d"))

    def take(self, at: Millis, price: float) -> None:
        """Note a price; of one moment the last counts, and one that stands still is not kept twice."""
        if self.times and self.times[-1] == at:
            self.prices[-1] = price
        elif not self.prices or self.prices[-1] != price:
            self.times.append(at)
            self.prices.append(price)

    def price_at(self, at: Millis) -> float | None:
        """Return the last price that was known at a moment, None before the first."""
        place = bisect_right(self.times, at) - 1
        return self.prices[place] if place >= 0 else None

    def lead(self, at: Millis, aim: Aim) -> int | None:
        """Return how long after `at` the price had moved from where it was, ms; None: it did not."""
        base = self.price_at(at)
        if base is None:
            return None
        end = bisect_right(self.times, at + aim.within_ms)
        for place in range(bisect_right(self.times, at), end):
            if aim.reached(self.prices[place], base):
                return self.times[place] - at
        return None

    def moves(self, aim: Aim) -> Iterator[Move]:
        """Yield the moves, each from the last extreme before it."""
        lows, highs = deque[int](), deque[int]()
        for place, (at, price) in enumerate(zip(self.times, self.prices, strict=True)):
            for ends in (lows, highs):
                while ends and self.times[ends[0]] < at - aim.within_ms:
                    ends.popleft()
            bases = [ends[0] for ends in (lows, highs) if ends]
            base = next((it for it in bases if aim.reached(price, self.prices[it])), None)
            if base is not None:
                yield Move(self.times[base], at, self._farthest(base, place, aim))
                lows.clear()
                highs.clear()
            while lows and self.prices[lows[-1]] >= price:
                lows.pop()
            while highs and self.prices[highs[-1]] <= price:
                highs.pop()
            lows.append(place)
            highs.append(place)

    def _farthest(self, base: int, reached: int, aim: Aim) -> float:
        """Return the farthest change from a base, on the side that was reached first."""
        side = 1 if self.prices[reached] > self.prices[base] else -1
        end = bisect_left(self.times, self.times[base] + aim.within_ms + 1)
        changes = (self.prices[it] / self.prices[base] - 1 for it in range(reached, end))
        return max(changes, key=lambda change: side * change)
