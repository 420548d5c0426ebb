"""A value that stands still: it is told again and again, and it is the same."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.model import AlertState
from alerts.reasons import Reason
from alerts.rules.base import Rule, Verdict
from alerts.rules.life import window_ms
from alerts.signals.base import Signal
from alerts.signals.standstill import Standstill


class StaleRule(
    Rule, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="stale", tag_field="type"
):
    """Fire when a value has not changed for so long: no block for an hour.

    Attributes:
        unchanged_for: how long.

    """

    unchanged_for: str

    def __post_init__(self) -> None:
        """Refuse a time that cannot be read."""
        super().__post_init__()
        window_ms(self.unchanged_for)

    @property
    def level(self) -> float:
        """Return the level in seconds."""
        return window_ms(self.unchanged_for) / 1_000

    def signal(self) -> Signal:
        """Return how long it has stood still, in seconds."""
        return Standstill(window_ms(self.unchanged_for))

    @property
    def saying(self) -> str:
        """Return how long the value has stood still."""
        return "{whose}{name} has not changed for {value} s."

    @property
    def ending(self) -> str:
        """Return that it moved."""
        return "Resolved: {whose}{name} has changed."

    def edges(self) -> Sequence[float]:
        """Return the level."""
        return (self.level,)

    def judge(self, value: float, state: AlertState) -> Verdict:
        """Compare with the level."""
        if value >= self.level:
            return Verdict(True, self.level, Reason.BREACHED)
        fired = state is AlertState.FIRING
        return Verdict(False, self.level, Reason.RECOVERED if fired else Reason.WITHIN_BOUND)


RULE = StaleRule
