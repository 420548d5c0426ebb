"""People's commands on the `ticks` stream, and the answers. Hop 4, and hop 6 back.

A command is JSON in the entry's field `c`: `{"id", "by", "verb", "dry_run", "wish"}`. What a verb's
wish may hold is the dataclass of `monitor/domain/commands.py`, no key more and none less than it
must; whoever takes commands in, from a shell, a page or a phone, sends them through here.

An id is taken once: it is remembered for a day in the same server-side function that appends the
entry. Whoever asks again under it, because an answer was lost on its way, gets the first one.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import msgspec
from redis.asyncio import Redis

from monitor.core.clock import DAY
from monitor.core.errors import NobodyComputes
from monitor.domain.command_forms import command_fault
from monitor.domain.commands import VERBS, Command, ReloadBooks, Reply, verb_of
from monitor.store.client import BLOCK_MS, translated
from monitor.store.keys import Keys

MAX_BYTES = 8_192
SCHEMA = "1"
ANSWER_S = 10.0
REMEMBERED_MS = DAY
_PAGE = 100
MAX_REPLIES = 100_000
MAX_FORBIDDEN = 10_000

_ENTER = """
local seen = redis.call('GET', KEYS[1])
if seen then return {0, seen} end
local last = redis.call('XREVRANGE', KEYS[3], '+', '-', 'COUNT', 1)
local said = ARGV[1] .. ' ' .. (last[1] and last[1][1] or '0-0')
redis.call('XADD', KEYS[2], '*', 'v', ARGV[2], 'c', ARGV[3])
redis.call('SET', KEYS[1], said, 'PX', ARGV[4])
return {1, said}
"""


class IdTakenError(ValueError):
    """A command has the id of another one that says something else."""


@dataclass(frozen=True, slots=True)
class Entered:
    """A command that is among the ticks.

    Attributes:
        command: what was asked.
        after: the last answer before it; its own comes later.
        is_new: it came in now, not before.

    """

    command: Command
    after: str
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Forbidden:
    """A command that was refused at the door, for the trail.

    Attributes:
        at: when, ms UTC.
        road: how it came.
        user: whose it claimed to be.
        known: whether that was proved.
        outcome: the word that it is counted by.
        text: why.
        verb: what it was about, as far as that was read.
        id: its own, as far as that was read.

    """

    at: int
    road: str
    user: str
    known: bool
    outcome: str
    text: str
    verb: str = ""
    id: str = ""


class _Envelope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    by: str
    verb: str
    wish: dict[str, Any]
    dry_run: bool = False


_decode = msgspec.json.Decoder(_Envelope).decode
_decode_reply = msgspec.json.Decoder(Reply).decode
_decode_forbidden = msgspec.json.Decoder(Forbidden).decode


def encode_command(command: Command) -> bytes:
    """Return a command as it stands in the stream."""
    return msgspec.json.encode(
        _Envelope(
            id=command.id,
            by=command.by,
            verb=verb_of(command.action),
            wish=msgspec.to_builtins(command.action),
            dry_run=command.dry_run,
        )
    )


def decode_command(body: bytes) -> Command:
    """Return the command that an entry holds.

    Raises:
        ValueError: no command: too large, no JSON, an unknown verb or key, a missing or wrong one.

    """
    if len(body) > MAX_BYTES:
        raise ValueError(f"a command of {len(body)} bytes; at most {MAX_BYTES}")
    envelope = _decode(body)
    kind = VERBS.get(envelope.verb)
    if kind is None:
        raise ValueError(f"no verb {envelope.verb[:40]!r}; known are {', '.join(VERBS)}")
    strange = set(envelope.wish) - {field.name for field in fields(kind)}
    if strange:
        raise ValueError(f"{envelope.verb} knows no `{min(strange)[:40]}`")
    action = msgspec.convert(envelope.wish, kind)
    command = Command(id=envelope.id, by=envelope.by, action=action, dry_run=envelope.dry_run)
    fault = command_fault(command)
    if fault:
        raise ValueError(fault)
    return command


def encode_reply(reply: Reply) -> bytes:
    """Return an answer as it stands in the stream of answers."""
    return msgspec.json.encode(reply)


class CommandDesk:
    """Puts commands on the stream and waits for their answers."""

    def __init__(self, client: Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._enter = client.register_script(_ENTER)

    async def ask(self, command: Command, *, within_s: float = ANSWER_S) -> Reply:
        """Put one command among the ticks and return what became of it.

        Raises:
            StoreUnavailable: Redis did not answer, or the service did not within `within_s`. The
                command may be done later; asking again under the same id does it once.
            IdTakenError: another command has its id.

        """
        return await self.reply(await self.enter(command), within_s=within_s)

    async def enter(self, command: Command, *, said: bytes | None = None) -> Entered:
        """Put one command among the ticks, unless its id is there already.

        `said` is what the asker said, where the command holds more than that (a moment that
        follows from a duration, say): equal words under one id are the same wish.

        Raises:
            StoreUnavailable: Redis did not answer.
            IdTakenError: another command has its id.

        """
        body, keys = encode_command(command), self._keys
        digest = hashlib.sha256(body if said is None else said).hexdigest()
        names = [keys.command(command.id), keys.ticks, keys.replies]
        with translated("send a command"):
            is_new, kept = await self._enter(names, [digest, SCHEMA, body, REMEMBERED_MS])
        before, _, after = kept.decode().partition(" ")
        if before != digest:
            raise IdTakenError("another command has this id already; choose a new one")
        entered = Entered(command, after, bool(is_new))
        if not entered.is_new and isinstance(command.action, ReloadBooks):
            await self._again(entered, body)
        return entered

    async def reply(self, entered: Entered, *, within_s: float = ANSWER_S) -> Reply:
        """Return what became of a command.

        Raises:
            StoreUnavailable: as `ask`.

        """
        after = entered.after
        ends = time.monotonic() + within_s
        while (left := ends - time.monotonic()) > 0:
            page = await self._page(after, max(1, min(BLOCK_MS, int(left * 1_000))))
            for entry_id, answered in page:
                after = entry_id.decode()
                reply = _decode_reply(answered[b"n"])
                if reply.id == entered.command.id:
                    return reply
        raise NobodyComputes(
            f"no answer within {within_s:g} s: nobody computes there; what was asked is done when "
            "the service comes back"
        )

    async def answer(self, reply: Reply) -> None:
        """Answer a command that no commit answers, for it changes nothing in the state.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        with translated("answer a command"):
            await self._client.xadd(
                self._keys.replies, {"n": encode_reply(reply)}, maxlen=MAX_REPLIES, approximate=True
            )

    async def forbid(self, forbidden: Forbidden) -> None:
        """Keep in the trail that a command was refused.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        entry: dict[Any, Any] = {"n": msgspec.json.encode(forbidden)}
        with translated("note a refused command"):
            await self._client.xadd(
                self._keys.forbidden, entry, maxlen=MAX_FORBIDDEN, approximate=True
            )

    async def trail(self, count: int) -> list[Reply | Forbidden]:
        """Return the newest commands and what became of them, oldest first.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        with translated("read the trail of commands"):
            answered: Any = await self._client.xrevrange(self._keys.replies, count=count)
            refused: Any = await self._client.xrevrange(self._keys.forbidden, count=count)
        # each stream in its own order, for some share a millisecond
        found: list[Reply | Forbidden] = [_decode_reply(it[b"n"]) for _, it in reversed(answered)]
        found += [_decode_forbidden(it[b"n"]) for _, it in reversed(refused)]
        return sorted(found, key=lambda it: it.at)[-count:]

    async def _again(self, entered: Entered, body: bytes) -> None:
        """Ask once more for what no commit does: a process that died has forgotten it.

        To read books twice does no harm; all else is done by the commit that takes the entry.
        """
        if any(
            _decode_reply(it[b"n"]).id == entered.command.id for it in await self._later(entered)
        ):
            return
        entry: dict[Any, Any] = {"v": SCHEMA, "c": body}
        with translated("send a command"):
            await self._client.xadd(self._keys.ticks, entry)

    async def _later(self, entered: Entered) -> list[Mapping[bytes, bytes]]:
        with translated("read the answers"):
            page: Any = await self._client.xrange(self._keys.replies, min=f"({entered.after}")
        return [answered for _, answered in page]

    async def _page(self, after: str, wait_ms: int) -> list[tuple[bytes, Mapping[bytes, bytes]]]:
        with translated("wait for the answer to a command"):
            page: Any = await self._client.xread(
                {self._keys.replies: after}, count=_PAGE, block=wait_ms
            )
        return page[0][1] if page else []
