"""What every instrument is worth now, and until when that holds. Hop 5, pure.

Quotes go in; one `Reading` per instrument comes out. BTC-USD is the composite of its venues, all
others take the newest fresh quote of any source; a share that nobody quotes in USD is converted
from another currency (listings). A value grows old without a tick, so each instrument also has the
exact moment at which its reading can change by itself; the step runs those moments as timers, in
order, before it looks at anything later.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from typing import TypeAlias

from monitor.compute.agreement import VOLUMES, Agreement
from monitor.compute.calendars import Market
from monitor.compute.cells import Reference
from monitor.compute.choice import best_quote, rental_reading
from monitor.compute.flaw_log import FlawLog
from monitor.compute.instrument import UNHEARD, Instrument
from monitor.compute.listings import Listings
from monitor.compute.revision_book import RevisionBook
from monitor.compute.splits import DOUBTS, SUSPECTED, Splits
from monitor.core.timers import Timers
from monitor.domain.consensus import ReferencePrice
from monitor.domain.events import BTC_USD, DIFFICULTY, GPU_H100, HEIGHT, Quality, Quote, Reading
from monitor.domain.labels import standing_in, with_session
from monitor.domain.plausibility import judge
from monitor.domain.revisions import Standing
from monitor.domain.symbols import Kind, symbol_of
from monitor.domain.venues import FAMILY

MAX_STRANGERS = 10_000
"""How many instruments are kept that nothing here is made of and no rule watches."""
MAX_SOURCES = 100
"""How many sources one instrument may have; agreeing on a price looks at all of them."""
TOO_MANY = "too_many"

Refused: TypeAlias = tuple[str, str]
"""A source and why its quote was left out, or has no part in the price."""


class Instruments:
    """All instruments of one shard; `revision` changes with any reading, but by `follow`."""

    def __init__(
        self,
        calendar: Market,
        stocks: Iterable[str],
        wanted: Callable[[str], bool] = lambda _name: False,
        splits: Splits | None = None,
        flagged: Collection[str] = (),
    ) -> None:
        """Take the sessions, the tickers whose quotes are stock prices, and which names are of use.

        Whoever writes to the stream may invent names; those that are not `wanted` have bounds.
        """
        self._calendar, self._wanted = calendar, wanted
        self.splits = Splits({}) if splits is None else splits
        self._strangers = 0
        self._stocks = frozenset(stocks)
        self._listings = Listings()
        self._known: dict[str, Instrument] = {}
        self._timers = Timers[str]()
        self._changed_quotes: dict[tuple[str, str], Quote] = {}
        self.flaws, self.revisions = FlawLog(), RevisionBook()
        self._agreement = Agreement(flagged)
        self.revision = 0

    @property
    def reference(self) -> ReferencePrice | None:
        """Return the reference price as last agreed; None before the first."""
        return self._agreement.reference

    def instrument(self, name: str) -> Instrument:
        """Return an instrument, which is made if it is not known."""
        found = self._known.get(name)
        if found is None:
            symbol = symbol_of(name, self._stocks)
            found = self._known[name] = Instrument(symbol)
            self._listings.know(symbol)
            known = symbol.kind in {Kind.LISTING, Kind.RATE} or self._wanted(name)
            self._strangers += not known
        return found

    def _room_for(self, quote: Quote) -> bool:
        """Tell whether one more instrument, or one more source of it, may be kept."""
        known = self._known.get(quote.instrument)
        if known is not None:
            return quote.source in known.quotes or len(known.quotes) < MAX_SOURCES
        if self._strangers < MAX_STRANGERS or self._wanted(quote.instrument):
            return True
        return symbol_of(quote.instrument, self._stocks).kind in {Kind.LISTING, Kind.RATE}

    def accept(self, quotes: Sequence[Quote], now: int) -> tuple[list[Refused], tuple[str, ...]]:
        """Take what came together at `now`; return what was left out, and whose readings changed.

        A quote that cannot be true is refused. One that the other venues contradict is kept, for
        they may come round to it, and has no part in the price meanwhile. The same quote again
        (source, time and value) changes nothing. Readings follow when all quotes are in: venues
        that move together must not look like outliers one after another.
        """
        refused: list[Refused] = []
        names: dict[str, None] = {}
        venues: list[str] = []
        for quote in quotes:
            refusal = self._take(quote, now)
            if refusal:
                refused.append((quote.source, refusal))
            elif refusal is None and quote.instrument in FAMILY:
                venues.append(quote.source)
            if refusal in {None, *DOUBTS}:  # a doubt may dispute the reading
                names[quote.instrument] = None
        names |= dict.fromkeys(self._listings.shares_of(names))
        if HEIGHT in names and DIFFICULTY in self._known:
            names |= {DIFFICULTY: None}  # of whom it counts hangs on who has seen the most blocks
        if venues and self.instrument(BTC_USD).quotes:
            names.pop(BTC_USD, None)
            names |= dict.fromkeys((BTC_USD, *VOLUMES))  # last: made of the others
        changed = tuple(name for name in names if self._refresh(self.instrument(name), now))
        rejected = self._agreement.rejected
        reasons = [(venue, rejected[venue]) for venue in venues if venue in rejected]
        return refused + [item for item in reasons if item[1] != "stale"], changed

    def _noticed(self, known: Instrument, quote: Quote, last: Quote | None, now: int) -> Quote:
        """Note the flaws of a quote; those of strangers are nobody's concern."""
        if known.symbol.name not in FAMILY and not self._wanted(known.symbol.name):
            return quote
        before = None if last is None else (last, self.fresh_until(known, last))
        return self.flaws.see(quote, self.fresh_until(known, quote), before, now)

    def _take(self, quote: Quote, now: int) -> str | None:
        """Keep a quote; return None, or why it was left out: empty for what was said before."""
        if not self._room_for(quote):
            return TOO_MANY
        instrument = self.instrument(quote.instrument)
        last = instrument.quotes.get(quote.source)
        refusal = judge(quote, last, now)  # first: what is no number cannot be compared
        if refusal is not None:
            return refusal.value
        quote = with_session(quote, instrument.symbol, self._calendar.session_at)
        quote = self.splits.told(instrument.symbol, quote, instrument.reading, now)
        if self.revisions.take(quote, now) is Standing.OLDER or quote.repeats(last):
            return ""
        doubt = self.splits.doubt(instrument.symbol, quote, instrument.reading, now)
        if doubt:
            return doubt
        quote = self._noticed(instrument, quote, last, now)
        instrument.quotes[quote.source] = quote
        self._changed_quotes[quote.instrument, quote.source] = quote
        return None

    def known(self, name: str) -> Instrument | None:
        """Return an instrument that has been quoted, or that something asked for."""
        return self._known.get(name)

    def follow(self, instrument: Instrument, quote: Quote, reading: Reading, until: int) -> None:
        """Put down what `Instrument.following` found; it is fresh up to `until`."""
        instrument.quotes[quote.source] = instrument.chosen = quote
        instrument.reading, instrument.changes_at = reading, until + 1
        self._timers.arm(quote.instrument, until + 1)
        self._changed_quotes[quote.instrument, quote.source] = quote

    def reading(self, name: str) -> Reading:
        """Return what an instrument is worth; MISSING for one never heard of."""
        known = self._known.get(name)
        return UNHEARD if known is None else known.reading

    def quotes(self, name: str) -> tuple[Quote, ...]:
        """Return the last quote of each source of an instrument, by the name of the source."""
        quotes = self._known[name].quotes if name in self._known else {}
        return tuple(quotes[source] for source in sorted(quotes))

    def origin(self, name: str) -> tuple[Quote, ...]:
        """Return the quotes behind a reading: the one it is, all venues', or what it is made of."""
        chosen = self._known[name].chosen if name in self._known else None
        own = self.quotes(name) if chosen is None else (chosen,)
        parts = sorted(FAMILY) if name in VOLUMES else self._listings.parts_of(name)
        return own or tuple(quote for part in parts for quote in self.quotes(part))

    def names(self) -> tuple[str, ...]:
        """Return the instruments that have been quoted."""
        return tuple(self._known)

    @property
    def next_timer(self) -> int | None:
        """Return the earliest moment at which some reading may change by itself, ms UTC."""
        return self._timers.next(lambda name: self._known[name].changes_at)

    def split(self, ticker: str, now: int) -> tuple[str, ...]:
        """Carry a share and its listings into new shares; return whose readings changed."""
        own = (it.symbol for it in self._known.values() if it.symbol.ticker == ticker)
        shares = [symbol.name for symbol in own if symbol.kind.in_sessions]
        names = [*shares, *self._listings.shares_of(shares)]
        return tuple(each for each in names if self._refresh(self.instrument(each), now))

    def run_timer(self) -> tuple[str, ...]:
        """Run the earliest timer at its own moment; return the instruments whose readings changed."""
        due, name = self._timers.pop()
        more = VOLUMES if name == BTC_USD else self._listings.shares_of([name])
        return tuple(each for each in (name, *more) if self._refresh(self.instrument(each), due))

    def _refresh(self, instrument: Instrument, now: int) -> bool:
        """Work out an instrument's reading at `now`; tell whether it changed."""
        before = instrument.reading
        self.revision += 1
        if instrument.symbol.name == BTC_USD:
            reading, instrument.changes_at = self._agreement.agree(self._family(), now)
            self.flaws.agree(before.quality, reading.quality, now)
            instrument.reading = reading
        elif instrument.symbol.name in VOLUMES:
            instrument.reading = self._agreement.volume(instrument.symbol.name)
        else:
            self._choose(instrument, now)
        self._timers.arm(instrument.symbol.name, instrument.changes_at)
        return instrument.reading != before

    def _family(self) -> Iterator[Quote]:
        """Yield what the reference price is made of."""
        return (q for name in sorted(FAMILY) if name in self._known for q in self.quotes(name))

    def _choose(self, instrument: Instrument, now: int) -> None:
        """Take the newest fresh quote; without one, the newest, marked stale."""
        best, best_until = best_quote(
            instrument.quotes.values(),
            self._known[HEIGHT].quotes if HEIGHT in self._known else {},
            partial(self.fresh_until, instrument),
            now,
        )
        fresh = best_until >= now
        if best is None or not fresh:
            converted = self._listings.converted(instrument.symbol.name, self.reading)
            if converted is not None and (best is None or converted.quality.usable):
                instrument.reading, instrument.changes_at = converted, None
                return
        if best is None:
            return
        if fresh and best.instrument == GPU_H100:
            found = rental_reading(instrument.quotes, partial(self.fresh_until, instrument), now)
            instrument.reading, instrument.changes_at = found
            instrument.chosen = None  # all of them speak
            return
        instrument.chosen, instrument.changes_at = best, best_until + 1 if fresh else None
        symbol = instrument.symbol
        standing = self.revisions.standing_of(best) if fresh else (Quality.STALE, "stale")
        if fresh and self.splits.disputes(symbol.name, best.observed_at):
            standing = (Quality.DISPUTED, SUSPECTED)
        value = float(best.value) * self.splits.factor(symbol, best.observed_at, now)
        late = best.delay_ms if symbol.moves else 0
        standing = standing_in(best.session, standing)
        instrument.reading = Reading(value, *standing, best.observed_at, late, best.session)

    def fresh_until(self, instrument: Instrument, quote: Quote) -> int:
        """Return the last moment at which a quote of an instrument is fresh, ms UTC."""
        symbol = instrument.symbol
        budget = symbol.fresh_ms if quote.fresh_ms is None else quote.fresh_ms
        budget += quote.delay_ms
        if symbol.kind.in_sessions:
            with contextlib.suppress(ValueError):  # outside its years no session is known
                return self._calendar.fresh_until(quote.observed_at, budget)
        return quote.observed_at + budget

    def overdue(self, now: int) -> list[Quote]:
        """Return the last quotes of the sources that should have said something since."""
        return [
            quote
            for name, known in sorted(self._known.items())
            for quote in self.quotes(name)
            if self.fresh_until(known, quote) < now
        ]

    def take_quotes(self) -> list[Quote]:
        """Return the quotes taken since the last call, the newest of each source."""
        taken, self._changed_quotes = self._changed_quotes, {}
        return list(taken.values())

    def take_reference(self) -> Reference | None:
        """Return the reference price and its memory if it was worked out since the last call."""
        return self._agreement.take(self.reading(BTC_USD))

    def restore(self, quotes: Iterable[Quote], reference: Reference | None, now: int) -> None:
        """Take back what was saved, as it stood at `now`."""
        for quote in quotes:
            self.instrument(quote.instrument).quotes[quote.source] = quote
        self._known = dict(sorted(self._known.items()))  # whichever were made beforehand
        shares = (self.instrument(share) for share in self._listings.shares_of(self._known))
        for instrument in (*self._known.values(), *shares):
            if instrument.symbol.name != BTC_USD:
                self._choose(instrument, now)
                self._timers.arm(instrument.symbol.name, instrument.changes_at)
        if reference is None:
            return
        price = self.instrument(BTC_USD)
        price.reading = reference.reading
        price.changes_at = self._agreement.restore(reference, self._family(), now)
        self._timers.arm(BTC_USD, price.changes_at)
        for name in VOLUMES:
            self._refresh(self.instrument(name), now)
