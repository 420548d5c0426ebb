"""Which rulebook the service works by, for those who look at it. Written by whoever computes."""

from __future__ import annotations

import asyncio
import zlib
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from monitor.store.client import translated
from monitor.store.keys import Keys

MAX_BYTES = 16 * 1_048_576
"""A book of more bytes of JSON is named and not stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBook:
    """A rulebook as it lies in Redis.

    Attributes:
        file: what it was read from, on the machine of the service.
        version: the hash of all that it says.
        body: itself as JSON; None of one that is too large.

    """

    file: str
    version: str
    body: bytes | None


class RulebookStore:
    """The one rulebook of a shard."""

    def __init__(self, client: Redis, keys: Keys) -> None:
        self._client = client
        self._key = keys.rulebook

    async def write(self, book: StoredBook) -> None:
        """Put a book in the place of the one before.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        fits = book.body is not None and len(book.body) <= MAX_BYTES
        body = b""
        if fits and book.body is not None:  # in a thread: a hundred thousand rules take 50 ms
            body = await asyncio.to_thread(zlib.compress, book.body, 1)
        fields: dict[Any, Any] = {"file": book.file, "version": book.version, "body": body}
        with translated("write the rulebook"):
            await self._client.hset(self._key, mapping=fields)

    async def read(self) -> StoredBook | None:
        """Return the book; None where no service has written one.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        with translated("read the rulebook"):
            fields: dict[Any, Any] = await self._client.hgetall(self._key)
        if not fields:
            return None
        packed = fields[b"body"]
        unpack = zlib.decompressobj()
        body = unpack.decompress(packed, MAX_BYTES) if packed else None
        return StoredBook(
            file=fields[b"file"].decode(), version=fields[b"version"].decode(), body=body
        )
