"""The stream seam: what a provider sends by itself, declared beside its `FEED`. Hop 2.

A provider file binds `STREAM` to a `Stream`: a declaration, the messages that subscribe, and a pure
`parse` of one message to frames, an answer to it among them. It does not connect, wait, retry, log
or touch Redis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TypeAlias

from monitor.core.clock import Millis
from monitor.core.errors import BadQuote, FeedError
from monitor.domain.events import Quote
from monitor.feeds.answers import Book, Node, decode, quoted, shown
from monitor.feeds.base import Answer, Credential
from monitor.feeds.reasons import Reason
from monitor.feeds.sequence import Numbering


@dataclass(frozen=True, slots=True)
class Ping:
    """How we ask whether the other side still lives.

    Attributes:
        every_s: seconds between two.
        message: the text to send; empty: a ping frame of the protocol.

    """

    every_s: float
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSpec:
    """What a provider declares about its stream.

    Attributes:
        name: as the feed's: the `source` of its quotes and the label of its metrics.
        url: where it is opened; the book may replace it. Nothing else is reached.
        instruments: our names of what it sends, with its own symbol for each.
        fresh_s: seconds after which a value is no longer fresh.
        silent_s: a connection that gave no readable message for so long is dead. A stream whose
            heartbeats come is not silent, however long nobody trades.
        confirm_s: seconds within which all instruments must be subscribed.
        licence: what its terms allow, in one line.
        ping: how to ask for a sign of life; None where the provider gives it unasked.
        open_s: seconds that the opening may take.
        max_bytes: a larger message ends the connection, unread.
        numbering: what the numbers of its channels say; a channel without numbers is not named.
        check_s: how often the polled feed is asked meanwhile, as a check; None: not at all.
        flush_s: the least time between two writes: a burst is stored as its extremes.
        credentials: the keys it needs. One with a header or a query parameter goes out in the
            opening request; one with neither stands as `{NAME}` in a message of `subscribe` or of
            a `Reply`, and is filled in as that goes out.
        compress: offer to take packed messages.
        shares: it sends US shares by their tickers; the book of companies adds its own.
        enabled: whether it is opened by default.

    """

    name: str
    url: str
    instruments: Mapping[str, str]
    fresh_s: float
    silent_s: float
    licence: str
    confirm_s: float = 10.0
    ping: Ping | None = None
    open_s: float = 10.0
    max_bytes: int = 262_144
    numbering: Mapping[str, Numbering] = field(default_factory=dict)
    check_s: float | None = 60.0
    flush_s: float = 0.25
    credentials: tuple[Credential, ...] = ()
    compress: bool = False
    shares: bool = False
    enabled: bool = True

    def instrument(self, symbol: Node) -> str:
        """Return our name of the provider's symbol at this place of a message.

        Raises:
            BadQuote: it is none that was subscribed.

        """
        wanted = symbol.text()
        for instrument, own in self.instruments.items():
            if own == wanted:
                return instrument
        message = f"{self.name}: {symbol.path} is {shown(wanted)}, which was not subscribed"
        raise BadQuote(message, reason=Reason.WRONG_SYMBOL)


@dataclass(frozen=True, slots=True)
class Quotes:
    """Prices or figures.

    Attributes:
        quotes: at least one.
        channel: which channel of `numbering` they came on.
        number: their number on it, which counts for the first quote's instrument; None: a
            snapshot, or a channel without numbers.

    """

    quotes: tuple[Quote, ...]
    channel: str = ""
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Beside:
    """A venue's book or volume that comes apart from its trades, and goes with the next of them."""

    instrument: str
    book: Book
    at: Millis


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A sign of life without a value."""


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The provider confirms that it will send these instruments."""

    instruments: frozenset[str]


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider does not serve us, or not these instruments.

    Attributes:
        error: why, in its words; a FeedUnavailable is tried again soon, a FeedRejected rarely.
        instruments: those it concerns; none named: all, and the connection ends.

    """

    error: FeedError
    instruments: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reply:
    """What the provider waits for before it goes on: a login once it greets, and what comes then.

    Attributes:
        messages: sent in this order over the connection that the message came on.

    """

    messages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Added:
    """Something that happened and is told as part of a sum; see `Sums`."""

    instrument: str
    value: Decimal
    at: Millis


@dataclass(frozen=True, slots=True)
class Halted:
    """Trading in a share was halted, or resumed; its last price stands and cannot be traded at.

    Attributes:
        instrument: the share.
        at: the source's own time of it.
        halted: False where it is over.

    """

    instrument: str
    at: Millis
    halted: bool


Frame: TypeAlias = Quotes | Beside | Heartbeat | Subscribed | Refused | Reply | Added | Halted
Subscribe = Callable[[StreamSpec], Sequence[str]]
Parse = Callable[[str, Millis, StreamSpec], Sequence[Frame]]
Tell = Callable[[Mapping[str, Decimal], Millis, StreamSpec], Sequence[Quote]]


@dataclass(frozen=True, slots=True)
class Sums:
    """How what is `Added` is told, by a stream that is the only source of it.

    Attributes:
        window_s: seconds that each sum reaches back.
        tell: the quotes of the sums of all instruments at a moment; pure.

    """

    window_s: float
    tell: Tell


@dataclass(frozen=True, slots=True)
class Stream:
    """A provider's stream: its declaration, its subscription, its messages.

    `subscribe` gives the messages that are sent once the connection is open; none where the provider
    speaks first. `parse` takes one message, our time of its receipt and the spec, and gives what it
    says, and what is said to it: nothing for what does not concern us. It raises BadQuote for a message that cannot be used, which costs only that
    message; it is pure. `sums` says how its `Added` are told; None: it has none.
    """

    spec: StreamSpec
    subscribe: Subscribe
    parse: Parse
    sums: Sums | None = None

    def sending(self, tickers: Iterable[str]) -> Stream:
        """Return this stream with `tickers` among its instruments, if it sends shares."""
        if not self.spec.shares:
            return self
        shares = dict(self.spec.instruments) | {ticker: ticker for ticker in tickers}
        return replace(self, spec=replace(self.spec, instruments=shares))

    def overridden(
        self,
        *,
        url: str | None = None,
        fresh_s: float | None = None,
        enabled: bool | None = None,
    ) -> Stream:
        """Return this stream with what a book says in place of the declared values; None keeps."""
        spec = self.spec
        return replace(
            self,
            spec=replace(
                spec,
                url=spec.url if url is None else url.rstrip("/"),
                fresh_s=spec.fresh_s if fresh_s is None else fresh_s,
                enabled=spec.enabled if enabled is None else enabled,
            ),
        )


def read(message: str, spec: StreamSpec) -> Node:
    """Return the root of a JSON message; numbers are exact decimals.

    Raises:
        BadQuote: no JSON, or a number in it is not finite.

    """
    return decode(spec.name, Answer(200, message, {}, 0))


def sent(  # noqa: PLR0913  # each is a field of the quote
    spec: StreamSpec,
    received_at: Millis,
    instrument: str,
    value: Decimal,
    *,
    observed_at: Millis | None = None,
    book: Book | None = None,
    note: str = "",
) -> Quote:
    """Return the quote of `instrument`; without `observed_at` our receive time stands in."""
    answer = Answer(200, "", {}, received_at)
    return quoted(spec, answer, instrument, value, observed_at=observed_at, book=book, note=note)
