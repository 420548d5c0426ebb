"""The venues of bitcoin put together: the reference price, and how much they trade. Hop 5, pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from monitor.compute.cells import Reference
from monitor.domain.consensus import Memory, ReferencePrice, next_change_at, reference_price
from monitor.domain.events import USUAL_VENUE_VOLUME, VENUE_VOLUME, Quality, Quote, Reading
from monitor.domain.venues import venue_prices
from monitor.domain.volumes import Thinness, Usual, thinness, usual_volumes

VOLUMES = (VENUE_VOLUME, USUAL_VENUE_VOLUME)
"""The instruments that are made of the venues, as the reference price is."""


class Agreement:
    """What the venues agreed on last, and what the next agreement must remember.

    Attributes:
        reference: the price and how it came about; None before the first.

    """

    def __init__(self, flagged: Collection[str] = ()) -> None:
        """Take the venues that a person excluded."""
        self.reference: ReferencePrice | None = None
        self._flagged = flagged
        self._memory = Memory()
        self._usual: Mapping[str, Usual] = {}
        self._thinness = Thinness()
        self._changed = False

    @property
    def rejected(self) -> Mapping[str, str]:
        """Return the venues that have no part in the price, each with its reason."""
        return {} if self.reference is None else self.reference.rejected

    def agree(self, quotes: Iterable[Quote], now: int) -> tuple[Reading, int | None]:
        """Let the venues agree; return the price, and when time alone may change it."""
        prices = venue_prices(quotes, now, self._flagged)
        agreed, self._memory = reference_price(prices, now=now, memory=self._memory)
        self._usual = usual_volumes(self._usual, prices, now)
        self._thinness = thinness(self._usual, prices, now)
        self.reference = agreed
        self._changed = True
        why = "" if agreed.value is not None else agreed.quality.word
        reading = Reading(agreed.value, agreed.quality, why, agreed.observed_at)
        return reading, next_change_at(prices, now=now, memory=self._memory)

    def volume(self, name: str) -> Reading:
        """Return the volume of the venues that speak, or what is usual for them, as last agreed."""
        found = self._thinness
        if found.observed_at is None:
            return Reading(None, Quality.MISSING, "no_volume")
        btc = found.volume_btc if name == VENUE_VOLUME else found.usual_btc
        return Reading(btc, Quality.OK, "", found.observed_at)

    def take(self, reading: Reading) -> Reference | None:
        """Return the price with its memory if it was worked out since the last call."""
        changed, self._changed = self._changed, False
        return Reference(reading, self._memory, self._usual) if changed else None

    def restore(self, saved: Reference, quotes: Iterable[Quote], now: int) -> int | None:
        """Take back what was saved; return when time alone may change the price."""
        self._memory, self._usual = saved.memory, saved.volumes
        prices = venue_prices(quotes, now, self._flagged)
        self._thinness = thinness(self._usual, prices, now)
        return next_change_at(prices, now=now, memory=self._memory)
