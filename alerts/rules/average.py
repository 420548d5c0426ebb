"""A value away from its own moving average."""

from __future__ import annotations

from alerts.rules.life import window_ms
from alerts.rules.measured import MeasuredRule
from alerts.signals.base import Signal
from alerts.signals.windows import Deviation


class AverageRule(
    MeasuredRule,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag="average",
    tag_field="type",
):
    """Fire when the value is so far above or below its own average; percent is of the average."""

    def signal(self) -> Signal:
        """Return what the levels are held against."""
        return Deviation(window_ms(self.over), self.over, self.measure)


RULE = AverageRule
