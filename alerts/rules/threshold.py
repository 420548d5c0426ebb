"""A level with a recovery level: fires beyond one, resolves beyond the other.

Semantics of domain.md section 8: above T with recovery level R <= T, it is on at x > T and off at
x < R; equality changes nothing; between R and T it stays as it is. Below is the mirror image.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from alerts.model import AlertState, Reason
from alerts.rules.base import Rule, Verdict


class ThresholdRule(
    Rule, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="threshold", tag_field="type"
):
    """Fire above or below a level.

    Attributes:
        above: fire when the value is greater; exactly one of above and below is given.
        below: fire when the value is less.
        recover: the level back beyond which it resolves; the firing level if not given.

    """

    above: float | None = None
    below: float | None = None
    recover: float | None = None

    def __post_init__(self) -> None:
        """Refuse two levels, none, or a recovery level on the wrong side."""
        super().__post_init__()
        if (self.above is None) == (self.below is None):
            raise ValueError("give exactly one of `above` and `below`")
        if self.recover is not None:
            if self.above is not None and self.recover > self.above:
                raise ValueError(f"`recover` {self.recover} must not be over `above` {self.above}")
            if self.below is not None and self.recover < self.below:
                raise ValueError(f"`recover` {self.recover} must not be under `below` {self.below}")

    def scaled(self, factor: float) -> ThresholdRule:
        """Return the rule with all its levels times `factor`."""
        levels = {"above": self.above, "below": self.below, "recover": self.recover}
        moved = {name: level * factor for name, level in levels.items() if level is not None}
        return msgspec.structs.replace(self, **moved)

    def edges(self) -> Sequence[float]:
        """Return the level and, if it differs, the recovery level."""
        level = self.below if self.above is None else self.above
        assert level is not None  # noqa: S101  # __post_init__ made sure of it
        if self.recover is None or self.recover == level:
            return (level,)
        return (level, self.recover)

    def judge(self, value: float, state: AlertState) -> Verdict:
        """Compare with the level or, while firing, with the recovery level."""
        sign = 1.0 if self.above is not None else -1.0
        level, *recovery = (sign * edge for edge in self.edges())
        reading = sign * value
        if reading > level:
            return Verdict(True, sign * level, Reason.BREACHED)
        if state is AlertState.FIRING:
            back = recovery[0] if recovery else level
            if reading < back:
                return Verdict(False, sign * back, Reason.RECOVERED)
            return Verdict(True, sign * back, Reason.WITHIN_HYSTERESIS)
        if state is AlertState.PENDING and reading == level:
            return Verdict(True, sign * level, Reason.WITHIN_HYSTERESIS)
        return Verdict(False, sign * level, Reason.WITHIN_BOUND)


RULE = ThresholdRule
