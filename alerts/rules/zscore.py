"""An unusual change: in standard deviations of the changes before it, domain.md 8."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from alerts.rules.levels import LevelRule
from alerts.rules.life import window_ms
from alerts.signals.base import Measure, Signal
from alerts.signals.scores import MIN_CHANGES, Score

MAX_CHANGES = 1_000


class ZScoreRule(
    LevelRule,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag="zscore",
    tag_field="type",
):
    """Fire when the last change is so many deviations above or below the usual one.

    Attributes:
        every: over how long a change is, `5m`.
        samples: how many changes before it say what is usual, 30 to 1,000.
        robust: median and median absolute deviation, which outliers do not move; 3.5 is then a
            usual level.
        measure: changes in `percent` or in `points`.

    """

    every: str
    samples: Annotated[int, Meta(ge=MIN_CHANGES, le=MAX_CHANGES)] = 60
    robust: bool = False
    measure: Measure = "percent"

    def __post_init__(self) -> None:
        """Refuse a time that cannot be read."""
        super().__post_init__()
        window_ms(self.every)

    def signal(self) -> Signal:
        """Return what the levels are held against."""
        return Score(window_ms(self.every), self.every, self.samples, self.robust, self.measure)


RULE = ZScoreRule
