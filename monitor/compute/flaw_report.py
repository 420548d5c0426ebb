"""The flaws of recorded quotes, and of sources that have fallen silent. Hop 5 without its store, pure.

A recording is shown to the same `Instruments` as live ticks, so what it finds is what the service
would have found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from monitor.compute.calendars import Market
from monitor.compute.instruments import Instruments
from monitor.domain.events import Quote
from monitor.domain.flaws import Flaw, FlawSpan, merged, spans_of


@dataclass(slots=True)
class Inspection:
    """What was found.

    Attributes:
        spans: of all flaws, by their beginning.
        quotes: by source, how many there were; None in a running service, which keeps no count.
        streams: the sources that are listened to as well; a recording does not say it.
        until: the moment up to which it was looked, ms UTC; None where there was nothing.

    """

    spans: list[FlawSpan] = field(default_factory=list)
    quotes: Mapping[str, int | None] = field(default_factory=dict)
    streams: frozenset[str] = frozenset()
    until: int | None = None


def inspect(
    moments: Iterable[tuple[int, Sequence[Quote]]], calendar: Market, stocks: Collection[str]
) -> Inspection:
    """Look through quotes, each batch with the moment at which it came; what was backfilled aside."""
    instruments = Instruments(calendar, stocks, lambda _name: True)
    found, now = Inspection(), 0
    counted: Counter[str] = Counter()
    refused: dict[tuple[str, str], FlawSpan] = {}
    for at, quotes in moments:
        now = max(now, at)
        while instruments.next_timer is not None and instruments.next_timer <= now:
            instruments.run_timer()
        live = [quote for quote in quotes if not quote.backfilled]
        counted.update(quote.source for quote in live)
        for source, reason in instruments.accept(live, now)[0]:
            known = refused.get((source, reason))
            start, times = (now, 0) if known is None else (known.start, known.times)
            refused[source, reason] = FlawSpan(
                *(Flaw.REFUSED, source, "", start, now, reason), times=times + 1
            )
        found.until = now
    noticed = [*spans_of(instruments.flaws.take()), *refused.values(), *silent(instruments, now)]
    found.spans = in_order(noticed)
    found.quotes = {span.source: counted[span.source] for span in found.spans} | dict(counted)
    return found


def silent(instruments: Instruments, now: int) -> list[FlawSpan]:
    """Return the gaps that last: sources that have said nothing within their budget."""
    return [
        FlawSpan(Flaw.GAP, quote.source, quote.instrument, quote.observed_at, None)
        for quote in instruments.overdue(now)
    ]


def in_order(spans: Iterable[FlawSpan]) -> list[FlawSpan]:
    """Return spans by their beginning, those of refused values merged where they touch."""
    kinds: Mapping[bool, list[FlawSpan]] = {True: [], False: []}
    for span in spans:
        kinds[span.kind is Flaw.REFUSED].append(span)
    found = [*kinds[False], *merged(kinds[True])]
    return sorted(found, key=lambda span: (span.start or 0, span.source, span.instrument))
