"""How far a replay has been fed, kept with what was fed. Hop 4 of a replay.

The entries and the position change in one server-side function, which first checks that the
position is where the caller believes it to be. So a process killed at any moment goes on exactly
where it was, and a batch whose answer was lost can be sent again without doubling anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from monitor.core.errors import ConfigError
from monitor.domain.events import Quote
from monitor.store.client import translated
from monitor.store.codec import SCHEMA, encode_tick
from monitor.store.keys import REPLAY_TAG, Keys

_SCAN_COUNT = 500

_APPEND = """
local source = redis.call('HGET', KEYS[2], 'source')
if source and source ~= ARGV[1] then return -1 end
local index = tonumber(redis.call('HGET', KEYS[2], 'index') or '0')
if index ~= tonumber(ARGV[2]) then return index end
for i = 4, #ARGV, 2 do
  redis.call('XADD', KEYS[1], '*', 'v', ARGV[3], 'q', ARGV[i + 1], 'at', ARGV[i])
  index = index + 1
end
redis.call('HSET', KEYS[2], 'source', ARGV[1], 'index', index, 'at', ARGV[#ARGV - 1])
return index
"""
_OTHER_SOURCE = -1


@dataclass(frozen=True, slots=True)
class Moment:
    """What became known at one time: one entry of the ticks stream to be.

    Attributes:
        at: when it became known, ms UTC.
        quotes: at least one.

    """

    at: int
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Position:
    """How far a replay has been fed.

    Attributes:
        index: how many moments are in the stream, which is the index of the next one.
        at: the time of the last one, ms UTC.
        source: fingerprint of what is played.

    """

    index: int
    at: int
    source: str


class Playback:
    """Feeds one source of moments into the ticks stream of one shard."""

    def __init__(self, client: Redis, keys: Keys, source: str) -> None:
        """`source` is the fingerprint of the files and the range that are played."""
        self._client = client
        self._keys = keys
        self._source = source
        self._append = client.register_script(_APPEND)

    async def position(self) -> Position | None:
        """Return how far this source has been fed, None if nothing has been.

        Raises:
            ConfigError: another source has been fed to this Redis.
            StoreUnavailable: Redis did not answer.

        """
        with translated("read the replay's position"):
            found: dict[Any, Any] = await self._client.hgetall(self._keys.replay)
        if not found:
            return None
        source = found[b"source"].decode()
        if source != self._source:
            raise self._other_source()
        return Position(int(found[b"index"]), int(found[b"at"]), source)

    async def append(self, index: int, moments: Sequence[Moment]) -> None:
        """Add `moments`, the first of which is number `index`, and move the position past them.

        All or nothing; sending the same moments again is harmless.

        Raises:
            ConfigError: another source, or another process, has fed this Redis meanwhile.
            StoreUnavailable: Redis did not answer; whether they were added is not known.

        """
        if not moments:
            return
        arguments: list[bytes | str | int] = [self._source, index, SCHEMA]
        for moment in moments:
            arguments += (moment.at, encode_tick(moment.quotes)["q"])
        with translated("feed the replay"):
            reached = int(await self._append([self._keys.ticks, self._keys.replay], arguments))
        if reached == _OTHER_SOURCE:
            raise self._other_source()
        if reached != index + len(moments):
            raise ConfigError(
                f"the replay stands at moment {reached} where {index} was expected",
                where=self._keys.replay,
                hint="another replay runs on this Redis, or it lost data; with only one running, "
                "start the same command again: it goes on from what Redis has",
            )

    async def clear(self) -> None:
        """Forget the replay: delete every key of its tag, so that it starts over.

        Raises:
            ValueError: the keys are not a replay's; live state is never cleared.
            StoreUnavailable: Redis did not answer.

        """
        if not self._keys.tag.startswith(REPLAY_TAG):
            raise ValueError(f"tag {self._keys.tag!r} is not a replay's ({REPLAY_TAG})")
        with translated("clear the replay"):
            batch: list[Any] = []
            async for key in self._client.scan_iter(match=self._keys.pattern, count=_SCAN_COUNT):
                batch.append(key)
                if len(batch) == _SCAN_COUNT:
                    await self._client.unlink(*batch)
                    batch.clear()
            if batch:
                await self._client.unlink(*batch)

    def _other_source(self) -> ConfigError:
        return ConfigError(
            "this Redis holds a replay of other files or range, or under other rules or books",
            where=self._keys.replay,
            hint="add --fresh to forget it and start over, or play what was played before",
        )
