"""What one provider account may still be asked: our own count, the provider's, and its wishes. Hop 2.

Feeds that share a key or a host share an account, so a websocket's fallback and two kinds of
figures from one exchange stay inside one budget together. Time is an argument.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from monitor.core.clock import MINUTE, SECOND, Millis
from monitor.feeds.base import FeedSpec
from monitor.feeds.budget import Budget
from monitor.feeds.rate import TokenBucket

_SLOTS = 60
"""The last minute is counted in seconds, so that the count stays small whatever the limit."""


@dataclass(slots=True)
class Account:
    """One account's budget: a token bucket, what the provider said of it, and a hold."""

    per_minute: float
    _bucket: TokenBucket = field(init=False)
    _told: Budget | None = field(init=False, default=None)
    _told_at: Millis | None = field(init=False, default=None)
    _held_until: Millis = field(init=False, default=0)
    _used: deque[tuple[Millis, float]] = field(init=False)

    def __post_init__(self) -> None:
        self._bucket = TokenBucket(self.per_minute)
        self._used = deque(maxlen=_SLOTS + 1)

    def lower_to(self, per_minute: float) -> None:
        """Take a lower limit than the present one, at once and for every feed of the account."""
        if per_minute < self.per_minute:
            self.per_minute, self._bucket = per_minute, TokenBucket(per_minute)

    def hold_s(self, now: Millis, weight: float = 1.0) -> float:
        """Return the seconds for which the provider would not like a request of `weight`."""
        held_s = max(0, self._held_until - now) / SECOND
        if self._told is None or self._told_at is None:
            return held_s
        gone_s = max(0, now - self._told_at) / SECOND
        return max(held_s, self._told.pace_s(self._told_at, weight) - gone_s)

    def take(self, now: Millis, weight: float = 1.0) -> float:
        """Take `weight` of our own budget; return the seconds to wait before using it."""
        return self._bucket.take(now, weight)

    def asked(self, now: Millis, weight: float = 1.0) -> None:
        """Count a request that goes out now."""
        second = now // SECOND
        if self._used and self._used[-1][0] >= second:
            at, before = self._used[-1]
            self._used[-1] = (at, before + weight)
        else:
            self._used.append((second, weight))

    def told(self, budget: Budget, now: Millis) -> None:
        """Note what the provider said of the budget; the latest word counts."""
        self._told, self._told_at = budget, now

    def hold(self, until: Millis) -> None:
        """Ask nothing until `until`: the provider said so."""
        self._held_until = max(self._held_until, until)

    def used_ratio(self, now: Millis) -> float:
        """Return the used share of the budget: of the last minute by our count, or as told.

        The larger of both: others may use the same account. What was told counts until its
        window ends.
        """
        since = (now - MINUTE) // SECOND
        # of a limit under one a minute the one request is all there is
        own = sum(weight for at, weight in self._used if at > since) / max(1.0, self.per_minute)
        told = self._told
        if told is None or told.resets_at <= now:
            return own
        return max(own, told.used_ratio)


@dataclass(slots=True)
class Accounts:
    """All accounts by name. Kept when the books are read anew: a budget does not begin again."""

    _known: dict[str, Account] = field(init=False, default_factory=dict)

    def of(self, spec: FeedSpec) -> Account:
        """Return the account of a feed; of two limits declared for one, the lower counts."""
        name = spec.account or spec.name
        known = self._known.setdefault(name, Account(spec.requests_per_minute))
        known.lower_to(spec.requests_per_minute)
        return known
