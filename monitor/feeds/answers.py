"""Read a provider's answer strictly: JSON with exact decimals, and errors that name the field.

Every provider file reads through `Node`, so each fault says who sent what where: `kraken:
result.XXBTZUSD.c[0] is 'abc', expected a number`. Nothing but `BadQuote` leaves here. Hop 2.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple, NoReturn, Protocol

from monitor.core.clock import SECOND, Millis, parse_iso
from monitor.core.errors import BadQuote
from monitor.domain.events import Quote
from monitor.domain.sessions import SessionState
from monitor.feeds.base import Answer
from monitor.feeds.reasons import Reason

SHOWN_CHARS = 60
# The longest number seen is a network hashrate of 21 digits; a longer one is an attack on our
# arithmetic or our log lines, not a value.
MAX_DIGITS = 60
MAX_EXPONENT = 40
_PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]{1,4})?")
# Unix times are told apart by magnitude: 1e11 seconds is the year 5138, 1e11 ms is 1973.
_MS_FROM, _US_FROM, _NS_FROM = Decimal("1e11"), Decimal("1e14"), Decimal("1e17")
# No quote is older than Bitcoin itself: 2009-01-03.
EARLIEST: Millis = 1_230_940_800_000


class _NotFinite(ValueError):
    """The text holds NaN or Infinity where JSON knows numbers only."""


@dataclass(frozen=True, slots=True)
class Node:
    """One place in an answer: its value, and the provider and path for an error."""

    provider: str
    value: object
    path: str = ""

    def at(self, key: str) -> Node:
        """Step into an object's member."""
        found = self.maybe(key)
        if found is None:
            members = ", ".join(sorted(self._object())) or "nothing"
            message = f"{self.provider}: {self._join(key)} is missing; there is {shown(members)}"
            raise BadQuote(message, reason=Reason.MISSING_FIELD)
        return found

    def maybe(self, key: str) -> Node | None:
        """Step into an object's member, or None where it is absent or null."""
        value = self._object().get(key)
        return None if value is None else Node(self.provider, value, self._join(key))

    def item(self, index: int) -> Node:
        """Step into a list's element."""
        if not isinstance(self.value, list):
            self.refuse("a list")
        path = f"{self.path}[{index}]"
        if index >= len(self.value):
            message = f"{self.provider}: {path} is missing; the list has {len(self.value)}"
            raise BadQuote(message, reason=Reason.MISSING_FIELD)
        return Node(self.provider, self.value[index], path)

    def items(self) -> list[Node]:
        """Return all elements of a list."""
        if not isinstance(self.value, list):
            self.refuse("a list")
        return [self.item(index) for index in range(len(self.value))]

    def says(self, key: str, wanted: str) -> None:
        """Refuse an answer whose member is not this very text: it is about something else."""
        found = self.at(key)
        if found.text() != wanted:
            found.refuse(repr(wanted), Reason.WRONG_SYMBOL)

    def only(self) -> Node:
        """Step into the single member of an object, whatever it is called."""
        members = self._object()
        if len(members) != 1:
            self.refuse("an object with exactly one member")
        ((key, value),) = members.items()
        return Node(self.provider, value, self._join(key))

    def text(self) -> str:
        """Return a string."""
        if not isinstance(self.value, str):
            self.refuse("a string")
        return self.value

    def number(self) -> Decimal:
        """Return a number, written as a JSON number or as text; always finite and bounded."""
        value = self.value
        if isinstance(value, str):
            if not _PLAIN_NUMBER.fullmatch(value):
                self.refuse("a number", Reason.NOT_A_NUMBER)
            value = Decimal(value)
        if not isinstance(value, Decimal):
            self.refuse("a number")
        if len(value.as_tuple().digits) > MAX_DIGITS or abs(value.adjusted()) > MAX_EXPONENT:
            self.refuse("a number of this world", Reason.OUT_OF_BOUNDS)
        return value

    def price(self) -> Decimal:
        """Return a number above zero; zero is how many providers say "no price"."""
        value = self.number()
        if value == 0:
            self.refuse("a price", Reason.ZERO_PRICE)
        if value < 0:
            self.refuse("a price", Reason.NEGATIVE)
        return value

    def measured(self, what: str) -> Decimal:
        """Return a figure above zero; zero is how some sources say that they do not know it."""
        value = self.number()
        if value <= 0:
            self.refuse(what, Reason.MISSING_FIELD)
        return value

    def count(self) -> int:
        """Return a whole number, zero or more."""
        value = self.number()
        if value != value.to_integral_value() or value < 0:
            self.refuse("a whole number")
        return int(value)

    def optional(self, key: str) -> Decimal | None:
        """Return a side of the book or a volume; absent, null, empty and zero mean none."""
        found = self.maybe(key)
        return None if found is None else found.side()

    def side(self) -> Decimal | None:
        """Return this side of the book, or volume; empty and zero mean that there is none."""
        if self.value == "":
            return None
        value = self.number()
        if value < 0:
            self.refuse("no less than zero", Reason.NEGATIVE)
        return value or None

    def unix_time(self) -> Millis:
        """Return a Unix time in s, ms, us or ns (told apart by magnitude) as milliseconds."""
        value = self.number()
        if value >= _NS_FROM:
            value /= 1_000_000
        elif value >= _US_FROM:
            value /= 1_000
        elif value < _MS_FROM:
            value *= SECOND
        return self._moment(int(value))

    def iso_time(self) -> Millis:
        """Return an ISO 8601 time as milliseconds."""
        try:
            return self._moment(parse_iso(self.text()))
        except (ValueError, OverflowError):
            self.refuse("an ISO 8601 time", Reason.WRONG_TYPE)

    def refuse(self, expected: str, reason: Reason = Reason.WRONG_TYPE) -> NoReturn:
        """Raise the error that says what stands here and what should.

        Raises:
            BadQuote: always.

        """
        place = self.path or "the answer"
        message = f"{self.provider}: {place} is {shown(self.value)}, expected {expected}"
        raise BadQuote(message, reason=reason)

    def _object(self) -> dict[str, Any]:
        if not isinstance(self.value, dict):
            self.refuse("an object")
        return self.value

    def _join(self, key: str) -> str:
        key = shown(key) if len(key) > SHOWN_CHARS else key
        return f"{self.path}.{key}" if self.path else key

    def _moment(self, moment: int) -> Millis:
        if moment < EARLIEST:
            self.refuse("a time since 2009", Reason.OUT_OF_BOUNDS)
        return moment


class Book(NamedTuple):
    """What a venue says beside the last price: best bid and ask, trailing volume."""

    bid: Decimal | None
    ask: Decimal | None
    volume: Decimal | None


def decode(provider: str, answer: Answer) -> Node:
    """Return the root of a JSON answer; numbers are exact decimals.

    Raises:
        BadQuote: not JSON, or a number in it is not finite.

    """
    try:
        value = json.loads(
            answer.body, parse_float=Decimal, parse_int=Decimal, parse_constant=_refuse_constant
        )
    except _NotFinite as error:
        message = f"{provider}: the answer holds {error} where a number belongs"
        raise BadQuote(message, reason=Reason.NOT_A_NUMBER) from error
    except InvalidOperation as error:
        message = f"{provider}: the answer holds a number too large to be read"
        raise BadQuote(message, reason=Reason.OUT_OF_BOUNDS) from error
    except (ValueError, RecursionError) as error:
        message = f"{provider}: the answer is no JSON: {shown(answer.body)}"
        raise BadQuote(message, reason=Reason.NOT_JSON) from error
    return Node(provider, value)


class Source(Protocol):
    """What a quote carries of whoever gave it: the declaration of a feed or a stream."""

    @property
    def name(self) -> str:
        """Return the source's name."""
        ...

    @property
    def fresh_s(self) -> float:
        """Return how long a value is fresh, in seconds."""
        ...


def quoted(  # noqa: PLR0913  # each is a field of the quote
    spec: Source,
    answer: Answer,
    instrument: str,
    value: Decimal,
    *,
    observed_at: Millis | None = None,
    book: Book | None = None,
    note: str = "",
    period: str = "",
    session: SessionState | None = None,
) -> Quote:
    """Return the quote of `instrument`; without `observed_at` our receive time stands in.

    The quote carries the feed's name, its freshness budget and our time of
    receipt. `note` is a sentence that a message on the value adds, `period` the first day of
    what a daily figure is of, `session` what the provider says of a share's price itself.
    """
    return Quote(
        instrument=instrument,
        value=value,
        observed_at=answer.received_at if observed_at is None else observed_at,
        source=spec.name,
        received_at=answer.received_at,
        fresh_ms=round(spec.fresh_s * SECOND),
        bid=book.bid if book else None,
        ask=book.ask if book else None,
        volume=book.volume if book else None,
        local_time=observed_at is None,
        note=note,
        session=session,
        period=period,
    )


def shown(value: object) -> str:
    """Return a short one-line picture of what came, for an error message."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    # cut first: the repr of a whole body would be built only to be thrown away
    text = str(value)[: SHOWN_CHARS + 1] if isinstance(value, str | Decimal) else repr(value)
    cut = text if len(text) <= SHOWN_CHARS else text[:SHOWN_CHARS] + "…"
    return repr(cut) if isinstance(value, str) else cut


def _refuse_constant(name: str) -> NoReturn:
    raise _NotFinite(name)
