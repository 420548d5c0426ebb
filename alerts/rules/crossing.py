"""A level that is passed, and not one that is found passed already.

domain.md 8: crossing up means that the previous valid value lay at or under T and this one over
it; the previous one must be younger than `gap`, else nothing is known of the way between them and
the crossing is left out. After it, the way back beyond `recover` re-arms it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import msgspec

from alerts.model import AlertState
from alerts.reasons import Reason
from alerts.rules.base import Rule, Verdict
from alerts.rules.goal import Goal
from alerts.rules.life import window_ms


class CrossingRule(
    Rule, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="crossing", tag_field="type"
):
    """Fire when the value passes a level.

    Attributes:
        up: fire when it comes from this level or under it; exactly one of up, down, either.
        down: fire when it comes from this level or over it.
        either: both ways, which makes two rules of it: `<id>-up` and `<id>-down`.
        rearm: how far the value must come back past the level before it may fire anew.
        gap: how old the previous value may be, or the crossing is left out.

    """

    up: float | None = None
    down: float | None = None
    either: float | None = None
    rearm: float = 0.0
    gap: str = "1h"

    def __post_init__(self) -> None:
        """Refuse two levels or none, and a gap that cannot be read."""
        super().__post_init__()
        window_ms(self.gap)
        if sum(level is not None for level in (self.up, self.down, self.either)) != 1:
            raise ValueError("give exactly one of `up`, `down` and `either`")
        if self.rearm < 0:
            raise ValueError(f"`rearm` {self.rearm:g} must not be negative")

    def expanded(self) -> Sequence[Rule]:
        """Return itself or, for both ways, a rule for each: each is armed again by itself."""
        if self.either is None:
            return (self,)
        return tuple(
            msgspec.structs.replace(self, id=f"{self.id}-{way}", either=None, **{way: self.either})
            for way in ("up", "down")
        )

    @property
    def _side(self) -> tuple[float, float]:
        """Return the way it fires, 1 for upwards and -1 for downwards, and the level."""
        if self.down is not None:
            return -1.0, self.down
        level = self.either if self.up is None else self.up
        assert level is not None  # noqa: S101  # __post_init__ made sure of it
        return 1.0, level

    def scaled(self, factor: float) -> Self:
        """Return the rule with its level and re-arming distance times `factor`."""
        side, level = self._side
        way = "up" if side > 0 else "down"
        return msgspec.structs.replace(self, rearm=self.rearm * factor, **{way: level * factor})

    def edges(self) -> Sequence[float]:
        """Return the level and where it is armed again."""
        side, level = self._side
        return (level, level - side * self.rearm) if self.rearm else (level,)

    def goal(self, value: float, anchor: float | None) -> Goal:
        """Return the level; one that the value is beyond must be passed back first."""
        del anchor
        side, level = self._side
        return Goal("above" if side > 0 else "below", level, abs(value - level))

    def judge(self, value: float, state: AlertState) -> Verdict:
        """Compare with the level or, after a crossing, with where it is armed again."""
        side, level = self._side
        beyond = side * (value - level)
        if beyond > 0:
            return Verdict(True, level, Reason.BREACHED)
        if state is AlertState.FIRING:
            kept = beyond >= -self.rearm
            return Verdict(kept, level, Reason.WITHIN_HYSTERESIS if kept else Reason.REARMED)
        return Verdict(False, level, Reason.WITHIN_BOUND)

    @property
    def minds_before(self) -> bool:
        """Tell that it asks on which side the value was."""
        return True

    def begins(self, value: float, before: float | None, elapsed_ms: int) -> bool:
        """Tell whether the value came from the other side, lately enough to say so."""
        del value
        side, level = self._side
        if before is None or elapsed_ms > window_ms(self.gap):
            return False
        return side * (before - level) <= 0


RULE = CrossingRule
