"""What was put aside, for a person: letters that no sink takes, and tick entries that cannot be read.

A letter is moved here with its reason, by the relay or, where no channel of its user took it, by the
courier. Of a tick entry only the id and the reason are
put aside: the entry itself stays in the stream of ticks for as long as that reaches back.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from redis.asyncio import Redis

from monitor.core.clock import Millis
from monitor.store.client import translated
from monitor.store.keys import Keys

_REQUEUE = """
local found = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])
if #found == 0 then return 'GONE' end
local fields = {}
if KEYS[3] then
  local id
  for i = 1, #found[1][2], 2 do if found[1][2][i] == 'id' then id = found[1][2][i + 1] end end
  local entry = redis.call('XRANGE', KEYS[3], id, id)
  if #entry == 0 then return 'TRIMMED' end
  fields = entry[1][2]
else
  for i = 1, #found[1][2], 2 do
    local name = found[1][2][i]
    if name ~= 'reason' and name ~= 'entry' then
      fields[#fields + 1] = name
      fields[#fields + 1] = found[1][2][i + 1]
    end
  end
end
redis.call('XADD', KEYS[2], '*', unpack(fields))
redis.call('XDEL', KEYS[1], ARGV[1])
return 'OK'
"""


class Origin(StrEnum):
    """Where it was on its way to."""

    OUTBOX = "outbox"
    TICKS = "ticks"
    LETTERS = "letters"


class Requeued(StrEnum):
    """What became of a wish to try again."""

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
        self._requeue = client.register_script(_REQUEUE)

    async def newest(self, count: int) -> list[DeadLetter]:
        """Return at most `count` of each kind, oldest first."""
        found: list[DeadLetter] = []
        for origin, key in self._places().items():
            with translated("read the dead letters"):
                page: Any = await self._client.xrevrange(key, count=count)
            found += [self._read(origin, name.decode(), fields) for name, fields in page]
        return sorted(found, key=lambda it: (it.at, it.id))

    async def requeue(self, letter: DeadLetter) -> Requeued:
        """Put one back at the end of its stream and take it from here, in one step."""
        here = self._places()[letter.origin]
        keys = {
            Origin.OUTBOX: [here, self._keys.outbox],
            Origin.LETTERS: [here, self._keys.letters],
            Origin.TICKS: [here, self._keys.ticks, self._keys.ticks],
        }[letter.origin]
        with translated("requeue a dead letter"):
            answer = await self._requeue(keys, [_inner(letter)])
        return Requeued(answer.decode())

    async def remove(self, letter: DeadLetter) -> bool:
        """Give one up for good; tell whether it was there."""
        with translated("remove a dead letter"):
            return bool(await self._client.xdel(self._places()[letter.origin], _inner(letter)))

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


def _inner(letter: DeadLetter) -> str:
    """Return its id in the stream of its kind."""
    return letter.id.partition(":")[2]
