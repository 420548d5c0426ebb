"""How much each venue weighs in the price, and whether the whole market has become thin. Pure.

A weight comes from what a venue says it traded. What is usual for a venue is the mean of what it said,
fading over a week, so that a market whose volume falls away is seen against its own past; a venue
that has gone silent is left out on both sides, for it is the feed that is missing then.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from monitor.domain.consensus import capped
from monitor.domain.venues import VenuePrice

FADES_MS = 7 * 86_400_000
STEP_MS = 60_000
"""What is usual is looked at once a minute: volumes are those of an hour or a day."""
THIN_RATIO = -0.8
"""A change at which the market is thin: a few orders move the price."""
LOW_WEIGHT_RATIO = 0.05


class Usual(NamedTuple):
    """The fading mean of a venue's volume in BTC, and when it was looked at last (ms UTC)."""

    btc: float
    at: int


@dataclass(frozen=True, slots=True)
class Thinness:
    """The volume of the venues and what is usual for them, in BTC; `observed_at` is the newest's."""

    volume_btc: float = 0.0
    usual_btc: float = 0.0
    observed_at: int | None = None

    @property
    def ratio(self) -> float | None:
        """Return the change against what is usual; None before that is known."""
        return self.volume_btc / self.usual_btc - 1 if self.usual_btc > 0 else None

    @property
    def thin(self) -> bool:
        """Tell whether the market is so thin that its price says little."""
        return self.ratio is not None and self.ratio <= THIN_RATIO


def usual_volumes(
    known: Mapping[str, Usual], prices: Iterable[VenuePrice], now: int
) -> Mapping[str, Usual]:
    """Return what is usual after `prices` of `now`; the same mapping where nothing is due."""
    changed: dict[str, Usual] = {}
    for price in _speaking(prices, now):
        before = known.get(price.venue)
        if before is None:
            changed[price.venue] = Usual(price.volume or 0.0, now)
        elif now - before.at >= STEP_MS:
            share = -math.expm1((before.at - now) / FADES_MS)
            mean = before.btc + ((price.volume or 0.0) - before.btc) * share
            changed[price.venue] = Usual(mean, now)
    return {**known, **changed} if changed else known


def thinness(known: Mapping[str, Usual], prices: Iterable[VenuePrice], now: int) -> Thinness:
    """Return the volume of the venues that speak, and what is usual for these."""
    speaking = [price for price in _speaking(prices, now) if price.venue in known]
    usual = math.fsum(known[price.venue].btc for price in speaking)
    volume = math.fsum(price.volume or 0.0 for price in speaking)
    newest = max((price.observed_at for price in speaking), default=None)
    return Thinness(volume, usual, newest)


def weight_ratios(used: Sequence[VenuePrice]) -> dict[str, float]:
    """Return the weight of each venue in the price, as the reference price gives it.

    None counts for more than half; where one does not tell its volume, all weigh alike.
    """
    volumes = {price.venue: price.volume for price in used}
    told = {venue: volume for venue, volume in volumes.items() if volume is not None}
    weights = capped(list(told.values()))
    total = math.fsum(weights)
    if len(told) < len(volumes) or total <= 0:
        return dict.fromkeys(volumes, 1 / len(volumes)) if volumes else {}
    return {venue: weight / total for venue, weight in zip(told, weights, strict=True)}


def _speaking(prices: Iterable[VenuePrice], now: int) -> Iterable[VenuePrice]:
    """Yield the venues that can be used and tell their volume."""
    return (p for p in prices if p.volume is not None and not p.fault_at(now))
