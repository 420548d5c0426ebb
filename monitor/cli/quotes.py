"""The stored quotes as `hashhedge feeds quotes` shows them: both times of each, and whether fresh."""

from __future__ import annotations

import contextlib
from collections.abc import Container
from typing import Any

import msgspec

from monitor.compute.cells import read_cells
from monitor.core.clock import Millis, iso
from monitor.domain.events import Quote
from monitor.domain.freshness import is_fresh
from monitor.domain.symbols import symbol_of
from monitor.nyse import nyse_calendar
from monitor.store.client import RedisClient
from monitor.store.commit import Committer
from monitor.store.feeds import FeedStore
from monitor.store.keys import Keys


async def stored_quotes(client: RedisClient, keys: Keys) -> list[Quote]:
    """Return the newest quote of each instrument and source, of feeds and ingest alike.

    The step's memory has all that counted; the quotes hash also what the step has yet to read.

    Raises:
        StoreUnavailable: Redis did not answer.

    """
    cells = await Committer(client, keys).load()
    fetched = msgspec.convert(list((await FeedStore(client, keys).quotes()).values()), list[Quote])
    newest: dict[tuple[str, str], Quote] = {}
    for quote in (*read_cells(cells).quotes, *fetched):
        name = (quote.instrument, quote.source)
        if name not in newest or quote.observed_at >= newest[name].observed_at:
            newest[name] = quote
    return [newest[name] for name in sorted(newest)]


def quote_row(quote: Quote, stocks: Container[str], now: Millis) -> dict[str, Any]:
    """Return a quote as data; a share grows old only while its market is open."""
    kind = symbol_of(quote.instrument, stocks).kind
    elapsed = None
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
        "fresh": is_fresh(quote, now, kind.fresh_ms, elapsed_ms=elapsed),
    }
