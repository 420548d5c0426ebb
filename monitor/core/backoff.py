"""How long to wait before trying again: as the other side asks, else exponential growth with full jitter.

The jitter is drawn by the caller's `random.Random`, so a test can fix it.
Source: full jitter after Brooker, "Exponential Backoff And Jitter".
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from monitor.core.clock import SECOND, Millis


@dataclass(frozen=True, slots=True)
class Backoff:
    """A retry policy: the n-th wait is uniform in [0, min(cap_s, base_s * 2**n)]."""

    base_s: float = 0.5
    cap_s: float = 30.0

    def delay_s(self, attempt: int, rng: random.Random, *, floor_s: float = 0.0) -> float:
        """Return the wait in seconds before try number `attempt` + 1, never under `floor_s`.

        `attempt` counts failures so far, from 0; `floor_s` is a provider's Retry-After.
        """
        return max(floor_s, rng.uniform(0.0, self.ceiling_s(attempt)))

    def ceiling_s(self, attempt: int) -> float:
        """Return the longest wait in seconds that `attempt` can draw."""
        return min(self.cap_s, self.base_s * 2.0 ** min(attempt, 63))


def retry_after_s(text: str | None, now: Millis) -> float | None:
    """Return the seconds that a Retry-After header asks for: a number or an HTTP date.

    None when there is no header or it is neither; a date that has passed gives 0.
    """
    if text is None:
        return None
    text = text.strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return max(0.0, moment.timestamp() - now / SECOND)
    except (ValueError, OverflowError):
        return None
