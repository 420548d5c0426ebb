"""What people thought of alerts, in Redis: useful or noise, one word an alert."""

from __future__ import annotations

from typing import Any

from redis.asyncio import Redis

from monitor.store.client import translated
from monitor.store.keys import Keys

MAX_TAGS = 100_000
_PUT = """
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
"""


class TagStore:
    """Reads and writes the tags of one shard."""

    def __init__(self, client: Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._put = client.register_script(_PUT)

    async def put(self, alert: str, tag: str) -> bool:
        """Tag an alert by the id of its fire; the last tag counts. False: there are too many.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        with translated("tag an alert"):
            return bool(await self._put([self._keys.tags], [alert, tag, MAX_TAGS]))

    async def read(self) -> dict[str, str]:
        """Return the tag of each fire's id.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        with translated("read the tags of alerts"):
            found: dict[Any, Any] = await self._client.hgetall(self._keys.tags)
        return {name.decode(): tag.decode() for name, tag in found.items()}
