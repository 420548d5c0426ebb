"""How each feed is doing, as one field of a hash: written by the feeds role, read by people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from redis.asyncio import Redis

from monitor.domain.events import Quote
from monitor.domain.feed_reports import FeedReport
from monitor.domain.freshness import State, unattended
from monitor.store.client import server_time, translated
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
        at = await server_time(self._client)
        fields: dict[Any, Any] = {
            feed: msgspec.json.encode({**record, "said_at": at}) for feed, record in health.items()
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
        """Return the records by feed; the state of each is of now, though nobody may ask it any more.

        Raises:
            ConfigError: a record cannot be read.
            StoreUnavailable: Redis did not answer.

        """
        with translated("read the feeds' health"):
            records: dict[Any, Any] = await self._client.hgetall(self._keys.feeds)
        found = decoded(self._keys.feeds, records, dict[str, Any])
        now = await server_time(self._client) if found else 0
        return {feed: _as_of(record, now) for feed, record in found.items()}

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


def _as_of(record: dict[str, Any], now: int) -> dict[str, Any]:
    """Return a record with its state of now; one from before there was a time stays as it is."""
    if not {"said_at", "state"} <= record.keys():
        return record
    budget_ms = record.get("budget_ms", 0)
    state = unattended(State(record["state"]), record["said_at"], budget_ms, now)
    return record | {"state": state.value, "unattended_ms": now - record["said_at"]}
