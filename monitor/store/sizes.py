"""How much memory the keys of a shard take, as Redis itself counts it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from redis.asyncio import Redis

from monitor.store.client import translated
from monitor.store.keys import Keys

_SCAN_COUNT = 500


async def measured_bytes(client: Redis, keys: Keys) -> Counter[str]:
    """Return the bytes of each key; those of all companies under one name.

    Raises:
        StoreUnavailable: Redis did not answer.

    """
    found: Counter[str] = Counter()
    every = keys.company("")
    with translated("measure the keys"):
        async for key in client.scan_iter(match=keys.pattern, count=_SCAN_COUNT):
            name = key.decode()
            # 0: every element is counted, not a sample of five
            size: Any = await client.memory_usage(name, samples=0)
            found[keys.company("*") if name.startswith(every) else name] += int(size or 0)
    return found
