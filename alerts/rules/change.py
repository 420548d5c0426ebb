"""A value that moved within a window: `x_now / x_ref - 1`, domain.md 8."""

from __future__ import annotations

from alerts.rules.life import window_ms
from alerts.rules.measured import MeasuredRule
from alerts.signals.base import Signal
from alerts.signals.windows import Change


class ChangeRule(
    MeasuredRule,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag="change",
    tag_field="type",
):
    """Fire when the change over a window is above or below a level; percent is of the value then."""

    def signal(self) -> Signal:
        """Return what the levels are held against."""
        return Change(window_ms(self.over), self.over, self.measure)


RULE = ChangeRule
