"""Held letters let go: one message in their place when quiet hours are over and the cap has room."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import structlog

from alerts.acks import Ack
from alerts.codec import decode_transition
from alerts.letters import UserLetter, decode_letter, digest_letter, encode_letter
from alerts.routing import Past, begins, room_at
from alerts.users import UsersBook
from monitor.core.clock import Clock, Millis
from monitor.store.letters import LetterStore, Release

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Releaser:
    """Looks whether what is held may go. The moment is never stored: the user's hours may change."""

    store: LetterStore
    book: Callable[[], UsersBook]
    clock: Clock

    async def look(self) -> int:
        """Let go what may go by now; return how many digests that made.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        made = 0
        for name in await self.store.holding():
            user = self.book().by_name.get(name)
            if user is None:
                await self.store.drop_held(name)
                _log.warning("users.held_dropped", user=name, why="there is no such user any more")
                continue
            now = self.clock.now()
            if user.quiet_until(now) is not None:
                continue
            past = Past(sent_at=await self.store.sent_at(name, now))
            if room_at(user, past, now) is None:
                made += await self._let_go(name, now)
        return made

    async def _let_go(self, name: str, now: Millis) -> bool:
        letters: list[UserLetter] = []
        fields: list[str] = []
        for field, body in (await self.store.held(name)).items():
            fields.append(field)
            try:
                letters.append(decode_letter(body))
            except ValueError as error:  # one that cannot be read must not hold up the others
                _log.error("users.held_unreadable", user=name, why=str(error))
        if not letters:
            await self.store.drop_held(name)
            return False
        digest = digest_letter(letters, now, await self._acks(letters))
        last = {letter.thread: letter for letter in sorted(letters, key=_order)}
        goes_on = {thread for thread, letter in last.items() if begins(letter.transition)}
        wanted = Release(
            id=digest.id,
            user=name,
            body=encode_letter(digest),
            fields=tuple(fields),
            begins=tuple(sorted(goes_on)),
            ends=tuple(sorted(set(last) - goes_on)),
        )
        return await self.store.release(wanted, now)

    async def _acks(self, letters: Sequence[UserLetter]) -> dict[str, Ack]:
        """Return who has taken on which of the held alerts meanwhile: nobody was told of that."""
        names = sorted({letter.transition.name for letter in letters})
        found: dict[str, Ack] = {}
        for name, body in (await self.store.standing(names)).items():
            with suppress(ValueError):  # of a newer release
                ack = decode_transition(body).ack
                found |= {} if ack is None else {name: ack}
        return found


def _order(letter: UserLetter) -> tuple[int, int, str]:
    return (letter.transition.at, letter.transition.number, letter.id)
