"""What every quote of one source passes before it is stored, however it came. Hops 3 and 4.

The poller and the stream of one source share one gate, so that a value that was asked for and one
that was sent are held to the same order and the same plausibility.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog
from msgspec import structs

from monitor.core.clock import Clock, Millis
from monitor.domain.events import Quote
from monitor.domain.notices import MAX_ID, Notice, notice_fault
from monitor.domain.plausibility import Refusal, judge
from monitor.feeds.instruments import FeedInstruments
from monitor.feeds.periods import Periods
from monitor.feeds.reasons import Reason

log = structlog.get_logger(__name__)

Deliver = Callable[[Sequence[Quote]], Awaitable[None]]
NONE_WAITING: Mapping[str, Quote] = {}
# The log tells each refusal once; ids of notices are without end, so the oldest are forgotten.
MAX_REMEMBERED = 1_000


@dataclass(slots=True, kw_only=True)
class Gate:
    """The one way of a source's quotes to the store, and the memory of what went through.

    Attributes:
        name: the source.
        budget_ms: how long a quote without a budget of its own counts as fresh.
        delay_ms: how late the source tells by contract.
        deliver: stores quotes that came together; raises StoreUnavailable when it cannot.
        clock: now.
        instruments: what is counted.
        last: the last stored quote per instrument.
        stored_at: when quotes were last stored; None: never in this process.
        observed_at: the newest source time among them.
        refused: how many were refused, by reason, since somebody last looked.

    """

    name: str
    budget_ms: Millis
    deliver: Deliver
    clock: Clock
    instruments: FeedInstruments
    last: dict[str, Quote] = field(default_factory=dict)
    stored_at: Millis | None = None
    delay_ms: Millis = 0
    observed_at: Millis | None = None
    refused: Counter[str] = field(init=False, default_factory=Counter)
    _refused: dict[tuple[str, str], None] = field(init=False, default_factory=dict)
    _periods: Periods = field(init=False, default_factory=Periods)
    _one_by_one: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)

    def accept(
        self,
        quotes: Sequence[Quote],
        asked_for: frozenset[str],
        waiting: Mapping[str, Quote] = NONE_WAITING,
    ) -> list[Quote]:
        """Return the quotes that may be believed, stamped; the others are counted by reason.

        `asked_for` are the instruments that may come; `waiting` holds the newest quotes that were
        accepted before and are not yet stored.
        """
        accepted = []
        for quote in quotes:
            now = self.clock.now()
            refusal = self._judge(quote, asked_for, waiting, now)
            if refusal is None:
                accepted.append(self._stamp(quote, now))
                self._forget(quote.instrument)
            else:
                self._refuse(quote, refusal)
        return accepted

    def accept_notices(self, notices: Sequence[Notice], asked_for: frozenset[str]) -> list[Notice]:
        """Return the notices that can be kept; the others are counted and left out."""
        kept = []
        for notice in notices:
            stranger = notice.subject and notice.subject not in asked_for
            wrong = stranger or notice.source != self.name
            fault = Reason.WRONG_SYMBOL if wrong else notice_fault(notice, self.clock.now())
            if not fault:
                kept.append(notice)
                continue
            self.instruments.rejected(self.name, fault)
            if self._is_news(notice.id[:MAX_ID], fault):
                log.warning("feed.notice_refused", feed=self.name, id=notice.id[:40], reason=fault)
        return kept

    async def hand_over(self, quotes: Sequence[Quote]) -> None:
        """Store quotes that came together, at most one per instrument and period, the newest last.

        One that was overtaken on the other road while it waited is left out: what is stored of a
        source never goes back in time. So is a figure of an earlier day that was told before.

        Raises:
            StoreUnavailable: nothing was stored; what was not stored was not seen.

        """
        async with self._one_by_one:
            now = self.clock.now()
            fresh = [quote for quote in quotes if not self._overtaken(quote, now)]
            news = self._periods.news(fresh)
            if not news:
                return
            await self.deliver(news)
            self._remember(news, self.clock.now())

    def _judge(
        self,
        quote: Quote,
        asked_for: frozenset[str],
        waiting: Mapping[str, Quote],
        now: Millis,
    ) -> str | None:
        owner = quote.instrument.partition(".")[0]  # a share's own figure comes along with it
        if not {quote.instrument, owner} & asked_for or quote.source != self.name:
            return Reason.WRONG_SYMBOL
        last = waiting.get(quote.instrument) or self.last.get(quote.instrument)
        return judge(quote, last, now)

    def _overtaken(self, quote: Quote, now: Millis) -> bool:
        return judge(quote, self.last.get(quote.instrument), now) is Refusal.OLDER_THAN_LAST

    def _remember(self, quotes: Sequence[Quote], now: Millis) -> None:
        self._periods.remember(quotes)
        for quote in quotes:
            self.last[quote.instrument] = quote
            self.instruments.observed(self.name, quote.instrument, quote.observed_at)
        newest = max(quote.observed_at for quote in quotes)
        self.observed_at = newest if self.observed_at is None else max(self.observed_at, newest)
        self.stored_at = now
        self.instruments.succeeded(self.name, now)

    def _stamp(self, quote: Quote, now: Millis) -> Quote:
        received = now if quote.received_at is None else quote.received_at
        fresh = self.budget_ms if quote.fresh_ms is None else quote.fresh_ms
        delay = max(quote.delay_ms, self.delay_ms)
        return structs.replace(quote, received_at=received, fresh_ms=fresh, delay_ms=delay)

    def _refuse(self, quote: Quote, refusal: str) -> None:
        self.instruments.rejected(self.name, refusal)
        self.refused[refusal] += 1
        if self._is_news(quote.instrument, refusal):
            log.warning(
                "feed.quote_refused",
                feed=self.name,
                instrument=quote.instrument,
                reason=refusal,
                value=str(quote.value),
                observed_at=quote.observed_at,
            )

    def _is_news(self, subject: str, reason: str) -> bool:
        """Tell whether this refusal was not told before, and remember it."""
        if (subject, reason) in self._refused:
            return False
        self._refused[subject, reason] = None
        if len(self._refused) > MAX_REMEMBERED:
            del self._refused[next(iter(self._refused))]
        return True

    def _forget(self, subject: str) -> None:
        """Tell the next refusal of it again."""
        for key in [key for key in self._refused if key[0] == subject]:
            del self._refused[key]
