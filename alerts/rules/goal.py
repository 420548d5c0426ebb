"""Where a value would have to go for a rule to fire: what `rules near` sorts by. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Goal:
    """Where a value would have to go for a rule to fire.

    Attributes:
        side: `above` or `below` the level.
        level: in the unit of what is judged.
        distance: how far the value is from there, at least 0.
        base: what the distance is a share of; None for the level.

    """

    side: str
    level: float
    distance: float
    base: float | None = None

    @property
    def percent(self) -> float | None:
        """Return the distance in percent of the base; None of a base of 0."""
        base = abs(self.level if self.base is None else self.base)
        return self.distance / base * 100 if base else None

    @classmethod
    def above(cls, level: float, value: float, base: float | None = None) -> Goal:
        """Return what lies above `value`; at distance 0 where it is passed already."""
        return cls("above", level, max(0.0, level - value), base)

    @classmethod
    def below(cls, level: float, value: float, base: float | None = None) -> Goal:
        """Return what lies below `value`."""
        return cls("below", level, max(0.0, value - level), base)
