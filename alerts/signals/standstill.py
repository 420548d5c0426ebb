"""For how long a value has stood still."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.signals.base import TOO_FEW, Answer, Signal
from alerts.signals.ring import Ring, RingSpec


@dataclass(frozen=True, slots=True)
class Standstill(Signal):
    """Seconds since the value last changed; looked at again when `limit_ms` have passed."""

    limit_ms: int

    @property
    def ring(self) -> RingSpec:
        """Return the last change alone."""
        return RingSpec(0, 1)

    @property
    def words(self) -> str:
        """Return `unchanged`."""
        return "unchanged"

    @property
    def picks(self) -> bool:
        """Return that only all readings tell for how long a value stood still."""
        return False

    def unit(self, of: str) -> str:
        """Return seconds."""
        del of
        return "s"

    def takes(self, value: float, past: Ring) -> bool:
        """Tell that only another value is a sample."""
        return not past.bars or past.bars[-1].last != value

    def answer(self, past: Ring, now: int) -> Answer:
        """Return the seconds since the last change."""
        return (now - past.bars[-1].at) / 1_000 if past.bars else TOO_FEW

    def due(self, past: Ring) -> int | None:
        """Return when the limit is reached."""
        return past.bars[-1].at + self.limit_ms if past.bars else None
