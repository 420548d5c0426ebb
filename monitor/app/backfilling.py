"""Backfilling: a dated history told to a running service, and what its rules would have said."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from msgspec import structs

from alerts.codec import decode_transition
from alerts.model import Transition
from alerts.reasons import Reason
from monitor.core.clock import DAY, Millis
from monitor.core.errors import ConfigError
from monitor.domain.chronicle import KEEP_SESSIONS
from monitor.domain.events import Quote
from monitor.domain.plausibility import judge
from monitor.store.backfill import BackfillWriter
from monitor.store.client import RedisClient
from monitor.store.keys import Keys
from monitor.store.playback import Moment
from monitor.store.transitions import committed_transitions, last_transition

KEEP_MS = KEEP_SESSIONS * DAY * 365 // 252
"""The engine remembers two years; what is older is not sent."""
PER_ENTRY = 400
MAX_WAITING = 10
"""Entries on their way at once: live ticks wait behind them, so they are few."""
LOOK_EVERY_S = 0.05
PATIENCE_S = 6.0
"""How long nobody may compute before it is given up: longer than a lease lasts."""


@dataclass(slots=True)
class Span:
    """What a history tells of one instrument by one source."""

    quotes: int
    first: Millis
    last: Millis


@dataclass(slots=True)
class Telling:
    """The quotes of a history on their way, and what was found out about them.

    Attributes:
        spans: by (instrument, source).
        refused: by (source, reason): what cannot be true.
        too_old: older than the engine remembers.

    """

    now: Millis
    spans: dict[tuple[str, str], Span] = field(default_factory=dict)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    too_old: int = 0

    def quotes(self, moments: Iterable[Moment]) -> Iterator[Quote]:
        """Yield what can be told, marked as told afterwards."""
        for quote in (quote for moment in moments for quote in moment.quotes):
            refusal = judge(quote, None, self.now)
            if quote.observed_at < self.now - KEEP_MS:
                self.too_old += 1
            elif refusal is not None:
                self.refused[quote.source, refusal.value] += 1
            else:
                self._count(quote)
                yield structs.replace(quote, backfilled=True, note="")

    def _count(self, quote: Quote) -> None:
        at = quote.observed_at
        span = self.spans.setdefault((quote.instrument, quote.source), Span(0, at, at))
        span.quotes += 1
        span.first, span.last = min(span.first, at), max(span.last, at)


async def backfill(client: RedisClient, keys: Keys, quotes: Iterator[Quote]) -> list[Transition]:
    """Tell `quotes` to the service behind `client`; return what was noted as late, in order.

    Telling the same again changes nothing, so an interrupted one is simply started anew.

    Raises:
        ConfigError: no process computes on this Redis, or a quote breaks the ingest contract.
        StoreUnavailable: Redis did not answer.

    """
    writer = BackfillWriter(client, keys)
    before = await last_transition(client, keys)
    waiting: list[str] = []
    while chunk := await asyncio.to_thread(lambda: list(islice(quotes, PER_ENTRY))):
        waiting.append(await writer.append(chunk))
        if len(waiting) >= MAX_WAITING:
            await _wait(writer, waiting[-1])
            waiting.clear()
    if waiting:
        await _wait(writer, waiting[-1])
    told = [decode_transition(body) async for body in committed_transitions(client, keys, before)]
    return [transition for transition in told if transition.reason is Reason.LATE]


async def _wait(writer: BackfillWriter, entry: str) -> None:
    """Come back when `entry` is computed."""
    nobody_s = 0.0
    while not await writer.committed(entry):
        # a lease may lapse under a long batch of a slow machine, and a takeover takes a moment
        nobody_s = 0.0 if await writer.computing() else nobody_s + LOOK_EVERY_S
        if nobody_s > PATIENCE_S:
            raise ConfigError(
                "no service computes on this Redis",
                where="--redis-url",
                hint="start `hashhedge run`, then give this command again: what was told before "
                "does no harm",
            )
        await asyncio.sleep(LOOK_EVERY_S)
