"""How far a value must move from its anchor to be told, and when the anchor is set anew. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.signals.base import Measure


@dataclass(frozen=True, slots=True)
class Stride:
    """A distance from an anchor.

    Attributes:
        up: how far up, in `measure`; None for a move that is not told.
        down: how far down.
        measure: `percent` as a fraction of the anchor, or `points`.
        anew_ms: the anchor is also the first value of each such stretch of time, counted from
            1970 UTC; 0 for a move since the last one told alone.

    """

    up: float | None
    down: float | None
    measure: Measure = "percent"
    anew_ms: int = 0

    def edges(self, anchor: float) -> tuple[float, float]:
        """Return the values below and above the anchor at which a move is told."""
        unit = abs(anchor) if self.measure == "percent" else 1.0
        low = float("-inf") if self.down is None else _plain(anchor - self.down * unit)
        high = float("inf") if self.up is None else _plain(anchor + self.up * unit)
        return low, high

    def reached(self, anchor: float, value: float) -> bool:
        """Tell whether the value is a stride away; at exactly that it is.

        From zero each other value is any percentage away, and zero itself is none.
        """
        low, high = self.edges(anchor)
        return value != anchor and (value <= low or value >= high)

    def origin(self, value: float) -> float | None:
        """Return an anchor from which the value is one stride away; None if there is none."""
        if self.measure == "points":
            return value - self.up if self.up is not None else value + (self.down or 0.0)
        outwards, inwards = (self.up, self.down) if value > 0 else (self.down, self.up)
        if value and outwards is not None:
            return value / (1 + outwards)
        return value / (1 - inwards) if value and inwards is not None and inwards < 1 else None

    def starts_anew(self, anchored_at: int, now: int) -> bool:
        """Tell whether the time of the anchor is over."""
        return bool(self.anew_ms) and anchored_at // self.anew_ms != now // self.anew_ms

    def is_of(self, observed_at: int | None, now: int) -> bool:
        """Tell whether a value was observed in the stretch of time that `now` is in."""
        return not self.anew_ms or (observed_at or now) // self.anew_ms == now // self.anew_ms

    def turns_at(self, now: int) -> int | None:
        """Return when the time of an anchor that is set now is over, ms UTC; None: it never is."""
        return (now // self.anew_ms + 1) * self.anew_ms if self.anew_ms else None


def _plain(edge: float) -> float:
    """Return an edge without what binary fractions add: 5 % from 1.07 is 1.1235, and reached there."""
    return float(f"{edge:.12g}")
