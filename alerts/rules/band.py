"""A value inside or outside of a band, or entering or leaving it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import msgspec

from alerts.model import AlertState
from alerts.reasons import Reason
from alerts.rules.base import Rule, Verdict
from alerts.rules.goal import Goal
from alerts.rules.life import window_ms


class BandRule(
    Rule, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="band", tag_field="type"
):
    """Fire inside or outside of a band.

    Attributes:
        inside: the band within which it fires, as [low, high]; its edges belong to it. Exactly one
            of inside and outside is given.
        outside: the band out of which it fires.
        margin: how far past the band's edge the value must come back before it resolves.
        crossing: fire only when the value is seen to enter (`inside`) or leave (`outside`) the
            band, not when it is found there.
        gap: how old the previous value may be for that.

    """

    inside: tuple[float, float] | None = None
    outside: tuple[float, float] | None = None
    margin: float = 0.0
    crossing: bool = False
    gap: str = "1h"

    def __post_init__(self) -> None:
        """Refuse two bands, none, one upside down, and a margin that leaves no way back."""
        super().__post_init__()
        window_ms(self.gap)
        if (self.inside is None) == (self.outside is None):
            raise ValueError("give exactly one of `inside` and `outside`, as [low, high]")
        low, high = self._band
        if low >= high:
            raise ValueError(f"the band [{low:g}, {high:g}] is empty; write the lower edge first")
        if self.margin < 0:
            raise ValueError(f"`margin` {self.margin:g} must not be negative")
        if self.outside is not None and 2 * self.margin >= high - low:
            raise ValueError(
                f"`margin` {self.margin:g} is half of the band or more: it never resolves"
            )

    @property
    def _band(self) -> tuple[float, float]:
        band = self.outside if self.inside is None else self.inside
        assert band is not None  # noqa: S101  # __post_init__ made sure of it
        return band

    def scaled(self, factor: float) -> Self:
        """Return the rule with its band and margin times `factor`."""
        low, high = (edge * factor for edge in self._band)
        side = "outside" if self.inside is None else "inside"
        return msgspec.structs.replace(self, margin=self.margin * factor, **{side: (low, high)})

    @property
    def span(self) -> tuple[float, float]:
        """Return the band."""
        return self._band

    @property
    def saying(self) -> str:
        """Return on which side of the band the value is: its nearest edge alone says neither."""
        side = "within" if self.inside is not None else "out of"
        return f"{{subject}} is {{value}}, {side} {{low}} to {{high}}."

    @property
    def ending(self) -> str:
        """Return that it is on the other side again."""
        side = "out of" if self.inside is not None else "within"
        return f"Resolved: {{subject}} is {{value}}, {side} {{low}} to {{high}} again."

    def edges(self) -> Sequence[float]:
        """Return the band's edges and those of the way back."""
        low, high = self._band
        back = self.margin if self.inside is not None else -self.margin
        return tuple(sorted({low - back, low, high, high + back}))

    def goal(self, value: float, anchor: float | None) -> Goal:
        """Return the nearer edge, beyond which or within which it fires."""
        del anchor
        low, high = self._band
        to_low = abs(value - low) <= abs(value - high)
        if self.inside is not None:
            return Goal.above(low, value) if to_low else Goal.below(high, value)
        return Goal.below(low, value) if to_low else Goal.above(high, value)

    def judge(self, value: float, state: AlertState) -> Verdict:
        """Compare with the nearer edge, or with that of the way back while it has fired."""
        low, high = self._band
        nearer = low if abs(value - low) <= abs(value - high) else high
        within = low <= value <= high
        if within is (self.inside is not None):
            return Verdict(True, nearer, Reason.BREACHED)
        if state is not AlertState.FIRING:
            return Verdict(False, nearer, Reason.WITHIN_BOUND)
        margin = self.margin
        if self.inside is not None:
            kept = low - margin <= value <= high + margin
        else:
            kept = not low + margin <= value <= high - margin
        return Verdict(kept, nearer, Reason.WITHIN_HYSTERESIS if kept else Reason.RECOVERED)

    @property
    def minds_before(self) -> bool:
        """Tell that it asks on which side the value was."""
        return self.crossing

    def begins(self, value: float, before: float | None, elapsed_ms: int) -> bool:
        """Tell whether the value may begin an alert: for a crossing, it was on the other side."""
        del value
        if not self.crossing:
            return True
        if before is None or elapsed_ms > window_ms(self.gap):
            return False
        low, high = self._band
        return (low <= before <= high) is (self.inside is None)


RULE = BandRule
