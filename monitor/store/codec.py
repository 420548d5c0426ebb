"""Bytes on the wire and back: the `ticks` entry, with its schema number. Hop 4 and hop 5.

The entry's fields are `v` (schema, "1"), `q` (a JSON list of quotes), `n` (of notices), `f` (of
reports on feeds) and `c` (a command), of which at least one must be there; `at` (ms UTC) is optional and defaults to the time in the entry's own id; it may lie in the past (a replay). The engine's time
never goes back, so a writer whose clock is ahead must not move it: every other source would look
old until the clocks have caught up. A writer may also choose the id, so neither time counts beyond
the Redis server's own. docs/ingest.md is the contract for strangers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import msgspec

from monitor.domain.commands import Command
from monitor.domain.events import Quote, Tick
from monitor.domain.feed_reports import FeedReport, report_fault
from monitor.domain.notices import Notice, notice_fault
from monitor.domain.symbols import MAX_NAME, NAME_RULE, is_name
from monitor.store.commands import decode_command

Item = TypeVar("Item")

SCHEMA = b"1"
MAX_QUOTES = 1_000
MAX_BYTES = 262_144
AHEAD_MS = 300_000
"""How far a writer's clock may be ahead of the Redis server's, ms; the server's then counts."""
_RARE = frozenset({b"n", b"c", b"f"})
"""Fields that most entries do not have."""
MAX_NOTE = 500
MAX_DELAY_MS = 86_400_000

_STRANGE_NUMBER = re.compile(
    rb'"(value|bid|ask|volume)"\s*:\s*"(?![-+]?(?:[0-9.]+(?:[eE][-+]?[0-9]+)?|s?NaN|Infinity)")'
)
"""A number as text that only Python would read: `1_5`, digits of another script, blanks."""
_DIGITS = re.compile(rb"[0-9]{1,18}")

_PERIOD = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

_decode_quotes = msgspec.json.Decoder(list[Quote]).decode
_decode_notices = msgspec.json.Decoder(list[Notice]).decode
_decode_reports = msgspec.json.Decoder(list[FeedReport]).decode
_decode_quote = msgspec.json.Decoder(Quote).decode
_encode = msgspec.json.Encoder(decimal_format="string").encode


class MalformedTickError(ValueError):
    """A stream entry does not keep the ingest contract; the text says which part."""


def encode_tick(quotes: Sequence[Quote], at: int | None = None) -> dict[str, bytes]:
    """Return the stream entry's fields for quotes that came together at `at` (ms UTC)."""
    fields = {"v": SCHEMA, "q": _encode(quotes)}
    if at is not None:
        fields["at"] = str(at).encode()
    return fields


def decode_tick(entry_id: bytes, fields: Mapping[bytes, bytes], now: int | None = None) -> Tick:
    """Return the tick that an entry holds.

    `now` is the Redis server's time when it gave the entry; without it the id's time is believed.

    Raises:
        MalformedTickError: unknown schema, too large, no JSON, a missing or wrong field, a moment
            in the future.

    """
    schema = fields.get(b"v")
    if schema != SCHEMA:
        said = "missing" if schema is None else f"`{schema[:20].decode(errors='replace')}`"
        raise MalformedTickError(f"field v is {said}; this version reads schema 1")
    body = _bounded(fields, b"q")
    strange = strange_number(body)
    if strange:
        raise MalformedTickError(f"field q: a {strange} is no plain number")
    identifier = entry_id.decode()
    quotes = tuple(_listed(_decode_quotes, body, "q"))
    for quote in quotes:
        check_quote(quote)
    moment = _moment(int(identifier.partition("-")[0]), fields.get(b"at"), now)
    if not _RARE.isdisjoint(fields):
        return _with_more(identifier, moment, quotes, fields)
    _count(quotes, 1)
    return Tick(identifier, moment, quotes)


def _with_more(
    identifier: str, moment: int, quotes: tuple[Quote, ...], fields: Mapping[bytes, bytes]
) -> Tick:
    """Return the tick of an entry that has more than quotes."""
    notices = _listed(_decode_notices, _bounded(fields, b"n"), "n")
    commands = _commands(_bounded(fields, b"c"))
    reports = _reports(_bounded(fields, b"f"))
    _count(quotes, 0 if notices or commands or reports else 1)
    if len(notices) > MAX_QUOTES:
        raise MalformedTickError(f"field n has {len(notices)} notices; at most {MAX_QUOTES}")
    for notice in notices:
        check_notice(notice, moment)
    return Tick(identifier, moment, quotes, tuple(notices), commands, reports)


def _count(quotes: Sequence[Quote], least: int) -> None:
    if not least <= len(quotes) <= MAX_QUOTES:
        raise MalformedTickError(f"field q has {len(quotes)} quotes; {least} to {MAX_QUOTES}")


def strange_number(body: bytes) -> str:
    """Return the field of the first number as text that only Python would read; empty: none."""
    found = _STRANGE_NUMBER.search(body)
    return "" if found is None else found[1].decode()


def _commands(body: bytes) -> tuple[Command, ...]:
    """Return the one command of an entry, if there is one."""
    try:
        return (decode_command(body),) if body else ()
    except (msgspec.DecodeError, ValueError) as error:
        raise MalformedTickError(f"field c: {error}") from error


def _reports(body: bytes) -> tuple[FeedReport, ...]:
    """Return the reports on feeds of an entry."""
    reports = _listed(_decode_reports, body, "f")
    if len(reports) > MAX_QUOTES:
        raise MalformedTickError(f"field f has {len(reports)} reports; at most {MAX_QUOTES}")
    for report in reports:
        if fault := report_fault(report):
            raise MalformedTickError(f"report on {report.feed[:20]!r}: {fault}")
    return tuple(reports)


def encode_reports(reports: Sequence[FeedReport], at: int) -> dict[str, bytes]:
    """Return the stream entry's fields for reports that were made at `at` (ms UTC)."""
    return {"v": SCHEMA, "f": _encode(reports), "at": str(at).encode()}


def _bounded(fields: Mapping[bytes, bytes], name: bytes) -> bytes:
    body = fields.get(name, b"")
    if len(body) > MAX_BYTES:
        raise MalformedTickError(
            f"field {name.decode()} has {len(body)} bytes; at most {MAX_BYTES}"
        )
    return body


def _listed(decode: Callable[[bytes], list[Item]], body: bytes, name: str) -> list[Item]:
    """Return what a field lists; a field that is not there lists nothing."""
    try:
        return decode(body) if body else []
    except (msgspec.DecodeError, ValueError) as error:
        raise MalformedTickError(f"field {name}: {error}") from error


def check_notice(notice: Notice, now: int) -> None:
    """Refuse what would make no message, or too large a one.

    Raises:
        MalformedTickError: says which part, and of which notice.

    """
    fault = notice_fault(notice, now)
    if fault:
        raise MalformedTickError(f"notice {notice.id[:40]!r}: {fault.replace('_', ' ')}")
    if not 0 < len(notice.source) <= MAX_NAME or "|" in notice.source:
        raise MalformedTickError(
            f"notice {notice.id[:40]!r}: source {notice.source[:20]!r}: 1 to {MAX_NAME} characters, "
            "none of them |"
        )
    if notice.subject and not is_name(notice.subject):
        raise MalformedTickError(
            f"notice {notice.id[:40]!r}: subject {notice.subject[:20]!r}: {NAME_RULE}"
        )


def _moment(written: int, at: bytes | None, now: int | None) -> int:
    """Return when an entry arrived; never later than the id's time, nor the server's."""
    latest = written if now is None else min(written, now)
    if at is None:
        if written > latest + AHEAD_MS:
            raise MalformedTickError(
                f"the id's time is {written}, {(written - latest) // 1_000} s ahead of Redis; "
                "let Redis choose the id (*), or give the field at"
            )
        return latest
    if not _DIGITS.fullmatch(at) or int(at) > latest + AHEAD_MS:
        raise MalformedTickError(
            f"field at is {at[:20].decode(errors='replace')}; milliseconds UTC, not later than now"
        )
    return min(int(at), latest)


def check_quote(quote: Quote) -> None:
    """Refuse names and notes that would grow or confuse the cells of the state.

    Raises:
        MalformedTickError: says which part, and of which quote.

    """
    if not is_name(quote.instrument):
        raise MalformedTickError(f"instrument {quote.instrument[:20]!r}: {NAME_RULE}")
    if not 0 < len(quote.source) <= MAX_NAME:
        raise MalformedTickError(f"source {quote.source[:20]!r}: 1 to {MAX_NAME} characters")
    if not 0 <= quote.delay_ms <= MAX_DELAY_MS:
        raise MalformedTickError(
            f"delay_ms of {quote.instrument} is {quote.delay_ms}: 0 to {MAX_DELAY_MS}"
        )
    if len(quote.note) > MAX_NOTE:
        raise MalformedTickError(f"note of {quote.instrument}: at most {MAX_NOTE} characters")
    if quote.period and not _PERIOD.fullmatch(quote.period):
        raise MalformedTickError(
            f"period {quote.period[:20]!r}: the first day of it, such as 2026-01-05"
        )


def encode_notice(notice: Notice) -> bytes:
    """Return one notice as JSON."""
    return _encode(notice)


def encode_quote(quote: Quote) -> bytes:
    """Return one quote as JSON."""
    return _encode(quote)


def decode_quote(body: bytes) -> Quote:
    """Return the quote that `encode_quote` wrote."""
    return _decode_quote(body)
