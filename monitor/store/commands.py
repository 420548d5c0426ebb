"""People's commands on the `ticks` stream, and the answers. Hop 4, and hop 6 back.

A command is JSON in the entry's field `c`: `{"id", "by", "verb", "dry_run", "wish"}`. What a verb's
wish may hold is the dataclass of `monitor/domain/commands.py`, no key more and none less than it
must; whoever takes commands in, from a shell, a page or a phone, sends them through here.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any

import msgspec
from redis.asyncio import Redis

from monitor.core.errors import StoreUnavailable
from monitor.domain.commands import (
    AckAlert,
    Action,
    AddMaintenance,
    AddSilence,
    Command,
    DrillAlert,
    EndMaintenance,
    EndSilence,
    ReloadBooks,
    RemoveRule,
    Reply,
    SetRule,
    UnackAlert,
    command_fault,
)
from monitor.store.client import BLOCK_MS, translated
from monitor.store.keys import Keys

MAX_BYTES = 8_192
SCHEMA = "1"
ANSWER_S = 10.0
_PAGE = 100
_KEPT = 1_000

VERBS: Mapping[str, type[Action]] = MappingProxyType(
    {
        "silence.add": AddSilence,
        "silence.end": EndSilence,
        "alert.ack": AckAlert,
        "alert.unack": UnackAlert,
        "maintenance.add": AddMaintenance,
        "maintenance.end": EndMaintenance,
        "rules.reload": ReloadBooks,
        "alert.drill": DrillAlert,
        "rule.set": SetRule,
        "rule.remove": RemoveRule,
    }
)
"""What may be asked, by its word."""
_WORDS = {kind: verb for verb, kind in VERBS.items()}


class _Envelope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    by: str
    verb: str
    wish: dict[str, Any]
    dry_run: bool = False


_decode = msgspec.json.Decoder(_Envelope).decode
_decode_reply = msgspec.json.Decoder(Reply).decode


def encode_command(command: Command) -> bytes:
    """Return a command as it stands in the stream."""
    return msgspec.json.encode(
        _Envelope(
            id=command.id,
            by=command.by,
            verb=_WORDS[type(command.action)],
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

    async def ask(self, command: Command, *, within_s: float = ANSWER_S) -> Reply:
        """Put one command among the ticks and return what became of it.

        Raises:
            StoreUnavailable: Redis did not answer, or the service did not within `within_s`. The
                command may be done later; asking again under the same id does it once.

        """
        after = await self._last()
        entry: dict[Any, Any] = {"v": SCHEMA, "c": encode_command(command)}
        with translated("send a command"):
            await self._client.xadd(self._keys.ticks, entry)
        ends = time.monotonic() + within_s
        while (left := ends - time.monotonic()) > 0:
            wait = max(1, min(BLOCK_MS, int(left * 1_000)))
            with translated("wait for the answer to a command"):
                page: Any = await self._client.xread(
                    {self._keys.replies: after}, count=_PAGE, block=wait
                )
            for entry_id, answered in page[0][1] if page else ():
                after = entry_id.decode()
                reply = _decode_reply(answered[b"n"])
                if reply.id == command.id:
                    return reply
        raise StoreUnavailable(
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
                self._keys.replies, {"n": encode_reply(reply)}, maxlen=_KEPT, approximate=True
            )

    async def _last(self) -> str:
        with translated("read the answers"):
            page: Any = await self._client.xrevrange(self._keys.replies, count=1)
        return page[0][0].decode() if page else "0-0"
