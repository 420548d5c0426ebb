"""A value that swings within a window: the greatest against the least."""

from __future__ import annotations

from alerts.rules.life import window_ms
from alerts.rules.measured import MeasuredRule
from alerts.signals.base import Signal
from alerts.signals.windows import Range


class RangeRule(
    MeasuredRule,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag="range",
    tag_field="type",
):
    """Fire when the range within a window is above or below a level; percent is of the least value."""

    def signal(self) -> Signal:
        """Return what the levels are held against."""
        return Range(window_ms(self.over), self.over, self.measure)


RULE = RangeRule
