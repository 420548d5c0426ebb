"""What was wrong with what a source said, as spans of time: gaps, stale, disputed, refused. Pure.

- gap: between two values of a source, by its own times, more passed than its freshness budget;
- stale: what came was older than the budget when it came;
- disputed: the venues of the reference price contradicted each other;
- refused: values that could not be true, or had no part in the price, by reason;
- disconnected: a stream was down, from its last sign of life until it was up again;
- missed: messages of a stream that never came, by the numbers that the venue counts with.

For shares only the time counts in which the exchange is open. Of stale and disputed spans the
beginning and the end come as two events, so that nothing has to be remembered in between.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Flaw(StrEnum):
    """The kinds of flaws."""

    GAP = "gap"
    STALE = "stale"
    DISPUTED = "disputed"
    REFUSED = "refused"
    DISCONNECTED = "disconnected"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class FlawEvent:
    """Something that was noticed.

    Attributes:
        kind: of the flaw.
        instrument: what was quoted; empty for a whole stream.
        source: who said it; empty for what several sources say together.
        start: when it began, ms UTC; None in the event that ends it.
        end: when it ended; None in the event that begins it.
        times: how many messages were missed.

    """

    kind: Flaw
    instrument: str
    source: str
    start: int | None = None
    end: int | None = None
    times: int = 0


@dataclass(frozen=True, slots=True)
class FlawSpan:
    """One span, put together.

    Attributes:
        kind: of the flaw.
        source: who said it.
        instrument: what was quoted; empty for what was refused, and for a whole stream.
        start: its beginning, ms UTC; None where it lies before what is known.
        end: its end; None while it lasts.
        reason: why it was refused.
        times: how often it was refused, or how many messages were missed.

    """

    kind: Flaw
    source: str
    instrument: str
    start: int | None
    end: int | None
    reason: str = ""
    times: int = 0

    def touches(self, start: int | None, end: int | None) -> bool:
        """Tell whether a part of it lies from `start` up to, not including, `end`."""
        after = start is None or self.end is None or self.end >= start
        return after and (end is None or self.start is None or self.start < end)


def spans_of(events: Iterable[FlawEvent]) -> list[FlawSpan]:
    """Return the spans that events, in order, tell of: each beginning with its end."""
    found: list[FlawSpan] = []
    opened: dict[tuple[Flaw, str, str], int] = {}
    for event in events:
        what = (event.kind, event.source, event.instrument)
        if event.start is not None and event.end is not None:
            found.append(FlawSpan(*what, event.start, event.end, times=event.times))
        elif event.start is not None:
            opened.setdefault(what, event.start)
        else:
            found.append(FlawSpan(*what, opened.pop(what, None), event.end))
    found += [FlawSpan(*what, start, None) for what, start in opened.items()]
    return sorted(found, key=_order)


def _order(span: FlawSpan) -> tuple[int, str, str, str]:
    return (span.start or 0, span.source, span.instrument, span.kind)


def merged(spans: Iterable[FlawSpan]) -> list[FlawSpan]:
    """Return spans of refused values with those of a source and a reason that touch made one."""
    found: dict[tuple[str, str], list[FlawSpan]] = {}
    for span in sorted(spans, key=_order):
        row = found.setdefault((span.source, span.reason), [])
        last = row[-1] if row else None
        if last is not None and last.end is not None and (span.start or 0) <= last.end:
            row[-1] = FlawSpan(
                *(span.kind, span.source, span.instrument, last.start, span.end, span.reason),
                times=last.times + span.times,
            )
        else:
            row.append(span)
    return sorted((span for row in found.values() for span in row), key=_order)
