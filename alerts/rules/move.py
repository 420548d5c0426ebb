"""A value that has moved so far since it was told last: each stride is news, the way between is not."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from alerts.model import AlertState
from alerts.pacing.notify import PLAIN
from alerts.reasons import Reason
from alerts.rules.base import Rule, Verdict
from alerts.rules.goal import Goal
from alerts.rules.life import window_ms
from alerts.signals.base import Measure
from alerts.stride import Stride


class MoveRule(
    Rule, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="move", tag_field="type"
):
    """Tell each move by a stride from the value told last, which becomes the new anchor.

    Attributes:
        by: the stride both ways; or up and down, each by itself.
        up: the stride upwards.
        down: the stride downwards.
        measure: `percent`, as a fraction of the anchor (0.05 is 5 %), or `points`.
        anew: the anchor is also the first value of each `1d` (or another time), in UTC.

    """

    by: float | None = None
    up: float | None = None
    down: float | None = None
    measure: Measure = "percent"
    anew: str = ""

    def __post_init__(self) -> None:
        """Refuse no stride, one of both kinds, and one that is not positive."""
        super().__post_init__()
        if (self.by is None) == (self.up is None and self.down is None):
            raise ValueError("give `by`, or `up` and `down` or one of them")
        if any(stride is not None and stride <= 0 for stride in (self.by, self.up, self.down)):
            raise ValueError("a stride must be greater than 0")
        if self.for_ != "0s":
            raise ValueError("a move happens at one moment: `for` has no meaning here")
        told = self.manner.notify or PLAIN
        if msgspec.structs.replace(told, family="", expires="") != PLAIN:
            raise ValueError("a move is told at each stride: of `notify` only `expires` is for it")
        if self.anew:
            window_ms(self.anew)

    def stride(self) -> Stride:
        """Return the strides."""
        up = self.by if self.up is None and self.by is not None else self.up
        down = self.by if self.down is None and self.by is not None else self.down
        return Stride(up, down, self.measure, window_ms(self.anew) if self.anew else 0)

    @property
    def saying(self) -> str:
        """Return from where to where."""
        return "{subject} moved from {bound} to {value}."

    def edges(self) -> Sequence[float]:
        """Return none: where it is told moves with the anchor."""
        return ()

    def goal(self, value: float, anchor: float | None) -> Goal | None:
        """Return the nearer end of a stride from the anchor; None before there is one.

        The way there is a share of the anchor, as the stride is: as one of the level, the lower end
        of a wide stride would seem far behind the upper one while it is the nearer.
        """
        if anchor is None:
            return None
        low, high = self.stride().edges(anchor)
        if value - low <= high - value:
            return Goal.below(low, value, anchor)
        return Goal.above(high, value, anchor)

    def judge(self, value: float, state: AlertState) -> Verdict:
        """Return that no value is one by itself."""
        del state
        return Verdict(False, value, Reason.WITHIN_STRIDE)


RULE = MoveRule
