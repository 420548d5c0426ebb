"""A value that swings within a window: the greatest against the least."""

from __future__ import annotations

from alerts.rules.levels import LevelRule
from alerts.rules.life import window_ms
from alerts.signals.base import Measure, Signal
from alerts.signals.windows import Range


class RangeRule(
    LevelRule,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag="range",
    tag_field="type",
):
    """Fire when the range within a window is above or below a level.

    Attributes:
        over: the window, `1h`.
        measure: `percent`, as a fraction of the least (0.05 is 5 %), or `points`, as a difference
            in the value's unit.

    """

    over: str
    measure: Measure = "percent"

    def __post_init__(self) -> None:
        """Refuse a window that cannot be read."""
        super().__post_init__()
        window_ms(self.over)

    def signal(self) -> Signal:
        """Return what the levels are held against."""
        return Range(window_ms(self.over), self.over, self.measure)


RULE = RangeRule
