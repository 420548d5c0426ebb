"""The `ticks` stream: hop 4 writes it, hop 5 reads it from the committed cursor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from redis.asyncio import Redis

from monitor.core.clock import HOUR
from monitor.domain.events import Quote
from monitor.domain.notices import FIRST_LOOK_MS, KEPT_MS, Notice
from monitor.store.asked import Asked
from monitor.store.client import BLOCK_MS, RedisClient, translated
from monitor.store.codec import encode_notice, encode_quote, encode_tick
from monitor.store.commit import GROUP
from monitor.store.keys import Keys
from monitor.store.wire import Command, stream_entries

KEEP_TICKS_MS = HOUR
"""How long a tick stays after it was computed."""

Entry: TypeAlias = tuple[bytes, Mapping[bytes, bytes]]

_APPEND = """
local news = {}
for i = 2, #ARGV, 5 do
  local known = redis.call('HGET', KEYS[1], ARGV[i])
  local read, last = pcall(cjson.decode, known or '')
  if not read or type(last) ~= 'table' or type(last.observed_at) ~= 'number'
      or last.value ~= ARGV[i + 1] or string.format('%.0f', last.observed_at) ~= ARGV[i + 2] then
    news[#news + 1] = ARGV[i + 3]
  end
  redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 4])
end
if #news == 0 then return 0 end
redis.call('XADD', KEYS[2], '*', 'v', '1', 'q', '[' .. table.concat(news, ',') .. ']', 'at', ARGV[1])
return #news
"""

_TELL = """
local first = redis.call('EXISTS', KEYS[1]) == 0
local news = {}
for i = 4, #ARGV, 4 do
  local at = tonumber(ARGV[i + 1])
  local oldest = tonumber(ARGV[i + 2])
  if first then oldest = math.max(oldest, tonumber(ARGV[2])) end
  if redis.call('ZADD', KEYS[1], 'NX', at, ARGV[i]) == 1 and at >= oldest then
    news[#news + 1] = ARGV[i + 3]
  end
end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[3])
if #news == 0 then return 0 end
redis.call('XADD', KEYS[2], '*', 'v', '1', 'n', '[' .. table.concat(news, ',') .. ']', 'at', ARGV[1])
return #news
"""


def quote_field(quote: Quote) -> str:
    """Return the field of the quotes hash: `instrument|source`."""
    return f"{quote.instrument}|{quote.source}"


class TickWriter:
    """Appends what feeds bring: latest quotes and one stream entry, in one step."""

    def __init__(self, client: Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._append = client.register_script(_APPEND)

    async def deliver(self, quotes: Sequence[tuple[Quote, bool]], at: int) -> int:
        """Store quotes that came together at `at` (ms UTC); return how many were news.

        Each comes with whether it is fresh now, which the stored record shows to people. A quote
        equal to the source's last (same value, same time of its own) is no news and makes no
        tick.

        Raises:
            StoreUnavailable: Redis did not answer; nothing or everything was stored.

        """
        arguments: list[bytes | str | int] = [at]
        for quote, fresh in quotes:
            body = encode_quote(quote)
            record = body[:-1] + (b',"fresh":true}' if fresh else b',"fresh":false}')
            arguments += (quote_field(quote), str(quote.value), quote.observed_at, body, record)
        with translated("store quotes"):
            return int(await self._append([self._keys.quotes, self._keys.ticks], arguments))


class NoticeWriter:
    """Appends what happened, each thing once."""

    def __init__(self, client: Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._tell = client.register_script(_TELL)

    async def deliver(self, notices: Sequence[Notice], at: int) -> int:
        """Store what one source told at `at` (ms UTC); return how much of it was news.

        What was told before is none, nor is what happened too long ago; of what a source has when
        it is asked for the very first time, only the last day is.

        Raises:
            StoreUnavailable: Redis did not answer; nothing or everything was stored.

        """
        if not notices:
            return 0
        arguments: list[bytes | str | int] = [at, at - FIRST_LOOK_MS, at - KEPT_MS]
        for notice in notices:
            oldest = at - notice.kind.told_for_ms
            member = f"{notice.kind.value}|{notice.subject}|{notice.id}"
            arguments += (member, notice.observed_at, oldest, encode_notice(notice))
        keys = [self._keys.notices(notices[0].source), self._keys.ticks]
        with translated("store notices"):
            return int(await self._tell(keys, arguments))


class TickReader:
    """Reads entries after a given id, waiting for them.

    Attributes:
        count: how many it reads at most.
        server_now: the server's time when it gave the last answer, ms UTC.

    """

    def __init__(self, client: RedisClient, keys: Keys, *, count: int = 500) -> None:
        self._client = client
        self._wire = client.wire("ticks")
        self._keys = keys
        self._stream = keys.ticks
        self.count = count
        self.server_now = 0

    def begin(self, after: str, *, block_ms: int = BLOCK_MS) -> Asked | None:
        """Ask now for what `finish` returns; None: there is no connection, so `read` it."""
        return self._wire.begin(*self._question(after, block_ms))

    async def finish(self, asked: Asked) -> list[Entry]:
        """Return the answer to what `begin` asked; see `read`."""
        with translated("read ticks"):
            return self._entries(await self._wire.replies(asked))

    def give_up(self) -> None:
        """Let nothing come of what `begin` asked: the connection goes with it."""
        self._wire.close()

    async def read(self, after: str, *, block_ms: int = BLOCK_MS) -> list[Entry]:
        """Return up to `count` entries after `after`, [] if none came within `block_ms`.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        with translated("read ticks"):
            return self._entries(await self._wire.ask(*self._question(after, block_ms)))

    def _question(self, after: str, block_ms: int) -> tuple[Command, Command]:
        wait = ("XREAD", "COUNT", self.count, "BLOCK", block_ms, "STREAMS", self._stream)
        return (*wait, after or "0"), ("TIME",)

    def _entries(self, replies: Sequence[Any]) -> list[Entry]:
        read, (seconds, micros) = replies
        self.server_now = int(seconds) * 1_000 + int(micros) // 1_000
        return stream_entries(read)

    async def trim(self, before: str) -> int:
        """Forget entries older than `before`, and return how many they were.

        Never call it with more than what is committed.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        with translated("trim ticks"):
            gone: Any = await self._client.xtrim(self._keys.ticks, minid=before, approximate=True)
        return int(gone)

    async def lag(self) -> int:
        """Return how many entries wait to be computed.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        with translated("measure the lag"):
            if not await self._client.exists(self._keys.ticks):
                return 0
            groups = await self._client.xinfo_groups(self._keys.ticks)
        return next((int(g["lag"] or 0) for g in groups if g["name"] in {GROUP, GROUP.encode()}), 0)


async def append_raw(client: Redis, keys: Keys, quotes: Sequence[Quote], at: int) -> None:
    """Append one entry as a stranger would, with one XADD."""
    with translated("append a tick"):
        await client.xadd(keys.ticks, encode_tick(quotes, at))  # type: ignore[arg-type]  # redis-py's dict is invariant
