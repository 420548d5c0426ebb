"""Our own layout, `quotes-YYYY-MM-DD.csv`: what the ticks stream held, quote by quote.

Numbers stand as the source wrote them, digit by digit, so that a replay is the live run again.
`tick` is the stream entry's id: quotes that came together are stepped together, and a recorder
that was interrupted knows where to go on. A file from elsewhere may leave that column out; then
the quotes of one `at_ms` count as one entry. `backfilled` stands where a quote was told afterwards,
`period` and `note` where there is one, `delay_ms` where its source tells it late, `session` where it is a
share's price; files of earlier versions have no such columns.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import groupby
from pathlib import Path

from monitor.core.clock import Millis, iso
from monitor.domain.events import Quote, Tick
from monitor.domain.sessions import SessionState
from monitor.replay.table import Piece, Table, instant, opened, read_header

COLUMNS = (
    "at_ms",
    "tick",
    "instrument",
    "source",
    "value",
    "observed_at_ms",
    "received_at_ms",
    "fresh_ms",
    "bid",
    "ask",
    "volume",
    "local_time",
    "backfilled",
    "period",
    "note",
    "delay_ms",
    "session",
)
REQUIRED = frozenset(COLUMNS) - {"tick", "backfilled", "period", "note", "delay_ms", "session"}

_TRUE = "true"
_FALSE = "false"


def file_name(at: Millis) -> str:
    """Return the name of the file that holds the UTC day of `at`."""
    return f"quotes-{iso(at)[:10]}.csv"


def header_line() -> str:
    """Return the first line of a recording."""
    return _lines([COLUMNS])


def encode(tick: Tick, at: Millis) -> str:
    """Return the lines of one tick that the step counted as coming at `at`."""
    return _lines(
        (
            str(at),
            tick.id,
            quote.instrument,
            quote.source,
            str(quote.value),
            str(quote.observed_at),
            _text(quote.received_at),
            _text(quote.fresh_ms),
            _text(quote.bid),
            _text(quote.ask),
            _text(quote.volume),
            _TRUE if quote.local_time else _FALSE,
            _TRUE if quote.backfilled else "",
            quote.period,
            quote.note,
            str(quote.delay_ms) if quote.delay_ms else "",
            quote.session or "",
        )
        for quote in tick.quotes
    )


def read_recording(table: Table) -> Iterator[Piece]:
    """Yield the entries of a recording, whole and in order.

    Raises:
        ConfigError: a field cannot be read, or time runs back; a last row cut off by a crash of
            the recorder is left out.

    """
    rows = _rows(table, _places(table))
    for (at, entry), group in groupby(rows, key=lambda row: row[:2]):
        yield Piece(at, tuple(quote for _, _, quote in group), entry)


@dataclass(frozen=True, slots=True)
class Digest:
    """What a file of a recording holds.

    Attributes:
        name: of the file.
        quotes: rows in it.
        size_bytes: of the file.
        sha256: of the file.
        inputs_sha256: of its rows without the stream's ids, which are given anew whenever the same
            inputs are fed again.

    """

    name: str
    quotes: int
    size_bytes: int
    sha256: str
    inputs_sha256: str


def digests(folder: Path) -> list[Digest]:
    """Return what each file of a recording holds, in order.

    Raises:
        ConfigError: a file cannot be read.

    """
    return [_digest(path) for path in sorted(folder.glob("quotes-*.csv"))]


def _digest(path: Path) -> Digest:
    table = Table(path, read_header(path))
    place = table.header.index("tick") if "tick" in table.header else None
    whole, inputs, quotes = hashlib.sha256(), hashlib.sha256(), 0
    with opened(path) as file:
        while chunk := file.read(1 << 20):
            whole.update(chunk)
    for _, cells in table.rows(cut_end=True):
        quotes += 1
        kept = [cell for at, cell in enumerate(cells) if at != place]
        inputs.update(_lines([kept]).encode())
    size = path.stat().st_size
    return Digest(path.name, quotes, size, whole.hexdigest(), inputs.hexdigest())


def span(table: Table) -> tuple[Millis, Millis] | None:
    """Return when the first and the last quote came, None for an empty recording."""
    first = last = None
    for last, _, _ in _rows(table, _places(table)):
        first = last if first is None else first
    return None if first is None or last is None else (first, last)


def _places(table: Table) -> list[int | None]:
    return [table.header.index(name) if name in table.header else None for name in COLUMNS]


def _rows(table: Table, places: Sequence[int | None]) -> Iterator[tuple[Millis, str, Quote]]:
    last = None
    for line, cells in table.rows(cut_end=True):
        ordered = ["" if place is None else cells[place] for place in places]
        try:
            row = _decode(ordered)
        except ValueError as error:
            raise table.fault(line, str(error)) from error
        if last is not None and row[0] < last:
            raise table.fault(line, "is earlier than the row before", "sort the file by at_ms")
        last = row[0]
        yield row


def _decode(cells: Sequence[str]) -> tuple[Millis, str, Quote]:
    at, entry, instrument, source, value, observed, received, fresh, *rest = cells
    bid, ask, volume, local, backfilled, period, note, delay, session = rest
    if not instrument or not source:
        raise ValueError("instrument or source is empty")
    quote = Quote(
        instrument=instrument,
        value=_decimal(value, "value"),
        observed_at=_moment(observed, "observed_at_ms"),
        source=source,
        received_at=_moment(received, "received_at_ms") if received else None,
        fresh_ms=_integer(fresh, "fresh_ms") if fresh else None,
        bid=_decimal(bid, "bid") if bid else None,
        ask=_decimal(ask, "ask") if ask else None,
        volume=_decimal(volume, "volume") if volume else None,
        local_time=_flag(local, "local_time"),
        backfilled=_flag(backfilled, "backfilled"),
        period=period,
        note=note,
        delay_ms=_integer(delay, "delay_ms") if delay else 0,
        session=_session(session) if session else None,
    )
    return _moment(at, "at_ms"), entry, quote


def _flag(text: str, name: str) -> bool:
    if text not in {_TRUE, _FALSE, ""}:
        raise ValueError(f"{name} is {text!r}; true or false is expected")
    return text == _TRUE


def _session(text: str) -> SessionState:
    try:
        return SessionState(text)
    except ValueError:
        raise ValueError(f"session is {text!r}; one of {', '.join(SessionState)}") from None


def _decimal(text: str, name: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{name} is {text!r}, which is no number") from None


def _integer(text: str, name: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{name} is {text!r}; whole milliseconds are expected") from None


def _moment(text: str, name: str) -> Millis:
    return instant(_integer(text, name), name)


def _text(value: Decimal | int | None) -> str:
    return "" if value is None else str(value)


def _lines(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    # RFC 4180 line ends: with them the writer quotes both characters wherever a name holds one
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()
