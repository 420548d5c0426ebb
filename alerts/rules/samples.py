"""A level that N of the last M samples pass, so that a single spike is none."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from alerts.rules.levels import LevelRule
from alerts.signals.base import Signal
from alerts.signals.samples import NthOf

MAX_SAMPLES = 100


class SamplesRule(
    LevelRule,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag="samples",
    tag_field="type",
):
    """Fire when `count` of the last `of` samples are above or below the level.

    Attributes:
        count: how many samples must be beyond the level.
        of: of how many, 100 at most.

    """

    count: Annotated[int, Meta(ge=1, le=MAX_SAMPLES)]
    of: Annotated[int, Meta(ge=1, le=MAX_SAMPLES)]

    def __post_init__(self) -> None:
        """Refuse more samples than there are."""
        super().__post_init__()
        if self.count > self.of:
            raise ValueError(f"`count` {self.count} is more than `of` {self.of}")

    def signal(self) -> Signal:
        """Return what the levels are held against."""
        return NthOf(self.count, self.of, greatest=self.above is not None)


RULE = SamplesRule
