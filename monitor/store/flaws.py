"""What was wrong with the sources lately: noticed spans, and counts of refused values by the hour.

The commit writes both for what the step saw; the feeds role adds what it refused before that, and
the outages of its streams.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from redis.asyncio import Redis

from monitor.core.clock import DAY, HOUR, Millis, iso, parse_iso
from monitor.domain.flaws import Flaw, FlawEvent, FlawSpan
from monitor.store.client import translated
from monitor.store.keys import Keys
from monitor.store.records import unreadable

KEEP_REFUSED_MS = 7 * DAY
MAX_FLAWS = 20_000

_encode = msgspec.json.encode
_decode = msgspec.json.Decoder(FlawEvent).decode


def encode_flaw(event: FlawEvent) -> bytes:
    """Return an event as the stream holds it."""
    return _encode(event)


def refused_field(at: Millis, source: str, reason: str) -> str:
    """Return the field that counts what a source had refused for a reason in that hour."""
    return f"{iso(at)[:13]}|{reason}|{source}"


class FlawStore:
    """Reads the flaws of one shard, adds the feeds' own, forgets old counts."""

    def __init__(self, client: Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    async def events(self) -> list[FlawEvent]:
        """Return what was noticed, in order.

        Raises:
            ConfigError: an entry cannot be read.
            StoreUnavailable: Redis did not answer.

        """
        with translated("read the flaws"):
            page: Any = await self._client.xrange(self._keys.flaws)
        try:
            return [_decode(fields[b"n"]) for _, fields in page]
        except (KeyError, msgspec.DecodeError) as error:
            hint = f"redis-cli DEL '{self._keys.flaws}'; what it remembered is lost"
            raise unreadable(self._keys.flaws, "n", error, hint) from error

    async def add(self, events: Sequence[FlawEvent]) -> None:
        """Add what was noticed outside the step; the oldest of all events goes.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        if not events:
            return
        with translated("write the flaws"):
            async with self._client.pipeline(transaction=True) as pipe:
                for event in events:
                    entry: dict[Any, Any] = {"n": encode_flaw(event)}
                    pipe.xadd(self._keys.flaws, entry, maxlen=MAX_FLAWS, approximate=True)
                await pipe.execute()

    async def refused(self) -> list[FlawSpan]:
        """Return what was refused, an hour a span.

        Raises:
            ConfigError: a count cannot be read.
            StoreUnavailable: Redis did not answer.

        """
        with translated("read what was refused"):
            counts: Any = await self._client.hgetall(self._keys.refused)
        found = []
        for name, times in counts.items():
            try:
                hour, reason, source = name.decode().split("|", 2)
                start = parse_iso(f"{hour}:00")
                span = FlawSpan(
                    *(Flaw.REFUSED, source, "", start, start + HOUR, reason), times=int(times)
                )
            except ValueError as error:
                field = name.decode(errors="replace")
                hint = f"redis-cli HDEL '{self._keys.refused}' '{field}'"
                raise unreadable(self._keys.refused, field, error, hint) from error
            found.append(span)
        return found

    async def count(self, refused: Mapping[str, int]) -> None:
        """Add to the counts; by `refused_field`.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        if not refused:
            return
        with translated("count what was refused"):
            async with self._client.pipeline(transaction=True) as pipe:
                for name, times in refused.items():
                    pipe.hincrby(self._keys.refused, name, times)
                await pipe.execute()

    async def forget(self, now: Millis) -> None:
        """Drop the counts that are older than is kept.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        oldest = iso(now - KEEP_REFUSED_MS)[:13].encode()
        with translated("forget old counts"):
            names: Any = await self._client.hkeys(self._keys.refused)
            old = [name for name in names if name < oldest]
            if old:
                await self._client.hdel(self._keys.refused, *old)
