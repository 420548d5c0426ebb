"""The reference price: one BTC price that several venues agree on, and how far to trust it. Hop 5.

A wick or a frozen ticker must not move a margin: outliers are out with hysteresis, the rest gives
the volume-weighted median, and with fewer than three venues left the quality says so. Rules 4 to 6
of docs/formulas.md 7. Two cases are added to them. Venues that fall into two camps, or lie 5 % apart
without an outlier, are disputed, since nobody can tell who is right. And venues whose dollar rate is
one venue's word are one voice with it: if it errs they all err alike, and three would agree on a
wrong price. They join three others that agree, and otherwise have no part.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from statistics import median

from monitor.domain.events import Quality
from monitor.domain.outliers import QUORUM, REENTRY_MS, outliers_of
from monitor.domain.venues import VenuePrice, leaning

CARRY_MS = 60_000  # how long the last good value stands in
FORGET_MS = 600_000  # so old, the last good value no longer vetoes a single venue
PAIR_AGREES_RATIO = 0.005
SINGLE_AGREES_RATIO = 0.02
DISPUTED_SPREAD_RATIO = 0.05

_ROUNDING = 1e-12
_by_price = attrgetter("price", "venue")


@dataclass(frozen=True, slots=True)
class LastGood:
    """The last value that a rule could fire on.

    Attributes:
        value: in USD.
        observed_at: the newest venue time in it. From here counts how long it may veto: a daily
            close is fresh for two days and says little about the next one.
        until: the moment at which the last of its quotes ceases to be fresh; from here counts how
            long it may stand in.

    """

    value: float
    observed_at: int
    until: int


@dataclass(frozen=True, slots=True)
class Memory:
    """What the next decision must know of the earlier ones. Plain data, stored with the state.

    Attributes:
        last_good: None before the first good value.
        outliers: venues that are out, each with the moment since which it has been calm (back
            under half the outlier bound), None while it is not.

    """

    last_good: LastGood | None = None
    outliers: Mapping[str, int | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReferencePrice:
    """The agreed price and how it came about.

    Attributes:
        value: in USD; None where the venues give none.
        quality: OK, DEGRADED, SINGLE, DISPUTED or STALE; MISSING where the value is None.
        used: the venues in it, sorted; none for a carried value.
        rejected: the other venues, each with its reason: flagged, unconverted, delayed,
            nonpositive, stale, crossed, spread, outlier, disputed, unconfirmed or dependent (one
            venue's word gives its rate, and fewer than three others are there to confirm it).
        spread_ratio: highest less lowest live price over the value; None with fewer than two.
        observed_at: the newest venue time in the value.
        reason: empty, or why the quality is what it is: disputed, carried, no_venue.

    """

    value: float | None
    quality: Quality
    used: tuple[str, ...]
    rejected: Mapping[str, str]
    spread_ratio: float | None = None
    observed_at: int | None = None
    reason: str = ""


def reference_price(
    prices: Sequence[VenuePrice], *, now: int, memory: Memory
) -> tuple[ReferencePrice, Memory]:
    """Agree on one price at the moment `now`; return it and the memory for the next call.

    `prices` holds one entry per venue, in any order (see `venues.venue_prices`).
    """
    rejected: dict[str, str] = {}
    sane: list[VenuePrice] = []
    for price in prices:
        fault = price.fault_at(now)
        if fault:
            rejected[price.venue] = fault
        else:
            sane.append(price)
    sane.sort(key=_by_price)
    followers = leaning(sane)
    outliers, split = outliers_of(sane, followers, memory.outliers, now)
    live = [price for price in sane if price.venue not in outliers]
    voices = [price for price in live if price.venue not in followers]
    # a venue that cannot be judged now keeps its mark but is not calm
    outliers.update((venue, None) for venue in memory.outliers if venue in rejected)
    rejected.update((p.venue, "outlier") for p in sane if p.venue in outliers)
    if len(voices) < QUORUM:
        rejected.update((p.venue, "dependent") for p in live if p.venue in followers)
        live = voices
    last_good = memory.last_good
    agreed = (
        _many(live, rejected, split)
        if len(voices) >= QUORUM
        else _few(voices, rejected, now, last_good)
    )
    if agreed.value is not None and agreed.observed_at is not None and agreed.quality.usable:
        until = max(price.fresh_until for price in live)
        last_good = LastGood(agreed.value, agreed.observed_at, until)
    return agreed, Memory(last_good, outliers)


def next_change_at(prices: Iterable[VenuePrice], *, now: int, memory: Memory) -> int | None:
    """Return the earliest moment after `now` at which time alone can change the result.

    That is a quote going stale, an outlier coming back, or the last good value expiring. Takes
    the memory that `reference_price` returned. None: only a new quote can change anything.
    """
    moments = [price.fresh_until + 1 for price in prices]
    moments += [calm + REENTRY_MS for calm in memory.outliers.values() if calm is not None]
    if memory.last_good is not None:
        moments.append(memory.last_good.until + CARRY_MS + 1)
        moments.append(memory.last_good.observed_at + FORGET_MS + 1)
    return min((moment for moment in moments if moment > now), default=None)


def capped(weights: Sequence[float]) -> list[float]:
    """Return `weights` with the largest cut to what all others come to, unless it is alone.

    The others are summed by themselves: the difference of two large sums would be off by more than
    a small venue weighs.
    """
    held = list(weights)
    place = max(range(len(held)), key=held.__getitem__, default=0)
    rest = math.fsum(held[:place] + held[place + 1 :])
    if rest > 0:
        held[place] = min(held[place], rest)
    return held


def weighted_median(prices: Sequence[float], weights: Sequence[float]) -> float:
    """Return the weighted median of rising `prices`, no weight counting for more than half.

    Exactly half below gives the mean of that price and the next. Without any weight it is the
    plain median.
    """
    weights = capped(weights)
    total = math.fsum(weights)
    if total <= 0:
        return median(prices)
    weighted = [(price, weight) for price, weight in zip(prices, weights, strict=True) if weight]
    below = 0.0
    for place, (price, weight) in enumerate(weighted[:-1]):
        below += weight
        if below > total / 2 * (1 + _ROUNDING):
            return price
        if below >= total / 2 * (1 - _ROUNDING):
            return (price + weighted[place + 1][0]) / 2
    return weighted[-1][0]


def _many(live: Sequence[VenuePrice], rejected: Mapping[str, str], split: bool) -> ReferencePrice:
    volumes = [price.volume for price in live if price.volume is not None]
    # one unknown volume leaves no weights that could be compared
    weights = volumes if len(volumes) == len(live) else [1.0] * len(live)
    value = weighted_median([price.price for price in live], weights)
    if split or live[-1].price - live[0].price > DISPUTED_SPREAD_RATIO * value:
        return _price(live, value, Quality.DISPUTED, rejected, reason="disputed")
    return _price(live, value, Quality.OK, rejected)


def _few(
    live: Sequence[VenuePrice], rejected: dict[str, str], now: int, last: LastGood | None
) -> ReferencePrice:
    if len(live) == QUORUM - 1:
        return _pair(live[0], live[1], rejected, now, last)
    if live:
        only = live[0]
        if last is None or now - last.observed_at > FORGET_MS or _near(only.price, last.value):
            return _price(live, only.price, Quality.SINGLE, rejected)
        rejected[only.venue] = "unconfirmed"
    if last is None or now - last.until > CARRY_MS:
        return ReferencePrice(None, Quality.MISSING, (), rejected, reason="no_venue")
    return ReferencePrice(
        last.value, Quality.STALE, (), rejected, observed_at=last.observed_at, reason="carried"
    )


def _pair(
    low: VenuePrice,
    high: VenuePrice,
    rejected: dict[str, str],
    now: int,
    last: LastGood | None,
) -> ReferencePrice:
    mean = (low.price + high.price) / 2
    if high.price - low.price <= PAIR_AGREES_RATIO * mean:
        return _price([low, high], mean, Quality.DEGRADED, rejected)
    if last is None or now - last.until > CARRY_MS:
        rejected |= {low.venue: "disputed", high.venue: "disputed"}
        return ReferencePrice(None, Quality.MISSING, (), rejected, reason="disputed")
    nearer, other = (low, high) if last.value <= mean else (high, low)
    rejected[other.venue] = "disputed"
    return _price([nearer], nearer.price, Quality.DISPUTED, rejected, reason="disputed")


def _price(
    used: Sequence[VenuePrice],
    value: float,
    quality: Quality,
    rejected: Mapping[str, str],
    *,
    reason: str = "",
) -> ReferencePrice:
    return ReferencePrice(
        value=value,
        quality=quality,
        used=tuple(sorted([price.venue for price in used])),
        rejected=rejected,
        spread_ratio=(used[-1].price - used[0].price) / value if len(used) > 1 else None,
        observed_at=max([price.observed_at for price in used]),
        reason=reason,
    )


def _near(price: float, last: float) -> bool:
    return abs(price - last) <= SINGLE_AGREES_RATIO * last
