"""Quotes of the past into the ticks stream, and whether they have been taken in. Beside hop 4."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis

from monitor.core.errors import ConfigError
from monitor.domain.events import Quote
from monitor.store.client import translated
from monitor.store.codec import MalformedTickError, decode_tick, encode_tick
from monitor.store.keys import Keys


class BackfillWriter:
    """Appends entries of told quotes and looks how far the compute role has come."""

    def __init__(self, client: Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    async def append(self, quotes: Sequence[Quote]) -> str:
        """Add one entry, which comes now whatever its quotes' own times are; return its id.

        Raises:
            ConfigError: a quote breaks the ingest contract.
            StoreUnavailable: Redis did not answer; whether it was added is not known.

        """
        fields: dict[Any, Any] = encode_tick(quotes)
        try:
            decode_tick(b"0-1", {name.encode(): body for name, body in fields.items()})
        except MalformedTickError as error:
            raise ConfigError(
                f"a quote cannot be sent: {error}",
                where="the history",
                hint="docs/ingest.md says what a quote may hold",
            ) from error
        with translated("append the past"):
            entry: Any = await self._client.xadd(self._keys.ticks, fields)
        return str(entry.decode())

    async def computing(self) -> bool:
        """Tell whether some process computes.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        with translated("look for the compute role"):
            return bool(await self._client.exists(self._keys.lease("compute")))

    async def committed(self, entry: str) -> bool:
        """Tell whether an entry, and so all before it, has been computed and committed.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        with translated("look at the cursor"):
            cursor: Any = await self._client.hget(self._keys.state, "cursor")
        return cursor is not None and _parts(cursor.decode()) >= _parts(entry)


def _parts(entry: str) -> tuple[int, int]:
    written, _, place = entry.partition("-")
    return int(written or 0), int(place or 0)
