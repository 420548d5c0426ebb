"""The outbox as a Redis stream with one consumer group: read, claim, settle, dead-letter. Hop 7.

Entries are appended by the commit (hop 6) and leave only when they are settled or moved to the
dead letters; the stream is never trimmed by length, so nothing unsent can fall out of it.

Written for the command set of Redis 7.0 and Valkey. The client given must neither time out a
blocked read nor send it again by itself: a repeated XREADGROUP strands what the first one was
given. `client.connect` with `blocking` makes one that does neither.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Iterable, Mapping, Sequence
from typing import Any, cast

import msgspec
from redis.exceptions import ResponseError

from monitor.core.clock import Millis
from monitor.store.client import RedisClient, translated
from monitor.store.wire import Command, stream_entries

MAX_DEAD_LETTERS = 10_000
NO_STATES: Mapping[str, bytes] = {}
_FROM_START = "0-0"
GONE_MS: Millis = 3_600_000
"""A consumer that has asked for nothing for so long is gone: its name was of another pod."""
_FORGET = """
local gone = 0
for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local it = {}
  for i = 1, #consumer, 2 do it[consumer[i]] = consumer[i + 1] end
  if it.name ~= ARGV[2] and it.pending == 0 and it.idle >= tonumber(ARGV[3]) then
    gone = gone + 1
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], it.name)
  end
end
return gone
"""


class OutboxEntry(msgspec.Struct, frozen=True):
    """One entry as it lies in the stream: its id, rising, and its fields."""

    id: str
    fields: dict[bytes, bytes]

    @property
    def order(self) -> tuple[int, int]:
        """Return what sorts entries as they were appended."""
        millis, _, count = self.id.partition("-")
        return int(millis), int(count)


class OutboxStream:
    """One outbox, seen by one consumer of its group.

    `key`, `dead_key` and `states_key` must share a hash tag: moving an entry is one transaction.
    `consumer` is the same at each start of one replica.
    """

    def __init__(
        self,
        redis: RedisClient,
        key: str,
        group: str = "relay",
        *,
        consumer: str,
        dead_key: str,
        states_key: str = "",
    ) -> None:
        self._redis = redis
        self._settling = redis.wire("settle")
        self._wire = redis.wire(f"read {key}")  # a read that waits must hold no other up
        self._key = key
        self._group = group
        self._consumer = consumer
        self._dead_key = dead_key
        self._states_key = states_key
        self._forget = redis.register_script(_FORGET)

    async def ensure_group(self) -> None:
        """Make the group if it is not there; it begins at the first entry, not at the newest.

        Raises:
            StoreUnavailable: Redis cannot be reached.

        """
        with translated("outbox"):
            try:
                await self._redis.xgroup_create(self._key, self._group, id="0", mkstream=True)
            except ResponseError as error:
                if not str(error).startswith("BUSYGROUP"):
                    raise

    async def read(self, block_ms: int, count: int) -> list[OutboxEntry]:
        """Return up to `count` entries that no consumer has seen, waiting `block_ms` for one.

        Raises:
            StoreUnavailable: Redis cannot be reached.

        """
        with translated("outbox"):
            (answer,) = await self._wire.ask(
                (
                    *("XREADGROUP", "GROUP", self._group, self._consumer, "COUNT", count),
                    *("BLOCK", block_ms, "STREAMS", self._key, ">"),
                )
            )
        return _entries(stream_entries(answer))

    async def claims(
        self, min_idle_ms: Millis, count: int = 100
    ) -> AsyncIterator[list[OutboxEntry]]:
        """Take over what consumers, this one included, were given and left for `min_idle_ms`.

        Yields such entries by about `count`, in the order of their ids, to the end of the group.

        Raises:
            StoreUnavailable: Redis cannot be reached.

        """
        cursor = _FROM_START
        while True:
            with translated("outbox"):
                answer = await cast(
                    "Awaitable[Sequence[Any]]",
                    self._redis.xautoclaim(
                        self._key, self._group, self._consumer, min_idle_ms, cursor, count=count
                    ),
                )
            yield sorted(_entries(answer[1]), key=lambda entry: entry.order)
            cursor = answer[0].decode()
            if cursor == _FROM_START:
                return

    async def claim(self, min_idle_ms: Millis, count: int = 100) -> list[OutboxEntry]:
        """Return all that `claims` yields, in the order of the ids.

        Raises:
            StoreUnavailable: Redis cannot be reached.

        """
        taken = [entry async for page in self.claims(min_idle_ms, count) for entry in page]
        return sorted(taken, key=lambda entry: entry.order)

    async def entries(self, ids: Iterable[str]) -> list[OutboxEntry]:
        """Return those of `ids` that still lie in the stream, in the order asked for.

        Whose they are stays as it is: for a consumer that was given them and kept the ids alone.

        Raises:
            StoreUnavailable: Redis cannot be reached.

        """
        with translated("outbox"):
            pipeline = self._redis.pipeline(transaction=False)
            for entry_id in ids:
                pipeline.xrange(self._key, entry_id, entry_id)
            answers = await pipeline.execute()
        return _entries([row for answer in answers for row in answer])

    async def forget_gone(self, idle_ms: Millis = GONE_MS) -> int:
        """Remove consumers that are gone and were left with nothing; return how many.

        In one step: one that was given an entry meanwhile stays, and the entry with it.

        Raises:
            StoreUnavailable: Redis cannot be reached.

        """
        with translated("outbox"):
            return int(await self._forget([self._key], [self._group, self._consumer, idle_ms]))

    async def touch(self, ids: Iterable[str]) -> None:
        """Say that this consumer still works on `ids`, so that nobody takes them over.

        Raises:
            StoreUnavailable: Redis cannot be reached.

        """
        held: list[Any] = list(ids)
        if not held:
            return
        with translated("outbox"):
            await self._redis.xclaim(self._key, self._group, self._consumer, 0, held, justid=True)

    async def settle(self, ids: Sequence[str], states: Mapping[str, bytes] = NO_STATES) -> None:
        """Remove delivered entries; settling twice does no harm.

        `states` are what stands told by them, by alert, and are kept in the same transaction: what
        is settled will never be told again of the outbox. An empty one forgets the alert.

        Raises:
            StoreUnavailable: Redis cannot be reached; some may have been removed.

        """
        if not ids:
            return
        kept = [part for name, body in states.items() if body for part in (name, body)]
        gone = [name for name, body in states.items() if not body]
        commands: list[Command] = []
        if self._states_key and kept:
            commands.append(("HSET", self._states_key, *kept))
        if self._states_key and gone:
            commands.append(("HDEL", self._states_key, *gone))
        commands.append(("XACK", self._key, self._group, *ids))
        commands.append(("XDEL", self._key, *ids))
        with translated("outbox"):
            await self._settling.ask(("MULTI",), *commands, ("EXEC",))

    async def dead_letter(self, entry: OutboxEntry, reason: str) -> None:
        """Move one entry to the dead letters, with the reason, in one transaction.

        Raises:
            StoreUnavailable: Redis cannot be reached.

        """
        letter = {**entry.fields, b"reason": reason, b"entry": entry.id}
        with translated("outbox"):
            pipeline = self._redis.pipeline(transaction=True)
            pipeline.xadd(
                self._dead_key, cast("Any", letter), maxlen=MAX_DEAD_LETTERS, approximate=True
            )
            pipeline.xack(self._key, self._group, entry.id)
            pipeline.xdel(self._key, entry.id)
            await pipeline.execute()

    async def oldest_at(self) -> Millis | None:
        """Return when the oldest entry was appended, ms UTC; None if none waits.

        Raises:
            StoreUnavailable: Redis cannot be reached.

        """
        with translated("outbox"):
            first: Any = await self._redis.xrange(self._key, count=1)
        return int(first[0][0].partition(b"-")[0]) if first else None

    async def dead_letters(self) -> int:
        """Return how many entries were put aside.

        Raises:
            StoreUnavailable: Redis cannot be reached.

        """
        with translated("outbox"):
            return int(await self._redis.xlen(self._dead_key))

    async def depth(self) -> int:
        """Return how many entries wait to be settled.

        Raises:
            StoreUnavailable: Redis cannot be reached.

        """
        with translated("outbox"):
            return int(await self._redis.xlen(self._key))


def _entries(raw: Sequence[Any]) -> list[OutboxEntry]:
    # an entry deleted while it was pending comes back without fields
    return [OutboxEntry(entry_id.decode(), fields) for entry_id, fields in raw if fields]
