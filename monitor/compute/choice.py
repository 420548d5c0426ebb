"""Which of several sources speaks for an instrument. Hop 5, pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from decimal import Decimal

from monitor.domain.events import DIFFICULTY, HEIGHT, Quote, Reading
from monitor.domain.rental import rental_price

OF_THE_CHAIN = frozenset({HEIGHT, DIFFICULTY})
_NONE = Decimal(0)


def best_quote(
    quotes: Collection[Quote],
    heights: Mapping[str, Quote],
    fresh_until: Callable[[Quote], int],
    now: int,
) -> tuple[Quote | None, int]:
    """Return the newest fresh quote, or without one the newest, and until when it is fresh.

    Real time goes before what is told late by contract. Of what is of one moment the name of the
    source decides: the order in which they were heard is not the same after a restart.

    Of the chain, who has seen the most blocks is right, whoever spoke last: sources that lag by a
    block must not make the height, or the difficulty after a retarget, go back. `heights` has what
    each source told of the height.
    """
    if len(quotes) == 1:
        (only,) = quotes
        return only, fresh_until(only)
    best: Quote | None = None
    best_until = -1
    best_rank: tuple[bool, Decimal, bool, int, str] | None = None
    for quote in quotes:
        until = fresh_until(quote)
        in_time = not quote.delay_ms
        rank = (
            until >= now,
            _blocks_seen(quote, heights),
            in_time,
            quote.observed_at,
            quote.source,
        )
        if best_rank is None or rank > best_rank:
            best, best_until, best_rank = quote, until, rank
    return best, best_until


def _blocks_seen(quote: Quote, heights: Mapping[str, Quote]) -> Decimal:
    height = heights.get(quote.source) if quote.instrument in OF_THE_CHAIN else None
    return _NONE if height is None else height.value


def rental_reading(
    quotes: Mapping[str, Quote], fresh_until: Callable[[Quote], int], now: int
) -> tuple[Reading, int]:
    """Return what the fresh sources of a rental price say together, and when that can change."""
    fresh = {quote: until for quote in quotes.values() if (until := fresh_until(quote)) >= now}
    value, quality = rental_price([float(quote.value) for quote in fresh])
    newest = max(quote.observed_at for quote in fresh)
    reason = "" if quality.usable else quality.word
    return Reading(value, quality, reason, newest), min(fresh.values()) + 1
