"""The stored quotes as `hashhedge feeds quotes` shows them: both times of each, and whether fresh."""

from __future__ import annotations

import contextlib
from collections.abc import Container, Sequence
from typing import Any, TypeAlias

import msgspec

from monitor.compute.saved import Saved, read_cells
from monitor.core.clock import Millis, iso
from monitor.domain.consensus import Memory
from monitor.domain.events import Quote
from monitor.domain.freshness import State, is_fresh, quote_age, state_of
from monitor.domain.labels import with_session
from monitor.domain.symbols import symbol_of
from monitor.domain.venue_health import venue_health
from monitor.domain.venues import FAMILY
from monitor.nyse import nyse_calendar
from monitor.store.client import RedisClient
from monitor.store.commit import Committer
from monitor.store.feeds import FeedStore
from monitor.store.keys import Keys

Name: TypeAlias = tuple[str, str]
"""Of a quote: its instrument and its source."""


async def stored_quotes(client: RedisClient, keys: Keys) -> tuple[list[Quote], Saved]:
    """Return the newest quote of each instrument and source, and the step's memory.

    The step's memory has all that counted; the quotes hash also what the step has yet to read.

    Raises:
        StoreUnavailable: Redis did not answer.

    """
    saved = read_cells(await Committer(client, keys).load())
    fetched = msgspec.convert(list((await FeedStore(client, keys).quotes()).values()), list[Quote])
    newest: dict[tuple[str, str], Quote] = {}
    for quote in (*saved.quotes, *fetched):
        name = (quote.instrument, quote.source)
        if name not in newest or quote.observed_at >= newest[name].observed_at:
            newest[name] = quote
    return [newest[name] for name in sorted(newest)], saved


def disputed_quotes(quotes: Sequence[Quote], saved: Saved, now: Millis) -> frozenset[Name]:
    """Return the quotes, by instrument and source, that others contradict or a split explains."""
    memory = Memory() if saved.reference is None else saved.reference.memory
    bitcoin = [quote for quote in quotes if quote.instrument.startswith("BTC-")]
    pegs = [quote for quote in quotes if quote.instrument in FAMILY and quote not in bitcoin]
    venues, _, _ = venue_health([*bitcoin, *pegs], (), (), memory, now)
    out = {venue.venue for venue in venues if venue.state is State.DISPUTED}
    held = {(quote.instrument, quote.source) for quote in saved.held}
    return frozenset(held | {(q.instrument, q.source) for q in bitcoin if q.source in out})


def quote_row(
    quote: Quote, stocks: Container[str], now: Millis, disputed: Container[Name] = ()
) -> dict[str, Any]:
    """Return a quote as data; a share grows old only while its market is open."""
    elapsed = None
    symbol = symbol_of(quote.instrument, stocks)
    kind, quote = symbol.kind, with_session(quote, symbol, nyse_calendar().session_at)
    if kind.in_sessions:
        with contextlib.suppress(ValueError):  # outside its years no session is known
            elapsed = nyse_calendar().session_elapsed(quote.observed_at, now)
    return {
        "instrument": quote.instrument,
        "source": quote.source,
        "value": float(quote.value),
        "observed_at": iso(quote.observed_at),
        "received_at": None if quote.received_at is None else iso(quote.received_at),
        "age_s": (now - quote.observed_at) / 1_000,
        "delay_s": quote.delay_ms / 1_000,
        "session": None if quote.session is None else quote.session.value,
        "session_said": None if quote.session_said is None else quote.session_said.value,
        "state": state_of(
            quote_age(quote, now, kind.fresh_ms, elapsed_ms=elapsed),
            delayed=quote.delay_ms > 0,
            disputed=(quote.instrument, quote.source) in disputed,
        ).value,
        "fresh": is_fresh(quote, now, kind.fresh_ms, elapsed_ms=elapsed),
    }
