"""A channel that edits is told the name of the message before, as far as anybody knows it."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from alerts.channels.base import Message
from alerts.channels.remembering import Remembering
from monitor.core.errors import DeliveryError, StoreUnavailable
from tests.channels import message


@dataclass
class Chat:
    """A channel that numbers its messages, and keeps the number of what it edits."""

    seen: list[Message] = field(default_factory=list)
    fault: DeliveryError | None = None

    async def send(self, what: Message) -> str:
        """Take it."""
        if self.fault is not None:
            raise self.fault
        self.seen.append(what)
        return what.earlier or str(len(self.seen))


@dataclass
class Notes:
    """A memory that may be away."""

    known: dict[tuple[str, str], str] = field(default_factory=dict)
    is_away: bool = False
    kept: int = 0

    async def get(self, thread: str, channel: str) -> str:
        """Return what is known."""
        self._look()
        return self.known.get((thread, channel), "")

    async def keep(self, thread: str, channel: str, name: str) -> None:
        """Remember it."""
        self._look()
        self.kept += 1
        self.known[thread, channel] = name

    def _look(self) -> None:
        if self.is_away:
            raise StoreUnavailable("Redis is away")


async def test_a_thread_is_known_by_the_name_of_its_last_message() -> None:
    """Another thread, and another channel of the same user, have names of their own."""
    chat, notes = Chat(), Notes()
    one, other = (
        Remembering(chat, notes, "ana/telegram"),
        Remembering(chat, notes, "ana/telegram-2"),
    )
    assert await one.send(message()) == "1"
    assert await one.send(message()) == "1"
    assert await one.send(message(thread="ana|riot|2")) == "3"
    assert await other.send(message()) == "4"
    assert [it.earlier for it in chat.seen] == ["", "1", "", ""]
    assert notes.kept == 3


async def test_without_the_store_each_message_is_a_new_one() -> None:
    """Nothing that was taken fails for it: it would be sent again."""
    chat, notes = Chat(), Notes(is_away=True)
    channel = Remembering(chat, notes, "ana/telegram")
    assert await channel.send(message()) == "1"
    assert await channel.send(message()) == "2"
    assert [it.earlier for it in chat.seen] == ["", ""]


async def test_what_is_not_taken_is_not_remembered() -> None:
    """The failure goes on to whoever asked."""
    away = DeliveryError("away", retriable=True, reason="unreachable")
    notes = Notes()
    with pytest.raises(DeliveryError, match="away"):
        await Remembering(Chat(fault=away), notes, "ana/telegram").send(message())
    assert notes.known == {}
