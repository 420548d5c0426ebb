"""The extremes of a series as a cell. Hop 6."""

from __future__ import annotations

from math import inf

import msgspec

from alerts.extremes import Span

_encode = msgspec.json.encode
_spans = msgspec.json.Decoder(tuple[tuple[int, float | None, float | None], ...])


def extremes_cell(name: str, spans: tuple[Span, ...] | None) -> tuple[str, bytes | None]:
    """Return the cell of a series' extremes; None removes it. JSON has no infinity: it is null."""
    rows = [
        (it.start, *((it.low, it.high) if it.low <= it.high else (None, None)))
        for it in spans or ()
    ]
    return f"e|{name}", _encode(rows) if rows else None


def read_spans(body: bytes) -> tuple[Span, ...]:
    """Return the extremes that such a cell holds."""
    return tuple(
        Span(start, inf if low is None else low, -inf if high is None else high)
        for start, low, high in _spans.decode(body)
    )
