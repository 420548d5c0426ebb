"""How long to wait before trying again: capped exponential growth with full jitter.

The jitter is drawn by the caller's `random.Random`, so a test can fix it.
Source: full jitter after Brooker, "Exponential Backoff And Jitter".
"""

from __future__ import annotations

import random
from dataclasses import dataclass


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
