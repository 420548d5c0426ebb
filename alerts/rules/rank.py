"""A company's place among its peers: it enters or leaves the first or last few, or changes place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from alerts.model import AlertState
from alerts.reasons import Reason
from alerts.rules.base import Rule, Verdict
from alerts.signals.base import Signal
from alerts.signals.rank import Rank
from alerts.stride import Stride

Places = Annotated[int, Meta(ge=1, le=1_000)]


class RankRule(
    Rule, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="rank", tag_field="type"
):
    """Fire while a company is among the first or last, or tell that it changed places.

    Attributes:
        top: fire while its rank is this or better, 1 being the greatest value.
        bottom: the same from below.
        moves: tell each move by so many places since it was told last.
        margin: by how many places it must be out of `top` or `bottom` before it resolves.

    """

    top: Places | None = None
    bottom: Places | None = None
    moves: Places | None = None
    margin: Annotated[int, Meta(ge=0, le=1_000)] = 0

    def __post_init__(self) -> None:
        """Refuse none of the three, and more than one."""
        super().__post_init__()
        if sum(given is not None for given in (self.top, self.bottom, self.moves)) != 1:
            raise ValueError("give exactly one of `top`, `bottom` and `moves`")
        if self.moves is not None and self.for_ != "0s":
            raise ValueError("a move happens at one moment: `for` has no meaning here")

    def signal(self) -> Signal:
        """Return the rank, from below for `bottom`."""
        return Rank(greatest=self.bottom is None)

    def stride(self) -> Stride | None:
        """Return the places by which it must move to be told."""
        return None if self.moves is None else Stride(self.moves, self.moves, "points")

    @property
    def _last(self) -> int:
        """Return the last place that counts."""
        return self.top or self.bottom or 0

    @property
    def saying(self) -> str:
        """Return the place, or from which to which."""
        if self.moves is not None:
            return "{subject} moved from {bound} to {value}."
        return "{subject} is {value}, within {bound}."

    def edges(self) -> Sequence[float]:
        """Return what lies between the last place that counts and the next, and that with margin."""
        if self.moves is not None:
            return ()
        level = self._last + 0.5
        return (level, level + self.margin) if self.margin else (level,)

    def judge(self, value: float, state: AlertState) -> Verdict:
        """Compare with the last place that counts."""
        last = float(self._last)
        if self.moves is not None:
            return Verdict(False, value, Reason.WITHIN_STRIDE)
        if value < last + 0.5:
            return Verdict(True, last, Reason.BREACHED)
        if state is not AlertState.FIRING:
            return Verdict(False, last, Reason.WITHIN_BOUND)
        kept = value < last + self.margin + 0.5
        return Verdict(kept, last, Reason.WITHIN_HYSTERESIS if kept else Reason.RECOVERED)


RULE = RankRule
