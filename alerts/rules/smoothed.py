"""The mean, median or another percentile of a window in place of the last value."""

from __future__ import annotations

from alerts.rules.levels import LevelRule
from alerts.rules.life import window_ms
from alerts.signals.base import Signal
from alerts.signals.windows import Smoothed, Smoothing


class SmoothedRule(
    LevelRule,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag="smoothed",
    tag_field="type",
):
    """Fire when the smoothed value is above or below a level.

    Attributes:
        over: the window, `5m`.
        take: what stands for it: mean, median, p90, p10, min or max.

    """

    over: str
    take: Smoothing = "mean"

    def __post_init__(self) -> None:
        """Refuse a window that cannot be read."""
        super().__post_init__()
        window_ms(self.over)

    def signal(self) -> Signal:
        """Return what the levels are held against."""
        return Smoothed(window_ms(self.over), self.over, self.take)


RULE = SmoothedRule
