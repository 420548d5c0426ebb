"""What was put aside, for a person: letters that no sink takes, and tick entries that cannot be read.

A letter is moved here with its reason, by the relay or, where no channel of its user took it, by the
courier. Of a tick entry only the id and the reason are
put aside: the entry itself stays in the stream of ticks for as long as that reaches back.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec
from redis.asyncio import Redis

from monitor.core.clock import Millis
from monitor.domain.commands import MAX_LISTED
from monitor.store.client import server_time, translated
from monitor.store.commands import MAX_REPLIES
from monitor.store.keys import Keys

_SETTLE = """
local places = {outbox = {KEYS[1], KEYS[2]}, letters = {KEYS[3], KEYS[4]}, ticks = {KEYS[5], KEYS[6]}}

local function fields_of(letter, origin)
  local kept, entry = {}, nil
  for i = 1, #letter, 2 do
    if origin == 'ticks' then
      if letter[i] == 'id' then entry = letter[i + 1] end
    elseif letter[i] ~= 'reason' and letter[i] ~= 'entry' then
      kept[#kept + 1] = letter[i]
      kept[#kept + 1] = letter[i + 1]
    end
  end
  if origin ~= 'ticks' then return kept end
  local found = redis.call('XRANGE', KEYS[6], entry, entry)
  return found[1] and found[1][2]
end

local function settle(name)
  local origin, id = string.match(name, '^(%a+):(.+)$')
  local here, there = unpack(places[origin])
  local found = redis.call('XRANGE', here, id, id)
  if #found == 0 then return 'GONE' end
  if ARGV[1] == 'again' then
    local fields = fields_of(found[1][2], origin)
    if not fields then return 'TRIMMED' end
    redis.call('XADD', there, '*', unpack(fields))
  end
  redis.call('XDEL', here, id)
  return 'OK'
end

local became, done = {}, {}
for i = 4, #ARGV do
  became[i - 3] = settle(ARGV[i])
  if became[i - 3] == 'OK' then done[#done + 1] = ARGV[i] end
end
local reply = cjson.decode(ARGV[2])
reply.accepted = #done > 0
reply.text = reply.text .. ' ' .. #done .. ' of ' .. #became .. ' dead letters'
if #became == 1 then reply.text = reply.text .. ': ' .. ARGV[4] end
if #done > 0 then reply.matches, reply.matched = done, #done end
redis.call('XADD', KEYS[7], 'MAXLEN', '~', ARGV[3], '*', 'n', cjson.encode(reply))
return became
"""
"""Settle letters, and write down in the same moment who asked for it and what became of them."""


class Origin(StrEnum):
    """Where it was on its way to."""

    OUTBOX = "outbox"
    TICKS = "ticks"
    LETTERS = "letters"


class Wish(StrEnum):
    """What a person wants done with a letter."""

    AGAIN = "again"
    DROP = "drop"

    @property
    def verb(self) -> str:
        """Return the word under which the trail of commands has it."""
        return "dlq.requeue" if self is Wish.AGAIN else "dlq.remove"


class Became(StrEnum):
    """What became of such a wish."""

    OK = "OK"
    GONE = "GONE"
    TRIMMED = "TRIMMED"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One that was put aside.

    Attributes:
        id: of it here, `outbox:<id>`, `ticks:<id>` or `letters:<id>`.
        origin: which stream it comes from.
        at: when it was put aside, ms UTC.
        entry: its id in that stream.
        reason: why.
        body: what it holds, as bytes; empty of a tick entry.

    """

    id: str
    origin: Origin
    at: Millis
    entry: str
    reason: str
    body: bytes


class DeadLetters:
    """Those of one shard. All methods raise `StoreUnavailable`."""

    def __init__(self, client: Redis, keys: Keys, notice: str, letter: str) -> None:
        """Take the fields in which a notice of the outbox and a letter to a user stand."""
        self._client, self._keys = client, keys
        self._fields = {Origin.OUTBOX: notice.encode(), Origin.LETTERS: letter.encode()}
        self._script = client.register_script(_SETTLE)

    async def newest(self, count: int) -> list[DeadLetter]:
        """Return at most `count` of each kind, oldest first."""
        found: list[DeadLetter] = []
        for origin, key in self._places().items():
            with translated("read the dead letters"):
                page: Any = await self._client.xrevrange(key, count=count)
            found += [self._read(origin, name.decode(), fields) for name, fields in page]
        return sorted(found, key=lambda it: (it.at, it.id))

    async def settle(self, wish: Wish, letters: Sequence[DeadLetter], by: str) -> list[Became]:
        """Put letters back at the end of their streams, or give them up, because `by` says so.

        What happens and the trail of commands are written in one step, `MAX_LISTED` letters at a
        time: whatever dies meanwhile, the trail names what was done, and Redis is never held long.
        """
        found: list[Became] = []
        for start in range(0, len(letters), MAX_LISTED):
            found += await self._settle(wish, letters[start : start + MAX_LISTED], by)
        return found

    async def _settle(self, wish: Wish, letters: Sequence[DeadLetter], by: str) -> list[Became]:
        keys = self._keys
        names = [keys.dead_letters, keys.outbox, keys.dead_user_letters, keys.letters]
        names += [keys.rejected, keys.ticks, keys.replies]
        reply = {
            "id": secrets.token_hex(8),
            "at": await server_time(self._client),
            "text": "requeued" if wish is Wish.AGAIN else "removed",
            "by": by,
            "verb": wish.verb,
        }
        said = [wish.value, msgspec.json.encode(reply), MAX_REPLIES, *(it.id for it in letters)]
        with translated("settle dead letters"):
            answer = await self._script(names, said)
        return [Became(word.decode()) for word in answer]

    def _places(self) -> dict[Origin, str]:
        return {
            Origin.OUTBOX: self._keys.dead_letters,
            Origin.TICKS: self._keys.rejected,
            Origin.LETTERS: self._keys.dead_user_letters,
        }

    def _read(self, origin: Origin, name: str, fields: dict[bytes, bytes]) -> DeadLetter:
        entry = fields.get(b"id" if origin is Origin.TICKS else b"entry", b"")
        return DeadLetter(
            id=f"{origin}:{name}",
            origin=origin,
            at=int(name.partition("-")[0]),
            entry=entry.decode("utf-8", "replace"),
            reason=fields.get(b"reason", b"").decode("utf-8", "replace"),
            body=fields.get(self._fields.get(origin, b""), b""),
        )
