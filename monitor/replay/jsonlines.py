"""Quotes as JSON, one object a line, with the fields of docs/ingest.md.

A quote counts as coming when it was received or, where that is not said, when it was observed.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from monitor.domain.events import Quote
from monitor.replay.table import MAX_HEADER_BYTES, Piece, Table, instant, opened

SUFFIX = ".jsonl"
MAX_LINE_BYTES = MAX_HEADER_BYTES

_decode = msgspec.json.Decoder(Quote).decode


def read_json_lines(table: Table) -> Iterator[Piece]:
    """Yield each line's quote.

    Raises:
        ConfigError: a line is no quote, is too long, or is earlier than the one before.

    """
    last = None
    with opened(table.path) as file:
        line = 0
        while raw := file.readline(MAX_LINE_BYTES + 1):
            line += 1
            if not raw.strip():
                continue
            try:
                piece = _piece(raw)
            except (msgspec.DecodeError, ValueError) as error:
                mend = "write one quote a line, with the fields of docs/ingest.md"
                raise table.fault(line, str(error), mend) from error
            if last is not None and piece.at < last:
                raise table.fault(line, "is earlier than the line before", "sort the file by time")
            last = piece.at
            yield piece


def _piece(raw: bytes) -> Piece:
    if len(raw) > MAX_LINE_BYTES:
        raise ValueError(f"the line has more than {MAX_LINE_BYTES} bytes")
    quote = _decode(raw)
    if not quote.instrument or not quote.source:
        raise ValueError("instrument or source is empty")
    if not quote.value.is_finite():
        raise ValueError(f"value is {quote.value}, which is no number")
    observed = instant(quote.observed_at, "observed_at")
    at = observed if quote.received_at is None else instant(quote.received_at, "received_at")
    return Piece(at, (quote,))
