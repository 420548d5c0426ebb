"""An alert that goes on firing is said again, less and less often.

At `first` after its fire notice, then each time that span has doubled: 1 h, 2 h, 4 h, 8 h after the
fire (row E31). Never further apart than `most`. An acknowledgement stops it; taken back, it goes on
with the next moment of the same plan. The plan is a function of the fire alone, so nothing but
that moment is remembered.
"""

from __future__ import annotations

import msgspec

from monitor.core.clock import MINUTE, Millis
from monitor.core.durations import duration_ms


class Repeat(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How an alert that nobody acknowledges is repeated.

    Attributes:
        first: the first repeat comes this long after the fire notice.
        most: the longest time between two repeats.

    """

    first: str = "1h"
    most: str = "24h"

    def __post_init__(self) -> None:
        """Refuse a repeat each few seconds, and a longest wait under the first."""
        if self.first_ms < MINUTE:
            raise ValueError(f"`first` {self.first!r} is under a minute; 1h is usual")
        if self.most_ms < self.first_ms:
            raise ValueError(f"`most` {self.most!r} is under `first` {self.first!r}")

    @property
    def first_ms(self) -> Millis:
        """Return `first` in milliseconds."""
        return duration_ms(self.first)

    @property
    def most_ms(self) -> Millis:
        """Return `most` in milliseconds."""
        return duration_ms(self.most)


def next_repeat(config: Repeat, fired_at: Millis, now: Millis) -> Millis:
    """Return the first moment of the plan of a fire at `fired_at` that lies after `now`, ms UTC."""
    passed = now - fired_at
    after = config.first_ms
    while after <= passed:
        if after >= config.most_ms:  # from here on the steps are equal: no need to walk them
            return (
                fired_at
                + after
                + (passed - after) // config.most_ms * config.most_ms
                + (config.most_ms)
            )
        after += min(after, config.most_ms)
    return fired_at + after
