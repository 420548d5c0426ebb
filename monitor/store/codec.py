"""Bytes on the wire and back: the `ticks` entry, with its schema number. Hop 4 and hop 5.

The entry's fields are `v` (schema, "1") and `q` (a JSON list of quotes); `at` (ms UTC) is optional
and defaults to the time in the entry's own id; it may lie in the past (a replay). The engine's time
never goes back, so a writer whose clock is ahead must not move it: every other source would look
old until the clocks have caught up. A writer may also choose the id, so neither time counts beyond
the Redis server's own. docs/ingest.md is the contract for strangers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

from monitor.domain.events import Quote, Tick

SCHEMA = b"1"
MAX_QUOTES = 1_000
MAX_BYTES = 262_144
AHEAD_MS = 300_000
"""How far a writer's clock may be ahead of the Redis server's, ms; the server's then counts."""
MAX_NAME = 100
MAX_NOTE = 500

_STRANGE_NUMBER = re.compile(
    rb'"(value|bid|ask|volume)"\s*:\s*"(?![-+]?(?:[0-9.]+(?:[eE][-+]?[0-9]+)?|s?NaN|Infinity)")'
)
"""A number as text that only Python would read: `1_5`, digits of another script, blanks."""
_DIGITS = re.compile(rb"[0-9]{1,18}")

_decode_quotes = msgspec.json.Decoder(list[Quote]).decode
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
        raise MalformedTickError(f"field v is {schema!r}; this version reads schema 1")
    body = fields.get(b"q", b"")
    if len(body) > MAX_BYTES:
        raise MalformedTickError(f"field q has {len(body)} bytes; at most {MAX_BYTES}")
    strange = _STRANGE_NUMBER.search(body)
    if strange is not None:
        raise MalformedTickError(f"field q: a {strange[1].decode()} is no plain number")
    identifier = entry_id.decode()
    try:
        quotes = _decode_quotes(body)
    except (msgspec.DecodeError, ValueError) as error:
        raise MalformedTickError(f"field q: {error}") from error
    if not 0 < len(quotes) <= MAX_QUOTES:
        raise MalformedTickError(f"field q has {len(quotes)} quotes; 1 to {MAX_QUOTES}")
    for quote in quotes:
        _check_names(quote)
    moment = _moment(int(identifier.partition("-")[0]), fields.get(b"at"), now)
    return Tick(identifier, moment, tuple(quotes))


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


def _check_names(quote: Quote) -> None:
    """Refuse names and notes that would grow or confuse the cells of the state."""
    if not 0 < len(quote.instrument) <= MAX_NAME or "|" in quote.instrument:
        raise MalformedTickError(
            f"instrument {quote.instrument[:20]!r}: 1 to {MAX_NAME} characters, none of them |"
        )
    if not 0 < len(quote.source) <= MAX_NAME:
        raise MalformedTickError(f"source {quote.source[:20]!r}: 1 to {MAX_NAME} characters")
    if len(quote.note) > MAX_NOTE:
        raise MalformedTickError(f"note of {quote.instrument}: at most {MAX_NOTE} characters")


def encode_quote(quote: Quote) -> bytes:
    """Return one quote as JSON."""
    return _encode(quote)


def decode_quote(body: bytes) -> Quote:
    """Return the quote that `encode_quote` wrote."""
    return _decode_quote(body)
