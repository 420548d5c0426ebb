"""Which MQTT topics hold a retained state of ours: what a later start must take back if it is gone."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from redis.asyncio import Redis

from monitor.store.client import translated
from monitor.store.keys import Keys


class PublishedTopics:
    """The remembered topics of one shard."""

    def __init__(self, client: Redis, keys: Keys) -> None:
        self._client = client
        self._key = keys.published

    async def names(self) -> set[str]:
        """Return all remembered topics.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        with translated("read the published topics"):
            found: Any = await self._client.smembers(self._key)
        return {name.decode() for name in found}

    async def add(self, names: Collection[str]) -> None:
        """Remember topics.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        if names:
            with translated("remember published topics"):
                await self._client.sadd(self._key, *names)

    async def remove(self, names: Collection[str]) -> None:
        """Forget topics.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        if names:
            with translated("forget published topics"):
                await self._client.srem(self._key, *names)
