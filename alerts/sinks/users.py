"""The users sink: each notice becomes a letter to everybody who is to be told of it. Hop 8.

It ends in Redis: how a person is reached, and how long that takes, is the courier's matter, and no
alert's event waits for it. A letter is written once by its id, so a notice that comes again after a
crash makes no second one. Without users there is no such sink.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from alerts.letters import encode_letter, letter_of
from alerts.model import Transition
from alerts.notification import Notification, Receipt
from alerts.routing import (
    HELD,
    Past,
    Route,
    Scene,
    Verdict,
    begins,
    ends,
    letter_id,
    routes,
    thread_of,
)
from alerts.sinks.base import SinkContext, SinkSpec
from alerts.users import UsersBook
from monitor.core.clock import Clock, Millis
from monitor.core.errors import DeliveryError, StoreUnavailable
from monitor.store.letters import LetterStore, Put, Remembered

NAME = "users"
_KEPT = HELD | {Verdict.SENT}


@dataclass(frozen=True, slots=True, kw_only=True)
class UsersSettings:
    """What the sink works with.

    Attributes:
        book: the users as they are by now.
        store: of their letters.
        lists: reads the watch lists.
        tags: what an alert is about, in the words that users follow.
        counted: told of each verdict.

    """

    book: Callable[[], UsersBook]
    store: LetterStore
    lists: Callable[[], Awaitable[Mapping[str, Sequence[str]]]]
    tags: Callable[[Transition], frozenset[str]]
    counted: Callable[[str], None]


async def scene_of(item: Transition, settings: UsersSettings, now: Millis) -> Scene:
    """Return all that routing `item` rests on, as it is by now.

    Raises:
        StoreUnavailable: Redis did not answer.

    """
    book = settings.book()
    threads = {user.name: thread_of(item, user.name) for user in book.users}
    known = await settings.store.remembered(threads, now) if threads else {}
    lists = await settings.lists() if _names_lists(book, known) else {}
    return Scene(
        now=now,
        book=book,
        tags=settings.tags(item),
        lists={name: frozenset(symbols) for name, symbols in lists.items()},
        wishes={name: it.wishes for name, it in known.items()},
        pasts={
            name: Past(told=it.told, held=it.held, sent_at=it.sent_at) for name, it in known.items()
        },
    )


def _names_lists(book: UsersBook, known: Mapping[str, Remembered]) -> bool:
    written = (*(user.follows for user in book.users), *book.team_follows.values())
    return any(follows is not None and follows.watchlists for follows in written) or any(
        what.startswith("watchlist:") for it in known.values() for what in it.wishes
    )


class UsersSink:
    """Writes letters."""

    def __init__(self, settings: UsersSettings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self._turn = asyncio.Lock()

    async def publish(self, notification: Notification) -> Receipt:
        """Write the letters of one notice; they are kept when this comes back.

        Raises:
            DeliveryError: Redis did not take them; the same may be tried again.

        """
        item = notification.transition
        try:
            async with self._turn:  # what one letter adds to a cap, the next one must see
                now = self._clock.now()
                scene = await scene_of(item, self._settings, now)
                found = routes(item, scene)
                puts = [_put(item, it, now) for it in found if it.verdict in _KEPT]
                await self._settings.store.put(puts, now)
        except StoreUnavailable as error:
            raise DeliveryError(str(error), retriable=True, reason="store_unavailable") from error
        for it in found:
            self._settings.counted(it.verdict.value)
        return Receipt(NAME, now, f"{len(puts)} letters")


def _put(item: Transition, route: Route, now: Millis) -> Put:
    letter = letter_of(item, route.user, now)
    return Put(
        id=letter_id(item, route.user),
        user=route.user,
        body=encode_letter(letter),
        thread=letter.thread,
        hold=route.verdict in HELD,
        marks="test" if item.test else "ends" if ends(item) else "begins" if begins(item) else "",
    )


@asynccontextmanager
async def open_users(settings: UsersSettings, clock: Clock) -> AsyncIterator[UsersSink]:
    """Open the sink."""
    yield UsersSink(settings, clock)


def _open(context: SinkContext) -> AbstractAsyncContextManager[UsersSink] | None:
    settings = context.settings.get(NAME)
    return open_users(settings, context.clock) if isinstance(settings, UsersSettings) else None


SINK = SinkSpec(NAME, _open)
