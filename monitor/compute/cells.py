"""The step's memory as bytes, one cell a field of the `state` hash. Hop 6.

A cell's name says what it holds: `q|instrument|source` a quote, `a|rule|key` a live alert,
`ref` the reference price with its memory, `b|RIOT` what stood in a company's book, `now` the
engine's time. The first byte group of each
body is JSON, so that a person with redis-cli can read what the service knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from alerts.watch import SavedAlert
from monitor.compute.standing import Known
from monitor.compute.standing import Memory as Standing
from monitor.core.errors import ConfigError
from monitor.domain.consensus import Memory
from monitor.domain.events import Quote, Reading
from monitor.store.codec import decode_quote, encode_quote

SCHEMA = b"1"


@dataclass(frozen=True, slots=True)
class Reference:
    """The reference price as last agreed, and what the agreement remembers."""

    reading: Reading
    memory: Memory


@dataclass(slots=True)
class Saved:
    """The step's memory as read from the store.

    Attributes:
        now: the engine's event time, ms UTC; None before the first commit.
        cursor: id of the last committed entry, '' before the first.
        entries_read: entries committed in all.

    """

    now: int | None = None
    cursor: str = ""
    entries_read: int = 0
    quotes: list[Quote] = field(default_factory=list)
    alerts: list[SavedAlert] = field(default_factory=list)
    reference: Reference | None = None
    standing: dict[str, Standing] = field(default_factory=dict)


_encode = msgspec.json.encode
_reference = msgspec.json.Decoder(Reference)
_alert = msgspec.json.Decoder(SavedAlert)
_standing = msgspec.json.Decoder(dict[str, Known])


def quote_cell(quote: Quote) -> tuple[str, bytes]:
    """Return the cell of a source's last quote."""
    return f"q|{quote.instrument}|{quote.source}", encode_quote(quote)


def alert_cell(name: str, alert: SavedAlert | None) -> tuple[str, bytes | None]:
    """Return the cell of an alert; None removes it."""
    return f"a|{name}", None if alert is None else _encode(alert)


def reference_cell(reference: Reference) -> tuple[str, bytes]:
    """Return the cell of the reference price."""
    return "ref", _encode(reference)


def standing_cell(ticker: str, standing: Standing) -> tuple[str, bytes]:
    """Return the cell of what stands in a company's book."""
    return f"b|{ticker}", _encode(standing)


def read_cells(cells: Mapping[str, bytes]) -> Saved:
    """Return the memory that `cells` hold.

    Raises:
        ConfigError: the cells were written by a version with another schema.

    """
    saved = Saved()
    if cells and cells.get("schema", SCHEMA) != SCHEMA:
        raise ConfigError(
            f"it has schema {cells['schema'].decode()}, this version reads {SCHEMA.decode()}",
            where="the state in Redis",
            hint="run the version that wrote it, or give this one a database of its own",
        )
    for name, body in cells.items():
        kind, _, rest = name.partition("|")
        if kind == "q":
            saved.quotes.append(decode_quote(body))
        elif kind == "a":
            saved.alerts.append(_alert.decode(body))
        elif kind == "ref":
            saved.reference = _reference.decode(body)
        elif kind == "b":
            saved.standing[rest] = _standing.decode(body)
        elif kind == "now":
            saved.now = int(body)
        elif kind == "cursor":
            saved.cursor = body.decode()
        elif kind == "entries_read":
            saved.entries_read = int(body)
    saved.quotes.sort(key=lambda quote: (quote.instrument, quote.source))
    return saved
