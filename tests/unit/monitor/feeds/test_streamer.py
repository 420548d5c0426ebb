"""One stream kept open: what is waited, what one bad instrument costs, what a store's outage costs."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import pytest

from monitor.core.clock import SECOND, ManualClock
from monitor.core.errors import FeedError, FeedRejected, FeedUnavailable, StoreUnavailable
from monitor.domain.events import BTC_USD, Quote
from monitor.domain.flaws import Flaw, FlawEvent
from monitor.domain.sessions import SessionState
from monitor.feeds.answers import Book
from monitor.feeds.gate import Gate
from monitor.feeds.intake import Intake
from monitor.feeds.link import LinkState
from monitor.feeds.reasons import Reason
from monitor.feeds.sockets import Socket
from monitor.feeds.streamer import RETRY, STEADY_MS, Streamer
from monitor.feeds.streams import (
    Beside,
    Frame,
    Halted,
    Heartbeat,
    Ping,
    Quotes,
    Refused,
    Reply,
    Stream,
    StreamSpec,
    Subscribed,
    sent,
)
from tests.streaming import StreamCounts, settled
from tests.unit.monitor.feeds.doubles import NOW, Counts, wait_until

ETH = "ETH-USD"
BOTH = frozenset({BTC_USD, ETH})
LOST = FeedUnavailable("venue: the stream ended: closed", reason=Reason.CONNECTION)
BARRED = FeedRejected("venue: no such pair", reason=Reason.NOT_FOUND)


@dataclass
class Line:
    """A `Socket` and its `Connector` that say what they are told, or end with an error."""

    words: asyncio.Queue[str | FeedError | None] = field(default_factory=asyncio.Queue)
    refusal: FeedError | None = None
    out: list[str] = field(default_factory=list)
    opened: int = 0

    async def open(self) -> Socket:
        """Open, or refuse."""
        self.opened += 1
        if self.refusal is not None:
            raise self.refusal
        return self

    async def receive(self) -> str | None:
        """Return the next word, or end."""
        word = await self.words.get()
        if isinstance(word, FeedError):
            raise word
        return word

    async def send(self, message: str) -> None:
        """Keep what is sent."""
        self.out.append(message)

    async def ping(self) -> None:
        """Keep that it was asked."""
        self.out.append("PING")

    async def close(self) -> None:
        """End."""


@dataclass
class Room:
    """A stream on a line, and what came of it."""

    line: Line
    streamer: Streamer
    clock: ManualClock
    counts: StreamCounts
    stored: list[Quote] = field(default_factory=list)
    outage: bool = False

    async def store(self, quotes: Sequence[Quote]) -> None:
        """Keep what is handed over, or be away."""
        if self.outage:
            raise StoreUnavailable("no Redis")
        self.stored.extend(quotes)

    async def say(self, *words: str | FeedError | None) -> None:
        """Let the venue say this, and what follows happen."""
        for word in words:
            self.line.words.put_nowait(word)
        await settled()

    async def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.advance(seconds)
        await settled()


def parse(message: str, received_at: int, spec: StreamSpec) -> Sequence[Frame]:
    """Read the test venue's words."""
    word, _, rest = message.partition(" ")
    match word:
        case "up":
            return (Subscribed(frozenset(rest.split(",")) if rest else BOTH),)
        case "beat" | "halt" | "resume":
            halt = Halted(BTC_USD, received_at, halted=word == "halt")
            return (Heartbeat() if word == "beat" else halt,)
        case "no":
            return (Refused(BARRED, frozenset({rest}) if rest else frozenset()),)
        case "book":
            return (
                Beside(BTC_USD, Book(Decimal("99.9"), Decimal("100.1"), Decimal(7)), received_at),
            )
        case "who":
            return (Heartbeat(), Reply(("login", "subscribe")), Reply((rest,)))
        case "bug":
            raise KeyError(rest)
        case _:
            price = Decimal(rest)
            return (Quotes((sent(spec, received_at, word, price, observed_at=received_at),)),)


@contextlib.asynccontextmanager
async def _running(room: Room) -> AsyncIterator[Room]:
    task = asyncio.create_task(room.streamer.run())
    try:
        yield room
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def room(ping: Ping | None = None) -> Room:
    """Return a stream of two pairs on a line, not yet running."""
    clock, line, counts = ManualClock(NOW), Line(), StreamCounts()
    spec = StreamSpec(
        name="venue",
        url="wss://venue.example",
        instruments={BTC_USD: "btcusd", ETH: "ethusd"},
        fresh_s=60,
        silent_s=15,
        licence="test",
        ping=ping,
    )
    stream = Stream(spec, lambda _: ("subscribe",), parse)
    made: list[Room] = []

    async def store(quotes: Sequence[Quote]) -> None:
        await made[0].store(quotes)

    gate = Gate(name="venue", budget_ms=60_000, deliver=store, clock=clock, instruments=Counts())
    intake = Intake(stream=stream, gate=gate, clock=clock, instruments=counts)
    streamer = Streamer(intake=intake, connector=line, clock=clock, rng=random.Random(7))
    made.append(Room(line, streamer, clock, counts))
    return made[0]


async def test_a_venue_that_throws_us_out_is_asked_ever_more_rarely() -> None:
    """Being let in is no success: the waits follow the backoff with the same seed, up to its cap."""
    dice, waits = random.Random(7), list[float]()
    async with _running(room()) as at:
        for failures in range(8):
            await wait_until(lambda: at.streamer.intake.link.opened_at is not None, "it is open")
            await at.say("up", LOST)
            await wait_until(lambda: at.streamer.retry_at is not None, "the end is seen")
            waits.append(((at.streamer.retry_at or 0) - at.clock.now()) / SECOND)
            expected = RETRY.delay_s(failures, dice, floor_s=1.0)
            assert waits[-1] == pytest.approx(expected, abs=0.001)
            await at.wait(waits[-1] + 0.001)
    assert max(waits) > 10
    assert max(waits) <= RETRY.cap_s
    assert at.counts.events["reconnected", "venue"] >= 7


async def test_a_connection_that_stood_begins_a_new_streak() -> None:
    """After a minute of being up the next loss waits a second, not where the last streak was."""
    async with _running(room()) as at:
        at.streamer.failures = 6
        await at.say("up")
        for _ in range(STEADY_MS // SECOND // 10 + 1):
            await at.wait(10)
            await at.say("beat")
        await at.say(LOST)
        await wait_until(lambda: at.streamer.retry_at is not None, "the end is seen")
        assert at.streamer.failures == 1


async def test_a_refusal_for_good_is_tried_rarely() -> None:
    """Asking again cannot mend a key or a region: a quarter of an hour."""
    made = room()
    made.line.refusal = FeedRejected("venue: 451", reason=Reason.GEO_BLOCKED)
    async with _running(made) as at:
        await wait_until(lambda: at.streamer.retry_at is not None, "it is refused")
        assert (at.streamer.retry_at or 0) - at.clock.now() == 900 * SECOND
        await at.wait(899)
        assert at.line.opened == 1
        await at.wait(2)
        assert at.line.opened == 2


async def test_an_outage_is_noted_from_the_last_sign_of_life() -> None:
    """A start is none; a connection that was lost is one, until the stream is up again."""
    async with _running(room()) as at:
        await at.say("up")
        assert not at.streamer.intake.flaws
        await at.wait(10)
        heard = at.clock.now()
        await at.say("beat")
        await at.wait(4)
        await at.say(LOST)
        await wait_until(lambda: at.streamer.retry_at is not None, "the end is seen")
        assert at.streamer.record()["down_since"] == heard
        await at.wait(60)
        await wait_until(lambda: at.streamer.intake.link.opened_at is not None, "it is open")
        await at.say("up")
        assert list(at.streamer.intake.flaws) == [
            FlawEvent(Flaw.DISCONNECTED, "", "venue", heard, at.clock.now())
        ]
        assert at.streamer.record()["down_since"] is None


async def test_a_start_that_takes_too_long_is_an_outage() -> None:
    """A venue that lets nobody in since the start was away all that time."""
    made = room()
    made.line.refusal = FeedRejected("venue: 451", reason=Reason.GEO_BLOCKED)
    async with _running(made) as at:
        await wait_until(lambda: at.streamer.retry_at is not None, "it is refused")
        assert at.streamer.record()["down_since"] == NOW
        at.line.refusal = None
        await at.wait(901)
        await wait_until(lambda: at.streamer.intake.link.opened_at is not None, "it is open")
        await at.say("up")
        (flaw,) = at.streamer.intake.flaws
        assert (flaw.start, flaw.end) == (NOW, NOW + 901 * SECOND)


async def test_one_refused_instrument_leaves_the_other() -> None:
    """The stream goes on with the rest; the refused one is asked for; all refused is the end."""
    async with _running(room()) as at:
        await at.say(f"up {BTC_USD}", f"no {ETH}", f"{BTC_USD} 100")
        assert at.streamer.brings() == {BTC_USD}
        assert at.streamer.record()["link"] == LinkState.UP
        assert at.streamer.record()["refused"] == [ETH]
        assert at.streamer.record()["error"] == Reason.NOT_FOUND
        assert [quote.value for quote in at.stored] == [100]
        await at.say(f"no {BTC_USD}")
        assert at.streamer.record()["link"] == LinkState.DOWN


async def test_an_outage_of_the_store_keeps_the_extremes() -> None:
    """What could not be stored waits, conflated, and comes in its order when the store is back."""
    async with _running(room()) as at:
        await at.say("up")
        at.outage = True
        for price in (100, 110, 90, 95, 101):
            await at.say(f"{BTC_USD} {price}")
            await at.wait(1)
        assert at.stored == []
        assert at.streamer.record()["error"] == Reason.STORE_UNAVAILABLE
        at.outage = False
        for _ in range(12):
            await at.wait(1)
            await at.say("beat")
        assert [int(quote.value) for quote in at.stored] == [110, 90, 101]
        assert at.streamer.record()["error"] == ""


async def test_a_book_that_comes_apart_goes_with_the_next_trade() -> None:
    """Bid, ask and volume are put to the trade; after its budget the book is too old, not the volume."""
    async with _running(room()) as at:
        await at.say("up", "book", f"{BTC_USD} 100")
        quote = at.stored[-1]
        book = Book(quote.bid, quote.ask, quote.volume)
        assert book == Book(Decimal("99.9"), Decimal("100.1"), Decimal(7))
        for _ in range(13):
            await at.wait(5)
            await at.say("beat")
        await at.say(f"{BTC_USD} 102")
        await at.wait(1)
        quote = at.stored[-1]
        assert Book(quote.bid, quote.ask, quote.volume) == Book(None, None, Decimal(7))


async def test_a_halt_is_told_with_the_last_price_until_it_is_over() -> None:
    """Its time is that of the halt; said twice, or before any price, it is no news."""
    async with _running(room()) as at:
        await at.say("up", "halt")
        assert at.stored == []
        await at.say(f"{BTC_USD} 100")
        seen = []
        for word in ("halt", "halt", "resume", "resume", f"{BTC_USD} 101"):
            await at.wait(1)
            await at.say(word)
        await at.wait(1)
        seen = [
            (quote.session, int(quote.value), (quote.observed_at - NOW) // SECOND)
            for quote in at.stored
        ]
        assert seen == [
            (None, 100, 0),
            (SessionState.HALTED, 100, 1),
            (None, 100, 3),
            (None, 101, 5),
        ]


async def test_a_bug_of_the_parser_costs_one_message() -> None:
    """It is counted as a bug; the connection stands."""
    async with _running(room()) as at:
        await at.say("up", "bug 1", f"{BTC_USD} 100")
        assert at.counts.events["failed", "venue", Reason.BUG] == 1
        assert [quote.value for quote in at.stored] == [100]
        assert at.line.opened == 1


async def test_nothing_but_bugs_is_silence() -> None:
    """Messages that nobody can read are no sign of life."""
    async with _running(room()) as at:
        await at.say("up")
        for _ in range(15):
            await at.wait(1)
            await at.say("bug")
        assert at.streamer.record()["link"] == LinkState.DOWN
        assert at.counts.events["failed", "venue", Reason.TIMEOUT] == 1


@pytest.mark.parametrize(("message", "seen"), [("", "PING"), ('{"op":"ping"}', '{"op":"ping"}')])
async def test_a_sign_of_life_is_asked_for(message: str, seen: str) -> None:
    """At its interval, as the provider wants it; a pong of the protocol keeps the link up."""
    async with _running(room(Ping(5, message))) as at:
        await at.say("up")
        for _ in range(20):
            await at.wait(1)
            await at.say(None)
        assert at.line.out.count(seen) in {3, 4}
        assert at.streamer.record()["link"] == LinkState.UP
        assert at.line.out[0] == "subscribe"


async def test_what_was_overtaken_is_not_stored() -> None:
    """A quote that waited while a newer one came by the other road is left out: nothing goes back."""
    at = room()
    newer = Quote(instrument=BTC_USD, value=Decimal(5), observed_at=NOW + 9, source="venue")
    older = Quote(instrument=BTC_USD, value=Decimal(4), observed_at=NOW + 8, source="venue")
    gate = at.streamer.intake.gate
    await gate.hand_over([newer])
    await gate.hand_over([older])
    assert at.stored == [newer]
    assert gate.last[BTC_USD] is newer


async def test_a_venue_that_asks_is_answered() -> None:
    """Each reply goes out once, in order, over the connection that asked; a new one asks anew."""
    async with _running(room()) as at:
        await at.say("who now")
        assert at.line.out == ["subscribe", "login", "subscribe", "now"]
        await at.say(LOST)
        await wait_until(lambda: at.streamer.retry_at is not None, "the end is seen")
        await at.wait(RETRY.cap_s)
        await wait_until(lambda: at.line.opened == 2, "it is opened again")
        assert at.line.out[4:] == ["subscribe"]
        await at.say("who then")
        assert at.line.out[5:] == ["login", "subscribe", "then"]
