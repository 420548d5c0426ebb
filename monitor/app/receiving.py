"""The senders of signals of their own: each has a gate as a feed has one, and the same two ways to the store."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from monitor.app.feeding import fresh_now, note_contradicted
from monitor.core.clock import DAY, Clock, Millis
from monitor.core.errors import StoreUnavailable
from monitor.core.signature import WINDOW_S
from monitor.domain.events import Quote
from monitor.domain.labels import labelled
from monitor.domain.sessions import SessionCalendar
from monitor.feeds.gate import Gate
from monitor.feeds.rate import TokenBucket
from monitor.store.externals import SEEN_MS, ExternalStore
from monitor.store.flaws import FlawStore, refused_field
from monitor.store.ticks import NoticeWriter, TickWriter
from monitor.telemetry.instruments import Instruments
from monitor.web.admission import Taken
from monitor.web.inbound import Inbound

PER_MINUTE = 120.0
"""Requests of one sender in a minute; a quarter of them at once."""
MAX_SENDERS = 32
MAX_INSTRUMENTS = 1_000
"""Different ones of one sender, while the process lives."""
NOTICES_FRESH_MS = DAY

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Sender:
    """One name: what it may send, what it sent last."""

    gate: Gate
    known: set[str] = field(default_factory=set)
    told_at: Millis | None = None
    budget_ms: Millis = NOTICES_FRESH_MS

    def room_for(self, instrument: str) -> bool:
        """Tell whether an instrument is known already or there is room for it."""
        if instrument not in self.known and len(self.known) >= MAX_INSTRUMENTS:
            return False
        self.known.add(instrument)
        return True


@dataclass(slots=True, kw_only=True)
class Receiving:
    """Takes what was posted and signed. It is the `Receiver` of `monitor.web.admission`.

    Attributes:
        writer: takes quotes.
        notices: takes notices.
        store: remembers senders and signatures.
        flaws: counts what was refused.
        calendar: tells how long a share's market was open.
        stocks: the tickers of the present books.
        clock: now.
        instruments: what is counted.

    """

    writer: TickWriter
    notices: NoticeWriter
    store: ExternalStore
    flaws: FlawStore
    calendar: SessionCalendar
    stocks: Callable[[], Container[str]]
    clock: Clock
    instruments: Instruments
    _senders: dict[str, _Sender] = field(init=False, default_factory=dict)
    _contradicted: dict[str, int] = field(init=False, default_factory=dict)
    _rates: dict[str, TokenBucket] = field(init=False, default_factory=dict)

    def admit(self, source: str) -> float:
        """Return the seconds until `source` may post again; 0: now.

        There is room for so many senders; one name more waits for a restart.
        """
        if source not in self._rates:
            if len(self._rates) >= MAX_SENDERS:
                return float(WINDOW_S)
            self._rates[source] = TokenBucket(PER_MINUTE)
        return self._rates[source].admit(self.clock.now())

    async def first(self, signature: str) -> bool:
        """Tell whether a signature was not seen before, and remember it.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        return await self.store.first(signature, self.clock.now(), SEEN_MS)

    async def forget(self, signature: str) -> None:
        """Let a request be sent again; who cannot be told so now signs anew."""
        with contextlib.suppress(StoreUnavailable):
            await self.store.forget(signature)

    async def take(self, source: str, told: Inbound) -> Taken:
        """Judge the quotes, store them and what happened.

        Raises:
            StoreUnavailable: Redis did not answer; it may be sent again, nothing counts twice.

        """
        sender = self._sender(source)
        gate = sender.gate
        gate.refused.clear()
        quotes = []
        for quote in told.quotes:
            if sender.room_for(quote.instrument):
                quotes.append(quote)
            else:
                gate.refused["too_many"] += 1
                self.instruments.externals.rejected(source, "too_many")
        accepted = gate.accept(quotes, frozenset(sender.known))
        refused = dict(gate.refused)
        now = self.clock.now()
        if accepted:
            await gate.hand_over(accepted)
            sender.budget_ms = max(quote.fresh_ms or 0 for quote in accepted)
        news = await self.notices.deliver(told.notices, now)
        if told.notices:
            newest = max(notice.observed_at for notice in told.notices)
            sender.told_at = max(newest, sender.told_at or newest)
        await self.flaws.count({refused_field(now, source, why): n for why, n in refused.items()})
        if accepted or told.notices:
            await self.store.write(source, self._record(sender, now))
        if news:
            log.info("ingest.notices", source=source, news=news)
        return Taken(quotes=len(accepted), notices=news, refused=refused)

    def ended(self, outcome: str) -> None:
        """Count one request by its outcome."""
        self.instruments.posted(outcome)

    def _sender(self, source: str) -> _Sender:
        if source not in self._senders:
            self._senders[source] = _Sender(
                Gate(
                    name=source,
                    budget_ms=NOTICES_FRESH_MS,  # each quote comes with its own
                    deliver=self._deliver,
                    clock=self.clock,
                    instruments=self.instruments.externals,
                )
            )
        return self._senders[source]

    async def _deliver(self, quotes: Sequence[Quote]) -> None:
        now, stocks = self.clock.now(), self.stocks()
        marked = labelled(quotes, stocks, self.calendar.session_at)
        note_contradicted(marked, self._contradicted)
        stated = [
            (quote, fresh_now(quote, now, calendar=self.calendar, stocks=stocks))
            for quote in marked
        ]
        await self.writer.deliver(stated, now)

    @staticmethod
    def _record(sender: _Sender, now: Millis) -> Mapping[str, object]:
        moments = [at for at in (sender.gate.observed_at, sender.told_at) if at is not None]
        return {
            "observed_at": max(moments),
            "last_success": now,
            "budget_ms": sender.budget_ms,
        }
