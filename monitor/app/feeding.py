"""The feeds role: one poller per provider on one schedule, while the lease is held."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable, Collection, Container, Mapping, Sequence
from dataclasses import asdict, dataclass, field

import structlog

from monitor.app.streaming import Streams, streams_beside
from monitor.core.clock import DAY, Clock, Millis
from monitor.core.errors import ConfigError, StoreUnavailable
from monitor.domain.consensus import Memory
from monitor.domain.events import Quote
from monitor.domain.freshness import Freshness, State, is_fresh, state_of
from monitor.domain.labels import labelled
from monitor.domain.notices import Notice
from monitor.domain.sessions import SessionCalendar
from monitor.domain.venue_health import venue_health
from monitor.feeds.accounts import Accounts
from monitor.feeds.base import Feed
from monitor.feeds.credentials import read_keys
from monitor.feeds.deadman import Deadman, Watched
from monitor.feeds.http import HttpClient
from monitor.feeds.instruments import FeedInstruments
from monitor.feeds.lanes import feed_rng
from monitor.feeds.poller import Poller
from monitor.feeds.schedule import Schedule
from monitor.feeds.streams import Stream
from monitor.feeds.websocket import WebSocketClient
from monitor.store.feeds import FeedStore
from monitor.store.flaws import FlawStore, refused_field
from monitor.store.leases import Lease
from monitor.store.ticks import NoticeWriter, TickWriter
from monitor.telemetry.instruments import Instruments

STOP_GRACE_S = 3.0
HEALTH_EVERY_S = 1.0
DEFAULT_FRESH_MS = 60_000

log = structlog.get_logger()


def usable_feeds(feeds: Sequence[Feed], environ: Mapping[str, str]) -> tuple[Feed, ...]:
    """Return the feeds that are switched on and have their key; say why others are left out."""
    found = []
    for feed in feeds:
        spec = feed.spec
        if not spec.enabled:
            continue
        try:
            read_keys(spec.credentials, environ)
        except ConfigError as error:
            log.info("feed.left_out", feed=spec.name, why=error.message)
            continue
        found.append(feed)
    return tuple(found)


@dataclass(slots=True)
class Remembered:
    """What the next look at the venues must know of the last one, and what was logged already."""

    venues: Memory = field(default_factory=Memory)
    contradicted: dict[str, int] = field(default_factory=dict)
    deadman: Deadman | None = None


def note_contradicted(quotes: Sequence[Quote], logged: dict[str, int]) -> None:
    """Log once a day for each source that its word of a session is not the calendar's.

    `logged` remembers by source the day that was logged last.
    """
    for quote in quotes:
        day = quote.observed_at // DAY
        if quote.session_said is not None and logged.get(quote.source) != day:
            logged[quote.source] = day
            log.warning(
                "feed.session_contradicted",
                feed=quote.source,
                instrument=quote.instrument,
                said=quote.session_said.value,
                calendar=quote.session and quote.session.value,
            )


def fresh_now(
    quote: Quote, now: Millis, *, calendar: SessionCalendar, stocks: Container[str]
) -> bool:
    """Tell whether a quote is fresh; one of a share grows old only while its market is open."""
    elapsed = None
    if quote.instrument.partition(".")[0] in stocks:
        with contextlib.suppress(ValueError):  # outside its years no session is known
            elapsed = calendar.session_elapsed(quote.observed_at, now)
    return is_fresh(quote, now, DEFAULT_FRESH_MS, elapsed_ms=elapsed)


@dataclass(frozen=True, slots=True)
class FeedRole:
    """What the feeds role works with.

    `feeds` and `streams` tell the usable ones of the present books; `reloaded` is set when they
    changed. A `seed` makes the waits after failures repeatable.
    """

    feeds: Callable[[], Sequence[Feed]]
    streams: Callable[[], Sequence[Stream]]
    reloaded: asyncio.Event
    writer: TickWriter
    notices: NoticeWriter
    store: FeedStore
    flaws: FlawStore
    calendar: SessionCalendar
    stocks: Callable[[], Container[str]]
    clock: Clock
    instruments: Instruments
    environ: Mapping[str, str]
    seed: int | None = None
    accounts: Accounts = field(default_factory=Accounts)
    memory: Remembered = field(default_factory=Remembered)

    async def work(self, lease: Lease) -> None:
        """Poll until cancelled."""
        del lease  # ticks are de-duplicated by source and time, so they need no fence
        earlier: Sequence[Poller] = ()
        self.memory.deadman = None  # who had the lease before may have reported since
        while True:
            self.reloaded.clear()
            earlier = await self._poll(self.feeds(), {it.spec.name: it for it in earlier})

    async def _poll(self, feeds: Sequence[Feed], earlier: Mapping[str, Poller]) -> Sequence[Poller]:
        """Poll `feeds` until the books are read anew; return the pollers, for the next ones."""
        counts = self.instruments.feeds
        if self.memory.deadman is not None:
            self.memory.deadman.read_anew()
        schedule = Schedule(
            on_error=lambda name, error: self._crashed(counts, name, error),
            on_skipped=counts.skipped,
        )
        async with (
            HttpClient(self.clock, self.environ, accounts=self.accounts) as client,
            WebSocketClient(self.clock, self.environ) as sockets,
        ):
            pollers = [self._poller(feed, client, counts) for feed in feeds]
            for poller in pollers:
                if poller.spec.name in earlier:
                    poller.resume(earlier[poller.spec.name])
                counts.declared(poller.spec.name, fresh_s=poller.spec.fresh_s)
                schedule.add(
                    poller.spec.name,
                    poller.poll,
                    every_s=poller.spec.interval_s,
                    rng=random.Random(),  # noqa: S311  # jitter, not a secret
                )
            streams = streams_beside(pollers, self.streams(), sockets, self.instruments, self.clock)
            streaming = asyncio.create_task(streams.run())
            schedule.start()
            try:
                while not self.reloaded.is_set():
                    await self._report(pollers, streams)
                    await asyncio.sleep(HEALTH_EVERY_S)
            finally:
                streaming.cancel()
                await asyncio.wait({streaming})
                await schedule.stop(STOP_GRACE_S)
        return pollers

    def _poller(self, feed: Feed, client: HttpClient, counts: FeedInstruments) -> Poller:
        return Poller(
            feed=feed,
            http=client.bind(feed.spec),
            deliver=self._deliver,
            announce=self._announce,
            clock=self.clock,
            instruments=counts,
            rng=feed_rng(self.seed, feed.spec),
        )

    async def _deliver(self, quotes: Sequence[Quote]) -> None:
        """Hand the accepted quotes of one poll to the store."""
        now, stocks = self.clock.now(), self.stocks()
        marked = labelled(quotes, stocks, self.calendar.session_at)
        note_contradicted(marked, self.memory.contradicted)
        stated = [
            (quote, fresh_now(quote, now, calendar=self.calendar, stocks=stocks))
            for quote in marked
        ]
        await self.writer.deliver(stated, now)

    async def _announce(self, notices: Sequence[Notice]) -> int:
        """Hand what happened to the store; return how much of it was news."""
        return await self.notices.deliver(notices, self.clock.now())

    @staticmethod
    def _crashed(counts: FeedInstruments, name: str, error: BaseException) -> None:
        counts.crashed(name)
        log.error("feed.run_crashed", feed=name, exc_info=error)

    async def _report(self, pollers: Sequence[Poller], streams: Streams) -> None:
        """Show each feed's health where `feeds status`, the relay and Prometheus find it."""
        now = self.clock.now()
        records = {}
        disputed = self._disputed(pollers, now)
        sent = streams.report()
        for poller in pollers:
            feed, health = poller.spec.name, poller.current_health()
            state = self._state(poller, feed in disputed, now)
            used_ratio = self.accounts.of(poller.spec).used_ratio(now)
            self.instruments.feeds.aged(feed, state.value)
            self.instruments.feeds.broken(feed, health.breaker.value)
            self.instruments.feeds.budgeted(feed, used_ratio)
            records[feed] = asdict(health) | {
                "state": state,
                "budget_used_ratio": used_ratio,
                "divergence_ratio": poller.check.ratio,
                "stream": sent.get(feed),
            }
        try:
            told = await self._report_silent(pollers, now)
            for feed, record in records.items():
                record["silent"] = feed in told
            await self.store.write(records)
            for poller in pollers:
                await self._count_refused(poller, now)
            await self.flaws.add(streams.flaws())
            streams.stored()
        except StoreUnavailable as error:
            log.debug("feed.health_not_written", why=str(error))

    async def _report_silent(self, pollers: Sequence[Poller], now: Millis) -> Collection[str]:
        """Report the feeds that should have spoken by now; return those whose silence is told.

        What was told before stands with the health in the store: another process may have died
        with it.
        """
        deadman = self.memory.deadman
        if deadman is None:
            before = await self.store.read()
            deadman = Deadman(feed for feed, record in before.items() if record.get("silent"))
            self.memory.deadman = deadman
        watched = {
            it.spec.name: Watched(it.current_health(), self._age(it, now), it.spec.instruments)
            for it in pollers
        }
        reports = deadman.reports(watched)
        if reports:
            await self.store.report(reports, now)
            deadman.sent(reports)
        return deadman.told

    async def _count_refused(self, poller: Poller, now: Millis) -> None:
        """Keep for `feeds quality` what a feed refused since the last report."""
        gate = poller.gate
        counted = dict(gate.refused)
        fields = {refused_field(now, poller.spec.name, why): n for why, n in counted.items()}
        await self.flaws.count(fields)
        gate.refused.subtract(counted)
        gate.refused = +gate.refused

    def _disputed(self, pollers: Sequence[Poller], now: Millis) -> frozenset[str]:
        """Return the feeds whose bitcoin the other venues contradict."""
        quotes = (quote for poller in pollers for quote in poller.last.values())
        venues, _, self.memory.venues = venue_health(quotes, (), (), self.memory.venues, now)
        return frozenset(item.venue for item in venues if item.state is State.DISPUTED)

    def _state(self, poller: Poller, disputed: bool, now: Millis) -> State:
        """Return what is said of a feed in one word."""
        return state_of(
            self._age(poller, now),
            delayed=poller.health.delay_ms > 0,
            degraded=poller.check.degraded,
            disputed=disputed,
            refused=poller.refused(),
        )

    def _age(self, poller: Poller, now: Millis) -> Freshness:
        """Return how old a feed's newest data is; a share grows old only while it trades."""
        health = poller.current_health()
        if not poller.spec.shares or health.observed_at is None:
            return health.state(now)
        return health.state(now, elapsed_ms=self.calendar.session_elapsed(health.observed_at, now))
