"""The least and the greatest value since each alert on a series began. Hop 5, pure.

Alerts on one value that began at different times have different extremes, and yet a value costs
little: kept is one span a beginning, the newest last. An older span is never narrower than a
younger one, so a value that changes nothing in the newest changes nothing at all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from math import inf, nextafter

import msgspec

MAX_SPANS = 64
"""Of so many beginnings at most the extremes are kept apart; beyond, the oldest share theirs."""


class Span(msgspec.Struct, frozen=True):
    """What a value did since a moment.

    Attributes:
        start: event time of the beginning, ms UTC.
        low: the least value since; inf before the first.
        high: the greatest; -inf before the first.

    """

    start: int
    low: float
    high: float


class Extremes:
    """The spans of one series, the oldest first."""

    __slots__ = ("_spans",)

    def __init__(self, spans: Sequence[Span] = ()) -> None:
        """Begin with the spans that were stored."""
        self._spans = sorted(spans, key=lambda span: span.start)

    def __len__(self) -> int:
        """Return how many spans are kept."""
        return len(self._spans)

    @property
    def spans(self) -> tuple[Span, ...]:
        """Return the spans, the oldest first."""
        return tuple(self._spans)

    @property
    def low(self) -> float:
        """Return the value at and under which something changes; -inf if nothing can.

        That is the next one under the extreme: a value that is the extreme itself changes nothing,
        and metrics of two prices in turn are it at each tick.
        """
        return nextafter(self._spans[-1].low, -inf) if self._spans else -inf

    @property
    def high(self) -> float:
        """Return the value at and over which something changes; inf if nothing can."""
        return nextafter(self._spans[-1].high, inf) if self._spans else inf

    def begin(self, start: int, value: float | None, wanted: Callable[[], Collection[int]]) -> None:
        """Begin a span; those whose start is not `wanted` any more may go to make room."""
        if self._spans and self._spans[-1].start >= start:
            return
        if len(self._spans) >= MAX_SPANS:
            starts = wanted()
            self._spans = [span for span in self._spans if span.start in starts]
            del self._spans[1 : len(self._spans) - MAX_SPANS + 2]
        low, high = (inf, -inf) if value is None else (value, value)
        self._spans.append(Span(start, low, high))

    def take(self, value: float) -> bool:
        """Take a value; tell whether some extreme changed."""
        changed = False
        for place in range(len(self._spans) - 1, -1, -1):
            span = self._spans[place]
            if span.low <= value <= span.high:
                break
            low, high = min(span.low, value), max(span.high, value)
            self._spans[place] = Span(span.start, low, high)
            changed = True
        return changed

    def since(self, start: int) -> tuple[float, float] | None:
        """Return the extremes since a beginning; None if no value came."""
        found = [span for span in self._spans if span.start <= start]
        if not found or found[-1].low > found[-1].high:
            return None
        return found[-1].low, found[-1].high

    def clear(self) -> None:
        """Forget all spans: no alert is on."""
        self._spans = []

    def scale(self, factor: float) -> None:
        """Carry a share's prices into the shares after a split."""
        self._spans = [Span(it.start, it.low * factor, it.high * factor) for it in self._spans]
