"""How each feed is doing, as one field of a hash: written by the feeds role, read by people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from redis.asyncio import Redis

from monitor.domain.events import Quote
from monitor.domain.feed_reports import FeedReport
from monitor.store.client import translated
from monitor.store.codec import encode_reports
from monitor.store.keys import Keys
from monitor.store.records import decoded


class FeedStore:
    """Writes and reads the health of the feeds of one shard."""

    def __init__(self, client: Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    async def write(self, health: Mapping[str, Mapping[str, Any]]) -> None:
        """Store the records by feed, in place of the earlier ones.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        if not health:
            return
        fields: dict[Any, Any] = {
            feed: msgspec.json.encode(record) for feed, record in health.items()
        }
        with translated("write the feeds' health"):
            async with self._client.pipeline(transaction=True) as pipe:
                pipe.delete(self._keys.feeds)  # a feed that left the book leaves here too
                pipe.hset(self._keys.feeds, mapping=fields)
                await pipe.execute()

    async def report(self, reports: Sequence[FeedReport], at: int) -> None:
        """Append what is to be said of feeds that should speak, as an entry of the ticks.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        entry: dict[Any, Any] = {**encode_reports(reports, at)}
        with translated("report silent feeds"):
            await self._client.xadd(self._keys.ticks, entry)

    async def read(self) -> dict[str, dict[str, Any]]:
        """Return the records by feed.

        Raises:
            ConfigError: a record cannot be read.
            StoreUnavailable: Redis did not answer.

        """
        with translated("read the feeds' health"):
            records: dict[Any, Any] = await self._client.hgetall(self._keys.feeds)
        return decoded(self._keys.feeds, records, dict[str, Any])

    async def quotes(self) -> dict[str, dict[str, Any]]:
        """Return the last quotes of all sources by `instrument|source`.

        Raises:
            ConfigError: a record cannot be read.
            StoreUnavailable: Redis did not answer.

        """
        with translated("read the latest quotes"):
            records: dict[Any, Any] = await self._client.hgetall(self._keys.quotes)
        decoded(
            self._keys.quotes, records, Quote
        )  # each is a quote, and says besides if it is fresh
        return decoded(self._keys.quotes, records, dict[str, Any])
