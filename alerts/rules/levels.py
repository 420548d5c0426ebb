"""A level with a recovery level: what all rules share that fire above or below a number.

Semantics of domain.md section 8: above T with recovery level R <= T, it is on at x > T and off at
x < R; equality changes nothing; between R and T it stays as it is. Below is the mirror image.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import msgspec

from alerts.model import AlertState
from alerts.reasons import Reason
from alerts.rules.base import Rule, Verdict
from alerts.rules.goal import Goal


class LevelRule(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Fire above or below a level.

    Attributes:
        above: fire when the value is greater; exactly one of above, below and beyond is given.
        below: fire when the value is less.
        beyond: fire when the value is farther from 0 than this, on either side.
        recover: the level back beyond which it resolves; the firing level if not given.

    """

    above: float | None = None
    below: float | None = None
    beyond: float | None = None
    recover: float | None = None

    def __post_init__(self) -> None:
        """Refuse two levels, none, or a recovery level on the wrong side."""
        super().__post_init__()
        if (self.above, self.below, self.beyond).count(None) != 2:  # noqa: PLR2004  # of three
            raise ValueError("give exactly one of `above`, `below` and `beyond`")
        if self.beyond is not None and self.beyond <= 0:
            raise ValueError(f"`beyond` {self.beyond:g} must be greater than 0")
        if self.recover is None:
            return
        side, level = self._level
        if side * self.recover > side * level:
            word = "over" if side > 0 else "under"
            name = "below" if side < 0 else "above" if self.beyond is None else "beyond"
            raise ValueError(f"`recover` {self.recover} must not be {word} `{name}` {level}")
        if self.beyond is not None and self.recover < 0:
            raise ValueError(f"`recover` {self.recover:g} must not be negative with `beyond`")

    @property
    def _level(self) -> tuple[float, float]:
        """Return on which side it fires, 1 for greater and -1 for less, and the level."""
        if self.below is not None:
            return -1.0, self.below
        level = self.above if self.beyond is None else self.beyond
        assert level is not None  # noqa: S101  # __post_init__ made sure of it
        return 1.0, level

    def scaled(self, factor: float) -> Self:
        """Return the rule with all its levels times `factor`."""
        levels = {name: getattr(self, name) for name in ("above", "below", "beyond", "recover")}
        moved = {name: level * factor for name, level in levels.items() if level is not None}
        return msgspec.structs.replace(self, **moved)

    def edges(self) -> Sequence[float]:
        """Return the level and, if it differs, the recovery level; both twice if it is beyond."""
        _, level = self._level
        back = self.recover
        own = (level,) if back is None or back == level else (level, back)
        return own if self.beyond is None else (*own, *(-edge for edge in own if edge))

    @property
    def span(self) -> tuple[float, float] | None:
        """Return between which levels it is over, of a rule that fires on either side of 0."""
        if self.beyond is None:
            return None
        back = self.beyond if self.recover is None else self.recover
        return -back, back

    @property
    def ending(self) -> str:
        """Return that it is back; of one on either side, where: it may come back past 0."""
        if self.beyond is None:
            return super().ending
        return "Resolved: {subject} is {value}, back within {low} and {high}."

    def goal(self, value: float, anchor: float | None) -> Goal:
        """Return its level; of one on either side, that of the value's own side of 0."""
        del anchor
        side, level = self._level
        if self.beyond is not None and value < 0:
            return Goal.below(-level, value)
        return Goal.above(level, value) if side > 0 else Goal.below(level, value)

    def judge(self, value: float, state: AlertState) -> Verdict:
        """Compare with the level or, while it has fired, with the recovery level."""
        side, level = self._level
        if self.beyond is not None:
            side = -1.0 if value < 0 else 1.0
        reading, level = side * value, level if self.beyond is not None else side * level
        if reading > level:
            return Verdict(True, side * level, Reason.BREACHED)
        if state is AlertState.FIRING:
            back = level
            if self.recover is not None:
                back = self.recover if self.beyond is not None else side * self.recover
            if reading < back:
                return Verdict(False, side * back, Reason.RECOVERED)
            return Verdict(True, side * back, Reason.WITHIN_HYSTERESIS)
        if state is AlertState.PENDING and reading == level:
            return Verdict(True, side * level, Reason.WITHIN_HYSTERESIS)
        return Verdict(False, side * level, Reason.WITHIN_BOUND)
