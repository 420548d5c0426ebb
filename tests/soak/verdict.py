"""What must hold in every second: the budgets of the providers, and the reference price."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from monitor.core.clock import MINUTE, SECOND, Millis
from monitor.domain.consensus import (
    CARRY_MS,
    PAIR_AGREES_RATIO,
    SINGLE_AGREES_RATIO,
    Memory,
    reference_price,
)
from monitor.domain.events import Quality, Quote
from monitor.domain.outliers import MIN_OUTLIER_RATIO
from monitor.domain.venues import venue_prices
from monitor.feeds.base import FeedSpec

ROOM_FOR_BURST = 2
# How far a value may lie outside of what the truth was while its quotes were fresh. What a single
# venue says is held against the last good value, which may be off itself.
ALLOWED_RATIO = {
    Quality.OK: MIN_OUTLIER_RATIO,
    Quality.DEGRADED: PAIR_AGREES_RATIO,
    Quality.SINGLE: SINGLE_AGREES_RATIO + MIN_OUTLIER_RATIO,
    Quality.STALE: SINGLE_AGREES_RATIO + MIN_OUTLIER_RATIO,
}


@dataclass(slots=True)
class PriceWatch:
    """The reference price of each second beside the truth.

    Attributes:
        fresh_ms: the longest that a venue's quote counts as fresh.
        seconds: how many each quality had.
        worst_ratio: how far the value was outside, at the most, by quality.
        faults: where it was further off than its quality allows.

    """

    fresh_ms: Millis
    seconds: Counter[Quality] = field(default_factory=Counter)
    worst_ratio: dict[Quality, float] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    _memory: Memory = field(default_factory=Memory)
    _truth: deque[tuple[Millis, float]] = field(default_factory=deque)

    def look(self, quotes: Iterable[Quote], truth: float, now: Millis) -> None:
        """Agree on a price from the latest quotes, and judge it."""
        prices = venue_prices(quotes, now)
        agreed, self._memory = reference_price(prices, now=now, memory=self._memory)
        longest = self.fresh_ms + CARRY_MS + SECOND
        self._truth.append((now, truth))
        while self._truth[0][0] < now - longest:
            self._truth.popleft()
        self.seconds[agreed.quality] += 1
        allowed = ALLOWED_RATIO.get(agreed.quality)
        if agreed.value is None or allowed is None:
            return
        carried = agreed.quality is Quality.STALE
        since = now - longest + (0 if carried else CARRY_MS)
        were = [value for at, value in self._truth if at >= since]
        low, high = min(were), max(were)
        off = max(agreed.value / high - 1, 1 - agreed.value / low, 0.0)
        self.worst_ratio[agreed.quality] = max(self.worst_ratio.get(agreed.quality, 0.0), off)
        if off > allowed:
            self.faults.append(
                f"{agreed.quality.word} {agreed.value:.2f} of {', '.join(agreed.used)} at {now}: "
                f"{off:.2%} outside {low:.2f} to {high:.2f}, {allowed:.2%} is allowed"
            )


@dataclass(slots=True)
class BudgetWatch:
    """The requests that the providers counted, beside what they allow.

    Attributes:
        specs: the feeds by name; those of one account share a budget.
        faults: where an account passed its limit in a window of a minute.
        busiest_ratio: the fullest minute of any account, as a share of its limit.

    """

    specs: Mapping[str, FeedSpec]
    faults: list[str] = field(default_factory=list)
    busiest_ratio: float = 0.0
    _seen: deque[tuple[Millis, dict[str, int]]] = field(default_factory=deque)

    def look(self, requests: Mapping[str, int], now: Millis) -> None:
        """Take the counts so far and judge the minute that ends now."""
        self._seen.append((now, dict(requests)))
        while self._seen[0][0] < now - MINUTE:
            self._seen.popleft()
        before = self._seen[0][1]
        used: Counter[str] = Counter()
        limits: dict[str, float] = {}
        for name, spec in self.specs.items():
            account = spec.account or name
            used[account] += requests.get(name, 0) - before.get(name, 0)
            limits[account] = min(limits.get(account, math.inf), _most(spec))
        for account, count in used.items():
            self.busiest_ratio = max(self.busiest_ratio, count / limits[account])
            if count > limits[account]:
                said = f"{account}: {count} requests in a minute, {limits[account]:g} are allowed"
                self.faults.append(said)


def _most(spec: FeedSpec) -> float:
    # under two a minute there is no room for a burst: one, and what has come since
    limit = spec.requests_per_minute
    return limit if limit >= ROOM_FOR_BURST else 1 + limit
