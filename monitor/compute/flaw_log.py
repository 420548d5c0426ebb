"""Notices the flaws of what comes in, from two quotes of a source in a row. Hop 5, pure.

What it needs to know of before is in the last quote itself, which is committed: so a restart
neither forgets the beginning of a span nor tells it twice.
"""

from __future__ import annotations

from msgspec import structs

from monitor.domain.events import BTC_USD, Quality, Quote
from monitor.domain.flaws import Flaw, FlawEvent


class FlawLog:
    """The events since the last `take`."""

    def __init__(self) -> None:
        self._events: list[FlawEvent] = []

    def see(self, quote: Quote, until: int, last: tuple[Quote, int] | None, now: int) -> Quote:
        """Compare a quote with the last one of its source; return it with its time of arrival.

        `until` is the last moment at which a quote is fresh, of the last one likewise.
        """
        what = (quote.instrument, quote.source)
        was_stale = False
        if last is not None:
            before, fresh_until = last
            was_stale = before.received_at is not None and before.received_at > fresh_until
            if quote.observed_at > fresh_until:
                self._events.append(
                    FlawEvent(Flaw.GAP, *what, before.observed_at, quote.observed_at)
                )
        is_stale = now > until
        if is_stale and not was_stale:
            self._events.append(FlawEvent(Flaw.STALE, *what, start=now))
        if was_stale and not is_stale:
            self._events.append(FlawEvent(Flaw.STALE, *what, end=now))
        if is_stale == (quote.received_at is not None and quote.received_at > until):
            return quote
        return structs.replace(quote, received_at=now)

    def agree(self, before: Quality, after: Quality, now: int) -> None:
        """Compare the quality of the reference price with that of before."""
        was, is_now = before is Quality.DISPUTED, after is Quality.DISPUTED
        if is_now and not was:
            self._events.append(FlawEvent(Flaw.DISPUTED, BTC_USD, "", start=now))
        if was and not is_now:
            self._events.append(FlawEvent(Flaw.DISPUTED, BTC_USD, "", end=now))

    def take(self) -> list[FlawEvent]:
        """Return the events since the last call, in order."""
        taken, self._events = self._events, []
        return taken
