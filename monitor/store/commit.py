"""Hop 6: everything that one batch of ticks changes, in one server-side function, or nothing.

The function checks two things first. The fencing token: a newer holder of the lease makes every
older one harmless. The cursor: the batch must start where the last commit ended, so a commit
whose answer was lost and that is sent again changes nothing a second time.

The consumer group `compute` on the ticks stream is moved to the batch's last entry in the same
function. That makes the group's last-delivered id the durable cursor: entries read but not
committed were never delivered as far as Redis knows, and the next holder reads them again, in
order. (A plain XREADGROUP would advance before the commit, leave them to be claimed out of
order, and let a woken old holder take entries away from the new one.)

Redis does not undo what a function did before it failed, so whatever can fail comes first: the
kinds of the keys that are written are looked at and the group is moved before anything is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from redis.exceptions import ResponseError

from monitor.core.errors import LeaseLost, StoreUnavailable
from monitor.store.client import RedisClient, translated
from monitor.store.commands import MAX_REPLIES
from monitor.store.flaws import MAX_FLAWS, FlawStore
from monitor.store.keys import Keys
from monitor.store.leases import Lease
from monitor.store.wire import Command

GROUP = "compute"
MAX_TRANSITIONS = 1_000_000
MAX_REJECTED = 10_000

_COMMIT = """
local token, state, ticks = KEYS[1], KEYS[2], KEYS[3]
local outbox, transitions, rejected = KEYS[4], KEYS[5], KEYS[6]
local flaws, refused, replies = KEYS[7], KEYS[8], KEYS[9]
if redis.call('GET', token) ~= ARGV[1] then return 'FENCED' end
local cursor = redis.call('HGET', state, 'cursor') or ''
if cursor ~= ARGV[2] then return 'MOVED' end
local function refused_as(key, kind, written)
  local found = written and redis.call('TYPE', key).ok
  if found and found ~= kind and found ~= 'none' then
    return redis.error_reply(key .. ' is a ' .. found)
  end
end
local last = 10 + ARGV[5] + ARGV[6] + 2 * ARGV[7] + ARGV[8] + 2 * ARGV[9] + ARGV[10]
local wrong = refused_as(state, 'hash', true)
  or refused_as(outbox, 'stream', #ARGV > last) or refused_as(transitions, 'stream', #ARGV > last)
  or refused_as(rejected, 'stream', ARGV[7] ~= '0') or refused_as(flaws, 'stream', ARGV[8] ~= '0')
  or refused_as(refused, 'hash', ARGV[9] ~= '0') or refused_as(replies, 'stream', ARGV[10] ~= '0')
if wrong then return wrong end
if ARGV[3] ~= ARGV[2] then
  redis.call('XGROUP', 'SETID', ticks, 'compute', ARGV[3], 'ENTRIESREAD', ARGV[4])
end
local at, fields = 11, tonumber(ARGV[5])
for first = at, at + fields - 1, 1000 do
  redis.call('HSET', state, unpack(ARGV, first, math.min(first + 999, at + fields - 1)))
end
at = at + fields
local gone = tonumber(ARGV[6])
for first = at, at + gone - 1, 1000 do
  redis.call('HDEL', state, unpack(ARGV, first, math.min(first + 999, at + gone - 1)))
end
at = at + gone
local bad = tonumber(ARGV[7])
for i = at, at + 2 * bad - 1, 2 do
  redis.call('XADD', rejected, 'MAXLEN', '~', 'MAX_REJECTED', '*', 'id', ARGV[i], 'reason', ARGV[i + 1])
end
at = at + 2 * bad
local noticed, counted = tonumber(ARGV[8]), tonumber(ARGV[9])
for i = at, at + noticed - 1 do
  redis.call('XADD', flaws, 'MAXLEN', '~', 'MAX_FLAWS', '*', 'n', ARGV[i])
end
at = at + noticed
for i = at, at + 2 * counted - 1, 2 do
  if redis.call('HLEN', refused) < 20000 or redis.call('HEXISTS', refused, ARGV[i]) == 1 then
    redis.call('HINCRBY', refused, ARGV[i], ARGV[i + 1])
  end
end
at = at + 2 * counted
local answered = tonumber(ARGV[10])
for i = at, at + answered - 1 do
  redis.call('XADD', replies, 'MAXLEN', '~', 'MAX_REPLIES', '*', 'n', ARGV[i])
end
for i = at + answered, #ARGV do
  redis.call('XADD', transitions, 'MAXLEN', '~', 'MAX_TRANSITIONS', '*', 'n', ARGV[i])
  redis.call('XADD', outbox, '*', 'n', ARGV[i])
end
if ARGV[3] ~= ARGV[2] then
  redis.call('HSET', state, 'cursor', ARGV[3], 'entries_read', ARGV[4])
end
return 'OK'
"""
for _bound, _most in (
    ("MAX_TRANSITIONS", MAX_TRANSITIONS),
    ("MAX_REPLIES", MAX_REPLIES),
    ("MAX_REJECTED", MAX_REJECTED),
    ("MAX_FLAWS", MAX_FLAWS),
):
    _COMMIT = _COMMIT.replace(_bound, str(_most))
_SHA = hashlib.sha1(_COMMIT.encode(), usedforsecurity=False).hexdigest()
"""Under which name Redis keeps it."""


class Commit(msgspec.Struct, frozen=True, kw_only=True):
    """What one batch changes.

    Attributes:
        expected_cursor: id of the last entry of the batch before, '' at the very start.
        cursor: id of this batch's last entry; equal to the one before for a batch of timers only.
        entries_read: how many entries have been read in all, for the group's lag.
        cells: state fields to write; None removes the field.
        transitions: encoded, in order; each goes to the audit trail and to the outbox.
        rejected: (entry id, reason) of entries that could not be read.
        flaws: encoded, in order: what was noticed of the sources.
        refused: by `hour|source|reason` how many values were refused.
        replies: encoded: what became of the commands in it.

    """

    expected_cursor: str
    cursor: str
    entries_read: int
    cells: Mapping[str, bytes | None] = msgspec.field(default_factory=dict)
    transitions: Sequence[bytes] = ()
    rejected: Sequence[tuple[str, str]] = ()
    flaws: Sequence[bytes] = ()
    refused: Mapping[str, int] = msgspec.field(default_factory=dict)
    replies: Sequence[bytes] = ()


class Committer:
    """Sends commits of one shard under a lease."""

    def __init__(self, client: RedisClient, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._wire = client.wire("commit")
        self._names = (
            *(keys.state, keys.ticks, keys.outbox, keys.transitions),
            *(keys.rejected, keys.flaws, keys.refused, keys.replies),
        )

    @property
    def state_key(self) -> str:
        """Return the hash that `load` reads."""
        return self._keys.state

    async def prepare(self) -> None:
        """Make the consumer group, at the start of the stream, if it is not there.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        with translated("create the compute group"):
            groups = (
                await self._client.xinfo_groups(self._keys.ticks)
                if await self._client.exists(self._keys.ticks)
                else []
            )
            if not any(group["name"] in {GROUP, GROUP.encode()} for group in groups):
                await self._client.xgroup_create(self._keys.ticks, GROUP, id="0", mkstream=True)

    async def load(self) -> dict[str, bytes]:
        """Return all cells as they were committed last.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        with translated("load the state"):
            (flat,) = await self._wire.ask(("HGETALL", self._keys.state))
        names = (name.decode() for name in flat[::2])
        return dict(zip(names, flat[1::2], strict=True))

    async def forget(self, now: int) -> None:
        """Drop counts that are kept no longer at `now` (ms UTC).

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        await FlawStore(self._client, self._keys).forget(now)

    async def commit(self, lease: Lease, batch: Commit) -> None:
        """Write `batch`, whole or not at all; sending the same batch again is harmless.

        Raises:
            LeaseLost: a newer holder exists, or somebody else moved the cursor.
            StoreUnavailable: Redis did not answer; whether it was written is not known.

        """
        written: list[bytes | str] = []
        removed: list[str] = []
        for name, body in batch.cells.items():
            if body is None:
                removed.append(name)
            else:
                written += (name, body)
        flat = [part for pair in batch.rejected for part in pair]
        arguments: list[bytes | str | int] = [
            lease.token,
            batch.expected_cursor,
            batch.cursor,
            batch.entries_read,
            len(written),
            len(removed),
            len(batch.rejected),
            len(batch.flaws),
            len(batch.refused),
            len(batch.replies),
            *written,
            *removed,
            *flat,
            *batch.flaws,
            *(part for pair in batch.refused.items() for part in pair),
            *batch.replies,
            *batch.transitions,
        ]
        words = (1 + len(self._names), self._keys.token(lease.role), *self._names, *arguments)
        with translated("commit"):
            answer = await self._run(words)
        if answer == b"OK":
            return
        if answer == b"FENCED":
            raise LeaseLost(f"token {lease.token} is older than the newest holder's")
        if answer == b"MOVED":
            raise LeaseLost("the cursor is not where this holder left it")
        raise StoreUnavailable(f"commit: unexpected answer {answer!r}")

    async def _run(self, words: Command) -> Any:  # noqa: ANN401 - what Redis says
        """Run the function; a Redis that does not have it yet is given it."""
        try:
            (answer,) = await self._wire.ask(("EVALSHA", _SHA, *words))
        except ResponseError as error:
            if not str(error).startswith("NOSCRIPT"):
                raise
            (answer,) = await self._wire.ask(("EVAL", _COMMIT, *words))
        return answer
