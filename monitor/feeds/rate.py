"""A provider's published limit, kept by us: a token bucket that takes time as an argument. Hop 2."""

from __future__ import annotations

from dataclasses import dataclass, field

from monitor.core.clock import MINUTE, SECOND, Millis

BURST_SHARE = 0.25


@dataclass(slots=True)
class TokenBucket:
    """At most `per_minute` requests in any minute, a quarter of them at once.

    The bucket holds the burst and refills with the rest of the budget, so that a full bucket and
    its refill together never pass `per_minute` in a window of sixty seconds.
    """

    per_minute: float
    _tokens: float = field(init=False)
    _at: Millis | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._tokens = self.burst

    @property
    def burst(self) -> float:
        """Return how many requests may go out together; at least one."""
        return max(1.0, self.per_minute * BURST_SHARE)

    @property
    def _refill_per_ms(self) -> float:
        # A limit under two a minute has no room for a burst on top: it refills at the full rate.
        spare = self.per_minute - self.burst
        return (spare if spare >= 1 else self.per_minute) / MINUTE

    def take(self, now: Millis, weight: float = 1.0) -> float:
        """Take `weight` tokens and return the seconds to wait before using them; 0: none.

        They are reserved: callers that come while one waits queue behind it. A clock that
        was set back refills nothing.
        """
        self._refill(now)
        self._tokens -= weight
        if self._tokens >= 0:
            return 0.0
        return -self._tokens / self._refill_per_ms / SECOND

    def admit(self, now: Millis) -> float:
        """Take one token if it is there; else take none and return the seconds until it is."""
        self._refill(now)
        if self._tokens < 1:
            return (1 - self._tokens) / self._refill_per_ms / SECOND
        self._tokens -= 1
        return 0.0

    def _refill(self, now: Millis) -> None:
        if self._at is not None:
            elapsed = max(0, now - self._at)
            self._tokens = min(self.burst, self._tokens + elapsed * self._refill_per_ms)
        self._at = now
