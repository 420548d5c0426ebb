"""A level that only the close of a bar decides: a poke beyond it is not seen."""

from __future__ import annotations

from alerts.rules.levels import LevelRule
from alerts.rules.life import window_ms
from alerts.signals.base import Signal
from alerts.signals.windows import Close


class CloseRule(
    LevelRule,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag="close",
    tag_field="type",
):
    """Fire when the close of a bar is above or below a level.

    Attributes:
        bar: how long a bar is, `1h`; bars begin at multiples of it since 1970 UTC.

    """

    bar: str

    def __post_init__(self) -> None:
        """Refuse a bar that cannot be read."""
        super().__post_init__()
        window_ms(self.bar)

    def signal(self) -> Signal:
        """Return what the levels are held against."""
        return Close(window_ms(self.bar), self.bar)


RULE = CloseRule
