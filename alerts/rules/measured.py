"""What the rules share that hold two values of a window against each other."""

from __future__ import annotations

from alerts.rules.levels import LevelRule
from alerts.rules.life import window_ms
from alerts.signals.base import Measure


class MeasuredRule(LevelRule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Fire when what a window comes to is above or below a level.

    Attributes:
        over: the window, `1h`.
        measure: `percent`, as a fraction of the value that it is held against (0.05 is 5 %), or
            `points`, as a difference in the value's unit.

    """

    over: str
    measure: Measure = "percent"

    def __post_init__(self) -> None:
        """Refuse a window that cannot be read."""
        super().__post_init__()
        window_ms(self.over)
