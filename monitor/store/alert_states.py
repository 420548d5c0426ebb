"""What brokers were told last of each alert, and which alerts there are: to repeat it, and to end it.

The relay writes the first where it settles (`outbox_stream`), the process that computes the second.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from redis.asyncio import Redis

from monitor.store.client import translated
from monitor.store.keys import Keys


class AlertStates:
    """The told states of one shard, and the list of its alerts."""

    def __init__(self, client: Redis, keys: Keys) -> None:
        self._client = client
        self._told = keys.alert_states
        self._list = keys.alerts

    async def told(self) -> dict[str, bytes]:
        """Return the encoded transitions that stand told, by `rule|key`.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        with translated("read the told alert states"):
            found: Any = await self._client.hgetall(self._told)
        return {name.decode(): body for name, body in found.items()}

    async def names(self) -> set[str]:
        """Return the alerts of which a state stands told.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        with translated("read the told alert states"):
            found: Any = await self._client.hkeys(self._told)
        return {name.decode() for name in found}

    async def forget(self, names: Collection[str]) -> None:
        """Forget alerts whose state was taken back.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        if names:
            with translated("forget told alert states"):
                await self._client.hdel(self._told, *names)

    async def write_list(self, body: bytes) -> None:
        """Put the list of alerts in the place of the one before.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        with translated("write the list of alerts"):
            await self._client.set(self._list, body)

    async def read_list(self) -> bytes:
        """Return the list of alerts, empty where nobody has computed yet.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        with translated("read the list of alerts"):
            found: Any = await self._client.get(self._list)
        return found or b""
