"""Which figures of a day a source has told before, so that a week of them is news once. Pure. Hop 3.

A source that corrects its figures for days tells all of them at each answer. Of an earlier day only
what it was corrected to is handed on; the newest day goes on always, as the value that it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from monitor.domain.events import Quote
from monitor.domain.revisions import MAX_PERIODS


@dataclass(slots=True)
class Periods:
    """The figures that were stored, by instrument and the first day of what they are of."""

    _told: dict[str, dict[str, Decimal]] = field(default_factory=dict)

    def news(self, quotes: Sequence[Quote]) -> list[Quote]:
        """Return quotes without what was told before of an earlier period, in their order."""
        newest: dict[str, str] = {}
        for quote in quotes:
            newest[quote.instrument] = max(quote.period, newest.get(quote.instrument, ""))
        return [
            quote
            for quote in quotes
            if quote.period == newest[quote.instrument]
            or self._told.get(quote.instrument, {}).get(quote.period) != quote.value
        ]

    def remember(self, quotes: Iterable[Quote]) -> None:
        """Note what was stored; of each instrument so many periods are known as are kept."""
        for quote in quotes:
            if quote.period:
                known = self._told.setdefault(quote.instrument, {})
                known[quote.period] = quote.value
                while len(known) > MAX_PERIODS:
                    del known[min(known)]
