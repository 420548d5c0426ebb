"""Watch lists in Redis: a set of symbols for each name, changed in one step each."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from redis.asyncio import Redis

from monitor.store.client import translated
from monitor.store.keys import Keys

_PUT = """
if redis.call('SISMEMBER', KEYS[1], ARGV[1]) == 0 and redis.call('SCARD', KEYS[1]) >= tonumber(ARGV[2]) then
  return -1
end
local anew = ARGV[4] == '1'
local size = anew and #ARGV - 4 or redis.call('SCARD', KEYS[2])
for i = 5, #ARGV do
  if not anew then size = size + 1 - redis.call('SISMEMBER', KEYS[2], ARGV[i]) end
end
if size > tonumber(ARGV[3]) then return -2 end
if anew then redis.call('DEL', KEYS[2]) end
redis.call('SADD', KEYS[1], ARGV[1])
return redis.call('SADD', KEYS[2], unpack(ARGV, 5))
"""
TOO_MANY_LISTS = -1
TOO_MANY_SYMBOLS = -2


class WatchlistStore:
    """Reads and changes the watch lists of one shard."""

    def __init__(self, client: Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._put = client.register_script(_PUT)

    async def read(self) -> dict[str, tuple[str, ...]]:
        """Return all lists by name, each with its symbols in order.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        with translated("read the watch lists"):
            members: Any = await self._client.smembers(self._keys.watchlists)
            names = sorted(name.decode() for name in members)
            async with self._client.pipeline(transaction=True) as pipe:
                for name in names:
                    pipe.smembers(self._keys.watchlist(name))
                found = await pipe.execute()
        return {
            name: tuple(sorted(symbol.decode() for symbol in symbols))
            for name, symbols in zip(names, found, strict=True)
        }

    async def put(
        self, name: str, symbols: Collection[str], *, lists: int, most: int, anew: bool = False
    ) -> int:
        """Add `symbols` to a list, or make it of them; return how many were not in it.

        `lists` and `most` are how many lists and symbols there may be; with more nothing changes,
        and the answer is TOO_MANY_LISTS or TOO_MANY_SYMBOLS.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        keys = [self._keys.watchlists, self._keys.watchlist(name)]
        with translated("write a watch list"):
            return int(await self._put(keys, [name, lists, most, int(anew), *symbols]))

    async def take(self, name: str, symbols: Collection[str]) -> int:
        """Take `symbols` out of a list; return how many were in it. An empty list stays.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        with translated("write a watch list"):
            return int(await self._client.srem(self._keys.watchlist(name), *symbols))

    async def drop(self, name: str) -> bool:
        """Remove a list; tell whether there was one.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        with translated("remove a watch list"):
            async with self._client.pipeline(transaction=True) as pipe:
                pipe.srem(self._keys.watchlists, name)
                pipe.delete(self._keys.watchlist(name))
                removed, _ = await pipe.execute()
        return bool(removed)
