"""What brokers were told last of each alert, and which alerts there are: to repeat it, and to end it.

The relay writes the first where it settles (`outbox_stream`), the process that computes the second.
An alert of a user's own rule has a mark before its name, `@ana.iren|IREN`: its state stands below its
owner. One without that mark was told by a release that told everybody.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from redis.asyncio import Redis

from monitor.store.client import translated
from monitor.store.keys import Keys

_OWN = "@"


def below_owner(name: str) -> str:
    """Return where it is kept that the state of an alert, `rule|key`, stands below its owner."""
    return f"{_OWN}{name}"


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
        return {_named(name): body for name, body in found.items()}

    async def names(self) -> set[str]:
        """Return the alerts of which a state stands told.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        with translated("read the told alert states"):
            found: Any = await self._client.hkeys(self._told)
        return {_named(name) for name in found}

    async def shared(self) -> set[str]:
        """Return the alerts of which a state stands told to everybody.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        with translated("read the told alert states"):
            found: Any = await self._client.hkeys(self._told)
        return {name.decode() for name in found if not name.startswith(_OWN.encode())}

    async def move(self, name: str) -> None:
        """Keep that the state of an alert stands below its owner from now on.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        with translated("move a told alert state"):
            body: Any = await self._client.hget(self._told, name)
            async with self._client.pipeline(transaction=True) as pipe:
                if body is not None:
                    pipe.hsetnx(self._told, below_owner(name), body)
                pipe.hdel(self._told, name)
                await pipe.execute()

    async def forget(self, names: Collection[str]) -> None:
        """Forget alerts whose state was taken back.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        if names:
            with translated("forget told alert states"):
                places = [place for name in names for place in (name, below_owner(name))]
                await self._client.hdel(self._told, *places)

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


def _named(place: bytes) -> str:
    return place.decode().removeprefix(_OWN)
