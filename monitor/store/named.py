"""What the other side calls the last message of an alert: for channels that edit it by that name. Hop 9."""

from __future__ import annotations

import hashlib
from typing import Any

from redis.asyncio import Redis

from monitor.core.clock import DAY, Millis
from monitor.store.client import translated
from monitor.store.keys import Keys

KEPT_MS: Millis = 7 * DAY
"""An alert that stands longer is told anew at its end."""


class NamedMessages:
    """The names of one shard. All methods raise `StoreUnavailable`."""

    def __init__(self, client: Redis, keys: Keys) -> None:
        self._client, self._keys = client, keys

    async def get(self, thread: str, channel: str) -> str:
        """Return the name of the last message of a thread by a channel, or an empty text."""
        with translated("read the name of a message"):
            found: Any = await self._client.get(self._key(thread, channel))
        return "" if found is None else found.decode()

    async def keep(self, thread: str, channel: str, name: str) -> None:
        """Remember it for a week."""
        with translated("keep the name of a message"):
            await self._client.set(self._key(thread, channel), name, px=KEPT_MS)

    def _key(self, thread: str, channel: str) -> str:
        told = f"{channel}|{thread}".encode("utf-8", "replace")
        return self._keys.named(hashlib.sha256(told).hexdigest()[:32])
