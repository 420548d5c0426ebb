"""One instrument: its sources' last quotes, and what it is worth by them. Hop 5, pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from monitor.domain.events import Quality, Quote, Reading
from monitor.domain.plausibility import judge
from monitor.domain.symbols import Kind, Symbol
from monitor.domain.venues import FAMILY

UNHEARD = Reading(None, Quality.MISSING, "no_quote")
_APART = frozenset({Kind.PAIR, Kind.SERIES, Kind.FIGURE})
"""Kinds that no calendar, no conversion and no other's word enters."""


@dataclass(slots=True)
class Instrument:
    """What is known of one instrument.

    Attributes:
        symbol: what its name stands for.
        quotes: the last quote of each source.
        reading: what it is worth.
        chosen: the one quote that it is worth that by, None where several or other things say it.
        changes_at: when the reading changes by itself, ms UTC.

    """

    symbol: Symbol
    quotes: dict[str, Quote] = field(default_factory=dict)
    reading: Reading = UNHEARD
    chosen: Quote | None = None
    changes_at: int | None = None

    @property
    def lone(self) -> bool:
        """Tell whether one source alone speaks for it, simply, and nothing else hangs on that."""
        last = self.chosen
        if last is None or last.period or len(self.quotes) != 1:
            return False
        apart = self.symbol.kind in _APART and self.symbol.name not in FAMILY
        return apart and self.reading.quality is Quality.OK and self.reading.session is None

    def following(self, quote: Quote, now: int, until: int) -> Reading | None:
        """Return what a `lone` one is worth by the next quote, which is fresh up to `until`.

        None where that is not simply the next value of the same source, in good time.
        """
        last, edge = self.chosen, self.changes_at
        if last is None or edge is None or until < now or len(self.quotes) != 1:
            return None
        if quote.source != last.source or not last.observed_at <= quote.observed_at < edge:
            return None
        if quote.repeats(last):
            return None
        if quote.delay_ms or quote.period or quote.session or quote.received_at or last.received_at:
            return None
        if judge(quote, last, now) is not None:
            return None
        return Reading(float(quote.value), Quality.OK, "", quote.observed_at)
