"""A value away from its own moving average."""

from __future__ import annotations

from alerts.rules.levels import LevelRule
from alerts.rules.life import window_ms
from alerts.signals.base import Measure, Signal
from alerts.signals.windows import Deviation


class AverageRule(
    LevelRule,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag="average",
    tag_field="type",
):
    """Fire when the value is so far above or below its own average.

    Attributes:
        over: the window of the average, `20d`.
        measure: `percent`, as a fraction of the average (0.05 is 5 % above it), or `points`, as a
            difference in the value's unit.

    """

    over: str
    measure: Measure = "percent"

    def __post_init__(self) -> None:
        """Refuse a window that cannot be read."""
        super().__post_init__()
        window_ms(self.over)

    def signal(self) -> Signal:
        """Return what the levels are held against."""
        return Deviation(window_ms(self.over), self.over, self.measure)


RULE = AverageRule
