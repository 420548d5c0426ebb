"""A channel that edits by the other side's own name for a message, and the memory of these names. Hop 9."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

from alerts.channels.base import Channel, Message
from monitor.core.errors import StoreUnavailable


class Memory(Protocol):
    """Knows what the last message of a thread is called, by channel; raises `StoreUnavailable`."""

    async def get(self, thread: str, channel: str) -> str:
        """Return its name, or an empty text."""
        ...

    async def keep(self, thread: str, channel: str, name: str) -> None:
        """Remember it."""
        ...


@dataclass(frozen=True, slots=True)
class Remembering:
    """A channel with a memory; without it, while the store is away, each message is a new one."""

    channel: Channel
    memory: Memory
    name: str

    async def send(self, message: Message) -> str:
        """Send `message` with the name of the one before. See `Channel.send`."""
        earlier = ""
        with suppress(StoreUnavailable):
            earlier = await self.memory.get(message.thread, self.name)
        receipt = await self.channel.send(replace(message, earlier=earlier))
        if receipt and receipt != earlier:
            with suppress(StoreUnavailable):  # it was taken: to fail now would send it again
                await self.memory.keep(message.thread, self.name, receipt)
        return receipt
