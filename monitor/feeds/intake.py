"""What a stream's messages say, taken one by one: parsed, counted, accepted, conflated. Hops 2 to 4.

Everything between a message and the store, without the connection it came over. Nothing here waits
but for the store.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

import structlog
from msgspec import structs

from monitor.core.clock import SECOND, Clock, Millis
from monitor.core.errors import FeedError, StoreUnavailable
from monitor.domain.events import Quote
from monitor.domain.flaws import Flaw, FlawEvent
from monitor.domain.sessions import SessionState
from monitor.feeds.conflation import Waiting
from monitor.feeds.gate import Gate
from monitor.feeds.instruments import StreamInstruments
from monitor.feeds.link import Link
from monitor.feeds.reasons import Reason
from monitor.feeds.sequence import Place, Trail
from monitor.feeds.streams import (
    Added,
    Beside,
    Frame,
    Halted,
    Heartbeat,
    Quotes,
    Refused,
    Reply,
    Stream,
    Subscribed,
)
from monitor.feeds.tally import Tally

TELL_EVERY_MS: Millis = 10 * SECOND
"""How often a sum is told while nothing adds to it: what is past drops out of it meanwhile."""
KEEP_FLAWS = 1_000
"""How many wait for a store that is away."""

log = structlog.get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class Intake:
    """The messages of one stream and what is known from them.

    Attributes:
        stream: the provider.
        gate: what its quotes pass, shared with the poller of the same source.
        clock: now.
        instruments: what is counted.
        link: how it is connected, replaced whole at each step.
        trails: the numbers of each channel and instrument.
        duplicates: numbers that came twice so far.
        out_of_order: numbers that came late so far.
        error: the reason of the last failure not yet mended; empty when all is well.
        message: that failure in words.
        some_wait: set while quotes wait to be stored.
        flaws: outages and lost messages that are not yet stored, in order.

    """

    stream: Stream
    gate: Gate
    clock: Clock
    instruments: StreamInstruments
    link: Link = field(init=False)
    trails: dict[tuple[str, str], Trail] = field(init=False, default_factory=dict)
    duplicates: int = field(init=False, default=0)
    out_of_order: int = field(init=False, default=0)
    error: str = field(init=False, default="")
    message: str = field(init=False, default="")
    some_wait: asyncio.Event = field(init=False, default_factory=asyncio.Event)
    flaws: deque[FlawEvent] = field(init=False, default_factory=lambda: deque(maxlen=KEEP_FLAWS))
    _said: set[str] = field(init=False, default_factory=set)
    _books: dict[str, Beside] = field(init=False, default_factory=dict)
    _waiting: Waiting = field(init=False, default_factory=Waiting)
    _tally: Tally | None = field(init=False, default=None)
    _told_at: Millis = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.link = Link(self.stream.spec, down_since=self.clock.now())
        if self.stream.sums is not None:
            self._tally = Tally(round(self.stream.sums.window_s * SECOND))

    @property
    def name(self) -> str:
        """Return the source's name."""
        return self.stream.spec.name

    def opened(self) -> None:
        """Note that a connection stands: what belongs to the one before is forgotten."""
        self.link = self.link.opened(self.clock.now())
        self._books.clear()
        for key, trail in self.trails.items():
            self._follow(key, trail.connected())
        if self.link.reconnects:
            self.instruments.reconnected(self.name)

    def take(self, message: str) -> tuple[str, ...]:
        """Take one message: parse it, and act on each frame; return what is to be answered.

        Raises:
            FeedError: the provider refuses the whole subscription, or wants us to come again.

        """
        now = self.clock.now()
        try:
            frames = self.stream.parse(message, now, self.stream.spec)
        except FeedError as error:
            self.refuse(error, error.reason)
            return ()
        except Exception as error:  # noqa: BLE001 - an adapter's bug costs one message, not the stream
            self.refuse(error, Reason.BUG)
            return ()
        self.alive()
        for frame in frames:
            self._act(frame, now)
        if any(isinstance(frame, Added) for frame in frames):
            self._tell(now)
        replies = (frame.messages for frame in frames if isinstance(frame, Reply))
        return tuple(chain.from_iterable(replies))

    def alive(self) -> None:
        """Note a sign of life."""
        self.link = self.link.heard(self.clock.now())

    def settle(self) -> None:
        """Give up numbers that are missing for too long, and tell sums anew: both go with time."""
        now = self.clock.now()
        for key, trail in self.trails.items():
            self._follow(key, trail.settled(now))
        if now - self._told_at >= TELL_EVERY_MS:
            self._tell(now)

    def refuse(self, error: Exception, reason: str) -> None:
        """Note a message that could not be used; the connection stands."""
        self.failed(error, reason)
        if reason not in self._said:
            self._said.add(reason)
            log.warning(
                "stream.message_refused",
                feed=self.name,
                reason=reason,
                error=self.message,
                exc_info=error if reason == Reason.BUG else None,
            )

    def failed(self, error: Exception, reason: str) -> None:
        """Note a failure for people to see."""
        self.error, self.message = reason, str(error) or type(error).__name__
        self.instruments.failed(self.name, reason)

    async def flush(self) -> bool:
        """Store all that waits; tell whether the store took it. What it did not take waits on."""
        self.some_wait.clear()
        rounds = self._waiting.take()
        for place, quotes in enumerate(rounds):
            try:
                await self.gate.hand_over(quotes)
            except StoreUnavailable as error:
                self._waiting.put_back(rounds[place:])
                self.some_wait.set()
                self.refuse(error, Reason.STORE_UNAVAILABLE)
                return False
        if self.error and not self.link.refused:
            self.error = self.message = ""
        return True

    def _act(self, frame: Frame, now: Millis) -> None:
        match frame:
            case Quotes():
                self._take_quotes(frame, now)
            case Beside():
                self._books[frame.instrument] = frame
            case Subscribed(instruments):
                self._subscribed(instruments, now)
            case Added():
                self._add(frame, now)
            case Refused(error, instruments):
                left = frozenset(self.stream.spec.instruments) - instruments - self.link.refused
                if not instruments or not left:
                    raise error
                self._relink(self.link.without(instruments, now), now)
                self.refuse(error, error.reason)
            case Halted():
                self._halt(frame)
            case Heartbeat() | Reply():
                return

    def _subscribed(self, instruments: frozenset[str], now: Millis) -> None:
        was_up = self.link.up_since is not None
        self._relink(self.link.subscribed(instruments, now), now)
        if was_up or self.link.up_since is None:
            return
        log.info("stream.up", feed=self.name, connections=self.link.connections)
        if self._tally is not None:
            self._tally.begin(now)
            self._told_at = now
        self._said.clear()
        if not self.link.refused:
            self.error = self.message = ""

    def _relink(self, after: Link, now: Millis) -> None:
        """Take the link's next state; where it is up again, the time before was an outage.

        The start of the process is none, unless it took longer than a connection may take.
        """
        before, self.link = self.link, after
        start, spec = before.down_since, self.stream.spec
        if start is None or after.up_since is None:
            return
        patience_ms = 0 if before.reconnects else (spec.open_s + spec.confirm_s) * SECOND
        if now - start > patience_ms:
            self.flaws.append(FlawEvent(Flaw.DISCONNECTED, "", self.name, start, now))

    def _take_quotes(self, frame: Quotes, now: Millis) -> None:
        self._subscribed(frozenset(quote.instrument for quote in frame.quotes), now)
        if frame.number is not None and frame.channel in self.stream.spec.numbering:
            self._count(frame.channel, frame.quotes[0].instrument, frame.number, now)
        self.link = self.link.traded(max(quote.observed_at for quote in frame.quotes))
        self._accept([self._with_book(quote, now) for quote in frame.quotes])

    def _halt(self, frame: Halted) -> None:
        """Tell the last price anew, as of a halt or of its end; without one there is none to mark."""
        last = self._waiting.newest.get(frame.instrument) or self.gate.last.get(frame.instrument)
        if last is not None and frame.halted is not (last.session is SessionState.HALTED):
            session = SessionState.HALTED if frame.halted else None
            self._accept([structs.replace(last, observed_at=frame.at, session=session)])

    def _add(self, frame: Added, now: Millis) -> None:
        if self._tally is not None:
            self._tally.add(frame.instrument, frame.value, frame.at, now)
            self.link = self.link.traded(frame.at)

    def _tell(self, now: Millis) -> None:
        """Tell the sums at `now`, if they are known and the link that they come over is up."""
        if self._tally is None or self.stream.sums is None or self.link.up_since is None:
            return
        if self.link.heard_at is not None:
            self._tally.heard(self.link.heard_at)
        self._told_at = now
        sums = self._tally.sums(self.stream.spec.instruments, now)
        if sums is not None:
            self._accept(self.stream.sums.tell(sums, now, self.stream.spec))

    def _accept(self, quotes: Sequence[Quote]) -> None:
        asked_for = frozenset(self.stream.spec.instruments)
        accepted = self.gate.accept(quotes, asked_for, self._waiting.newest)
        if accepted:
            self._waiting.add(accepted)
            self.some_wait.set()

    def _with_book(self, quote: Quote, now: Millis) -> Quote:
        """Return the quote with the book that came apart from it, unless that is old.

        A trade that tells no volume keeps the one this source told before: it trails 24 hours and
        is a weight only, and without it no venue could be weighed.
        """
        beside = self._books.get(quote.instrument)
        apart = quote.bid is None and quote.ask is None and beside is not None
        if apart and beside is not None and now - beside.at <= self.gate.budget_ms:
            bid, ask, volume = beside.book
            quote = structs.replace(quote, bid=bid, ask=ask, volume=volume)
        last = self.gate.last.get(quote.instrument)
        if quote.volume is None and last is not None:
            quote = structs.replace(quote, volume=last.volume)
        return quote

    def _count(self, channel: str, instrument: str, number: int, now: Millis) -> None:
        key = channel, instrument
        if key not in self.trails:
            self.trails[key] = Trail(self.stream.spec.numbering[channel])
        after, place = self.trails[key].take(number, now)
        self._follow(key, after)
        self.duplicates += place is Place.DUPLICATE
        self.out_of_order += place is Place.OUT_OF_ORDER
        if place in {Place.DUPLICATE, Place.OUT_OF_ORDER}:
            self.instruments.disordered(self.name, place)

    def _follow(self, key: tuple[str, str], after: Trail) -> None:
        before, self.trails[key] = self.trails[key], after
        gaps = after.lost_gaps - before.lost_gaps
        if gaps:
            missed = after.lost_messages - before.lost_messages
            self.instruments.lost(self.name, gaps=gaps, messages=missed)
            log.warning("stream.gap", feed=self.name, gaps=gaps, messages=missed)
            self.flaws.extend(
                FlawEvent(Flaw.MISSED, key[1], self.name, hole.at, hole.at, hole.missing)
                for hole in before.open[:gaps]  # the oldest are given up first
            )
