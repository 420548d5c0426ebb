"""Which Home Assistant configurations of ours lie on the broker: what a later start must take back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec
from redis.asyncio import Redis

from monitor.store.client import translated
from monitor.store.keys import Keys

_decoder = msgspec.json.Decoder(dict[str, str])


class DiscoveryStore:
    """The remembered configurations of one shard: of each topic, the components ever in it."""

    def __init__(self, client: Redis, keys: Keys) -> None:
        self._client = client
        self._key = keys.discovery

    async def read(self) -> dict[str, dict[str, str]]:
        """Return by topic the components with their platforms; what cannot be read has none.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        with translated("read the discovery topics"):
            found: Any = await self._client.hgetall(self._key)
        return {name.decode(): _components(body) for name, body in found.items()}

    async def write(self, topics: Mapping[str, Mapping[str, str]]) -> None:
        """Remember topics and their components.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        bodies: dict[Any, Any] = {name: msgspec.json.encode(it) for name, it in topics.items()}
        if bodies:
            with translated("remember discovery topics"):
                await self._client.hset(self._key, mapping=bodies)

    async def forget(self, topics: Collection[str]) -> None:
        """Forget topics.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        if topics:
            with translated("forget discovery topics"):
                await self._client.hdel(self._key, *topics)


def _components(body: bytes) -> dict[str, str]:
    try:
        return _decoder.decode(body)
    except msgspec.DecodeError:
        return {}
