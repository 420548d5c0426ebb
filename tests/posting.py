"""A post office on a real Redis: the users sink writes letters, a courier brings them to telephones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from alerts.channels.base import Channel, ChannelContext, ChannelSpec, Message
from alerts.channels.opening import OpenChannels
from alerts.codec import decode_transition
from alerts.correspondence import Clerk
from alerts.courier import Courier, CourierOptions
from alerts.model import Transition
from alerts.releasing import Releaser
from alerts.schemas.origin import Origin
from alerts.sinks.users import UsersSettings, UsersSink
from alerts.users import UsersBook
from monitor.app.posting import GROUP, letter_store
from monitor.core.backoff import Backoff
from monitor.core.errors import DeliveryError
from monitor.store.client import RedisClient
from monitor.store.keys import Keys
from monitor.store.outbox_stream import OutboxStream
from monitor.store.watchlists import WatchlistStore
from monitor.telemetry.instruments import Instruments
from monitor.telemetry.series import Known
from tests.relaying import Shown
from tests.sinks import note
from tests.transitions import AT
from tests.waiting import wait_for, wait_until

KINDS = ("ntfy", "email")
NOW = Backoff(base_s=0.0, cap_s=0.0)
HASTY = CourierOptions(block_ms=20, retry=NOW, rounds=NOW, look_every_s=0.01)


@dataclass
class Telephone:
    """What a channel of one kind was handed, and what it answers with instead."""

    got: list[Message] = field(default_factory=list)
    tried: int = 0
    fault: Callable[[int], DeliveryError | None] = lambda _: None
    opened: int = 0
    hangs: bool = False

    async def send(self, message: Message) -> str:
        """Take a message, or raise the fault of this try."""
        self.tried += 1
        if self.hangs:
            await asyncio.Event().wait()
        error = self.fault(self.tried)
        if error is not None:
            raise error
        self.got.append(message)
        return f"receipt-{len(self.got)}"

    def spec(self, kind: str) -> ChannelSpec:
        """Return the kind of channel that this telephone is."""

        @asynccontextmanager
        async def opening(_: ChannelContext, __: Mapping[str, object]) -> AsyncIterator[Channel]:
            self.opened += 1
            yield self

        def open_(
            context: ChannelContext, settings: Mapping[str, object]
        ) -> AbstractAsyncContextManager[Channel]:
            return opening(context, settings)

        return ChannelSpec(kind=kind, open=open_)


class Post:
    """The office: one Redis, one moment, one book of users."""

    def __init__(self, redis: RedisClient, tag: str, book: UsersBook) -> None:
        self.redis, self.keys, self.book = redis, Keys(tag), book
        self.clock = Shown(AT + 1_000)
        self.phones = {kind: Telephone() for kind in KINDS}
        self.store = letter_store(redis, self.keys)
        self.told = Instruments(Known(channels=KINDS), version="0")
        self.tags: frozenset[str] = frozenset()
        self._courier: asyncio.Task[None] | None = None

    @property
    def ntfy(self) -> list[Message]:
        """Return what the first telephone got."""
        return self.phones["ntfy"].got

    @property
    def email(self) -> list[Message]:
        """Return what the second telephone got."""
        return self.phones["email"].got

    async def tell(self, *items: Transition) -> None:
        """Hand notices to the sink, as the relay does."""
        lists = WatchlistStore(self.redis, self.keys)
        settings = UsersSettings(
            book=lambda: self.book,
            store=self.store,
            lists=lists.read,
            tags=lambda _: self.tags,
            counted=self.told.courier.routed,
        )
        sink = UsersSink(settings, self.clock)
        for item in items:
            await sink.publish(note(item))

    def start(self, options: CourierOptions = HASTY) -> None:
        """Start a courier."""
        context = ChannelContext(clock=self.clock, version="0", secret=lambda name: name)
        kinds = {kind: phone.spec(kind) for kind, phone in self.phones.items()}
        courier = Courier(
            self._stream(),
            self.store,
            lambda: self.book,
            Clerk(lambda _: "", Origin()),
            OpenChannels(kinds, context),
            clock=self.clock,
            meter=self.told.courier,
            options=options,
        )
        self._courier = asyncio.create_task(courier.run())

    async def stop(self) -> None:
        """End the courier where it stands."""
        if self._courier is not None:
            self._courier.cancel()
            await asyncio.gather(self._courier, return_exceptions=True)
            self._courier = None

    async def look(self) -> int:
        """Let go what may go by now, without a courier."""
        return await Releaser(self.store, lambda: self.book, self.clock).look()

    async def done(self, but: int = 0) -> None:
        """Come back when every letter is settled or put aside, `but` so many."""

        async def settled() -> bool:
            return await self._stream().depth() == but

        await wait_for(settled, f"all letters but {but} to be settled")

    async def waiting(self) -> int:
        """Return how many letters wait for a courier."""
        return await self._stream().depth()

    async def dead(self) -> list[dict[str, str]]:
        """Return the letters that were put aside."""
        page: Any = await self.redis.xrange(self.keys.dead_user_letters)
        return [{k.decode(): v.decode() for k, v in fields.items()} for _, fields in page]

    async def notices(self) -> list[Transition]:
        """Return what was told to those who mend channels."""
        page: Any = await self.redis.xrange(self.keys.outbox)
        return [decode_transition(fields[b"n"]) for _, fields in page]

    def counted(self, name: str, **labels: str) -> float:
        """Return what a counter stands at."""
        return self.told.registry.get_sample_value(name, labels) or 0.0

    def _stream(self) -> OutboxStream:
        return OutboxStream(
            self.redis,
            self.keys.letters,
            GROUP,
            consumer="test",
            dead_key=self.keys.dead_user_letters,
        )


@asynccontextmanager
async def posted(redis: RedisClient, tag: str, book: UsersBook) -> AsyncIterator[Post]:
    """Give an office without a courier, who is stopped at the end if one was started."""
    post = Post(redis, tag, book)
    try:
        yield post
    finally:
        await post.stop()


async def until(post: Post, count: int, kind: str = "ntfy") -> list[Message]:
    """Return what a telephone got when it is so much."""
    got = post.phones[kind].got
    await wait_until(lambda: len(got) >= count, f"{count} messages by {kind}")
    return got
