"""Every venue of the reference price: what it says, what it weighs, and why it is out. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from monitor.domain.consensus import Memory, ReferencePrice, reference_price
from monitor.domain.events import Quote
from monitor.domain.freshness import Freshness, State, freshness, state_of
from monitor.domain.venues import VenuePrice, venue_prices
from monitor.domain.volumes import weight_ratios

CONTRADICTED = frozenset({"outlier", "disputed", "unconfirmed"})
"""Reasons for which a venue is out because others say otherwise."""

NEVER_HEARD = "never heard"
"""Of a venue that is asked and has said nothing yet; it was never alive, so it is not dead."""


@dataclass(frozen=True, slots=True)
class VenueHealth:
    """One venue at one moment.

    Attributes:
        venue: the source's name.
        price: in USD; None for a venue that has not spoken.
        state: in one word.
        reason: why it has no part in the price; empty where it has.
        weight_ratio: its weight in the price; 0 where it has none.
        off_ratio: its price over the agreed one, less 1; None where either is not known.
        volume_btc: what it says it traded.
        observed_at: its own time, ms UTC.
        converted_by: the stablecoin through whose rate its price went.

    """

    venue: str
    price: float | None
    state: State
    reason: str
    weight_ratio: float = 0.0
    off_ratio: float | None = None
    volume_btc: float | None = None
    observed_at: int | None = None
    converted_by: str | None = None


def venue_health(
    quotes: Iterable[Quote],
    flagged: Collection[str],
    expected: Iterable[str],
    memory: Memory,
    now: int,
) -> tuple[list[VenueHealth], ReferencePrice, Memory]:
    """Return all venues at `now`, the price they agree on, and the memory for the next call.

    `flagged` are the venues that a person excluded, `expected` those that are asked.
    """
    prices = venue_prices(quotes, now, flagged)
    agreed, memory = reference_price(prices, now=now, memory=memory)
    weights = _weights(prices, agreed)
    found = [_health(price, agreed, weights, now) for price in prices]
    silent = sorted(set(expected) - {price.venue for price in prices})
    found += [VenueHealth(venue, None, State.WAITING, NEVER_HEARD) for venue in silent]
    return sorted(found, key=lambda item: (-item.weight_ratio, item.venue)), agreed, memory


def _weights(prices: Sequence[VenuePrice], agreed: ReferencePrice) -> Mapping[str, float]:
    return weight_ratios([price for price in prices if price.venue in agreed.used])


def _health(
    price: VenuePrice, agreed: ReferencePrice, weights: Mapping[str, float], now: int
) -> VenueHealth:
    reason = agreed.rejected.get(price.venue, "")
    age = freshness(price.observed_at, price.fresh_ms, now)
    if price.fault == "delayed":
        age = Freshness.FRESH
    state = state_of(age, delayed=price.fault == "delayed", disputed=reason in CONTRADICTED)
    off = None if agreed.value is None else price.price / agreed.value - 1
    return VenueHealth(
        venue=price.venue,
        price=price.price,
        state=state,
        reason=reason,
        weight_ratio=weights.get(price.venue, 0.0),
        off_ratio=off,
        volume_btc=price.volume,
        observed_at=price.observed_at,
        converted_by=price.converted_by,
    )
