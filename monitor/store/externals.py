"""Who posts to /ingest: how each sender is doing, and which requests were taken already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from redis.asyncio import Redis

from monitor.core.clock import DAY, SECOND, Millis
from monitor.core.signature import WINDOW_S
from monitor.store.client import translated
from monitor.store.keys import Keys
from monitor.store.records import decoded

SEEN_MS = 2 * WINDOW_S * SECOND
"""A signature may be from the future by a window, and then counts for two."""
KEPT_S = 31 * DAY // SECOND
"""After so long without any post the senders are forgotten."""


class ExternalStore:
    """Writes and reads what is known of the senders of one shard."""

    def __init__(self, client: Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    async def write(self, source: str, record: Mapping[str, Any]) -> None:
        """Store how one sender is doing, in place of what was known.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        with translated("write a sender's health"):
            async with self._client.pipeline(transaction=True) as pipe:
                pipe.hset(self._keys.externals, source, msgspec.json.encode(record))
                pipe.expire(self._keys.externals, KEPT_S)
                await pipe.execute()

    async def read(self) -> dict[str, dict[str, Any]]:
        """Return the records by source.

        Raises:
            ConfigError: a record cannot be read.
            StoreUnavailable: Redis did not answer.

        """
        with translated("read the senders' health"):
            records: dict[Any, Any] = await self._client.hgetall(self._keys.externals)
        return decoded(self._keys.externals, records, dict[str, Any])

    async def first(self, signature: str, now: Millis, window_ms: Millis) -> bool:
        """Tell whether a signature was not seen within the window before `now`; remember it.

        In the store, so that neither a restart nor a second process takes a request twice.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        key = self._keys.signatures
        with translated("look for a signature"):
            async with self._client.pipeline(transaction=True) as pipe:
                pipe.zremrangebyscore(key, "-inf", now - window_ms)
                pipe.zadd(key, {signature: now}, nx=True)
                pipe.pexpire(key, window_ms)
                _, added, _ = await pipe.execute()
        return bool(added)

    async def forget(self, signature: str) -> None:
        """Let a signature be seen anew.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        with translated("forget a signature"):
            await self._client.zrem(self._keys.signatures, signature)
