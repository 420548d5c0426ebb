"""A value that moved within a window: `x_now / x_ref - 1`, domain.md 8."""

from __future__ import annotations

from alerts.rules.levels import LevelRule
from alerts.rules.life import window_ms
from alerts.signals.base import Measure, Signal
from alerts.signals.windows import Change


class ChangeRule(
    LevelRule,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag="change",
    tag_field="type",
):
    """Fire when the change over a window is above or below a level.

    Attributes:
        over: the window, `1h`.
        measure: `percent`, as a fraction of the value then (0.05 is 5 %), or `points`, as a
            difference in its unit.

    """

    over: str
    measure: Measure = "percent"

    def __post_init__(self) -> None:
        """Refuse a window that cannot be read."""
        super().__post_init__()
        window_ms(self.over)

    def signal(self) -> Signal:
        """Return what the levels are held against."""
        return Change(window_ms(self.over), self.over, self.measure)


RULE = ChangeRule
