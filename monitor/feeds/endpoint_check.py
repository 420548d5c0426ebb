"""Does a provider say the same at two of its endpoints? Beside hop 2.

Venues have served a list of all tickers that stood still for minutes while the ticker of one symbol
went on. So a feed that reads such a list may declare the other endpoint as well; one instrument
after the other is asked for there, right after the list, and held against it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import structlog

from monitor.core.clock import SECOND, Millis
from monitor.core.errors import FeedError
from monitor.domain.events import Quote
from monitor.feeds.base import Feed, Http, quotes_of
from monitor.feeds.instruments import FeedInstruments

log = structlog.get_logger(__name__)

EVERY_S = 60.0
TOLERANCE_RATIO = 0.002
"""What a price may move between two requests without anything being wrong."""
IN_A_ROW = 2
"""How many comparisons must fail before the feed is called degraded: one may catch a real move."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What one comparison found.

    Attributes:
        ratio: how far the list's value is off the single one's, as a fraction.
        behind_ms: how much older the list's value is by the source's own times.

    """

    ratio: float
    behind_ms: Millis

    def grave(self, budget_ms: Millis) -> bool:
        """Tell whether it is more than two requests in a row explain."""
        return self.ratio > TOLERANCE_RATIO or self.behind_ms > budget_ms


def difference(listed: Quote, single: Quote) -> Difference:
    """Return how a value of the list differs from the same asked for alone."""
    ratio = abs(float(listed.value) / float(single.value) - 1)
    return Difference(ratio, single.observed_at - listed.observed_at)


@dataclass(slots=True)
class EndpointCheck:
    """The comparisons of one feed.

    Attributes:
        feed: the provider.
        budget_ms: how much older the list may be.
        instruments: where the difference is shown.
        asked: when it was compared last.

    """

    feed: Feed
    budget_ms: Millis
    instruments: FeedInstruments
    asked: Millis | None = None
    _latest: dict[str, Difference] = field(default_factory=dict)
    _grave: int = 0
    _turn: int = 0

    @property
    def ratio(self) -> float | None:
        """Return the greatest difference among the latest of each instrument."""
        return max((found.ratio for found in self._latest.values()), default=None)

    @property
    def degraded(self) -> bool:
        """Tell whether the feed's two endpoints have contradicted each other for a while."""
        return self._grave >= IN_A_ROW

    def _is_due(self, now: Millis) -> bool:
        return self.asked is None or now - self.asked >= EVERY_S * SECOND

    async def run(self, http: Http, listed: Sequence[Quote], now: Millis) -> None:
        """Ask for the next instrument alone and compare, if it is time; `listed` has just come.

        What cannot be had is no finding.
        """
        single = self.feed.single
        by_name = {quote.instrument: quote for quote in listed}
        known = [name for name in self.feed.spec.instruments if name in by_name]
        if single is None or not known or not self._is_due(now):
            return
        self.asked = now
        name = known[self._turn % len(known)]
        symbols = {name: self.feed.spec.instruments[name]}
        try:
            found = await single(http, replace(self.feed.spec, instruments=symbols))
        except FeedError:
            return
        alone = next((it for it in quotes_of(found) if it.instrument == name), None)
        if alone is not None and alone.value:
            self.note(name, difference(by_name[name], alone))

    def note(self, name: str, found: Difference) -> None:
        """Take the outcome of a comparison; a grave one is looked at again before the next."""
        before = self.degraded
        self._latest[name] = found
        if found.grave(self.budget_ms):
            self._grave += 1
        else:
            self._grave = 0
            self._turn += 1
        self.instruments.diverged(self.feed.spec.name, self.ratio or 0.0)
        if self.degraded is not before:
            event = "feed.endpoints_differ" if self.degraded else "feed.endpoints_agree"
            log.warning(event, feed=self.feed.spec.name, instrument=name, ratio=found.ratio)
