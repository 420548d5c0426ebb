"""The audit trail: every transition that was ever committed, in order."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from redis.asyncio import Redis

from monitor.store.client import translated
from monitor.store.keys import Keys

PAGE = 1_000


async def last_transition(client: Redis, keys: Keys) -> str:
    """Return the id of the last transition's entry, '' where there is none.

    Raises:
        StoreUnavailable: Redis did not answer.

    """
    with translated("read the transitions"):
        page: Any = await client.xrevrange(keys.transitions, count=1)
    return page[0][0].decode() if page else ""


async def committed_transitions(client: Redis, keys: Keys, after: str = "") -> AsyncIterator[bytes]:
    """Yield the encoded transitions after the entry `after`, or from the first on.

    Raises:
        StoreUnavailable: Redis did not answer.

    """
    after = f"({after}" if after else "-"
    while True:
        with translated("read the transitions"):
            page: Any = await client.xrange(keys.transitions, min=after, count=PAGE)
        for entry_id, fields in page:
            after = f"({entry_id.decode()}"
            yield fields[b"n"]
        if len(page) < PAGE:
            return


async def newest_transitions(client: Redis, keys: Keys, count: int) -> list[bytes]:
    """Return the newest `count` encoded transitions, the oldest of them first.

    Raises:
        StoreUnavailable: Redis did not answer.

    """
    with translated("read the transitions"):
        page: Any = await client.xrevrange(keys.transitions, count=count)
    return [fields[b"n"] for _, fields in reversed(page)]


async def newest_first(client: Redis, keys: Keys, limit: int) -> AsyncIterator[bytes]:
    """Yield encoded transitions from the newest back, at most `limit` of them.

    Raises:
        StoreUnavailable: Redis did not answer.

    """
    before, left = "+", limit
    while left > 0:
        with translated("read the transitions"):
            page: Any = await client.xrevrange(keys.transitions, max=before, count=min(left, PAGE))
        for entry_id, fields in page:
            before = f"({entry_id.decode()}"
            yield fields[b"n"]
        left -= len(page)
        if len(page) < PAGE:
            return
