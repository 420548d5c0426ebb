"""What was asked of Redis over a wire, and the replies to it as they come."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from redis.exceptions import RedisError


class Asked:
    """Commands that went out together, and their replies so far.

    Attributes:
        answered: ends with all replies, or the first refusal among them.
        asked_at: when they went out, in the event loop's time.
        answered_at: when the last reply came, likewise.

    """

    __slots__ = ("_bell", "answered", "answered_at", "asked_at", "left", "replies")

    def __init__(self, count: int, loop: asyncio.AbstractEventLoop) -> None:
        self.left = count
        self.replies: list[Any] = []
        self.answered: asyncio.Future[list[Any]] = loop.create_future()
        self.asked_at = self.answered_at = loop.time()
        self._bell: asyncio.Future[None] | None = None

    @property
    def age_ms(self) -> int:
        """Return how long ago the last reply came."""
        return int((self.answered.get_loop().time() - self.answered_at) * 1_000)

    def take(self, reply: object) -> bool:
        """Take the next reply; tell whether it was the last."""
        self.replies.append(reply)
        self.left -= 1
        if self.left:
            return False
        self.answered_at = self.answered.get_loop().time()
        if self.answered.done():
            return True
        refused = _first_refusal(self.replies)
        if refused is None:
            self.answered.set_result(self.replies)
        else:
            self.answered.set_exception(refused)
        self._ring()
        return True

    def fail(self, why: RedisError) -> None:
        """End without replies."""
        if not self.answered.done():
            self.answered.set_exception(why)
            self.answered.exception()  # nobody may be waiting for it yet
            self._ring()

    async def by(self, until: float) -> bool:
        """Tell whether there is an answer by `until`, in the event loop's time."""
        loop = self.answered.get_loop()
        if self.answered.done() or until <= loop.time():
            return self.answered.done()
        # not asyncio.wait: the answer would wake whoever waits one turn of the loop later
        self._bell = loop.create_future()
        timer = loop.call_at(until, self._ring)
        try:
            await self._bell
        finally:
            timer.cancel()
            self._bell = None
        return self.answered.done()

    def _ring(self) -> None:
        """Wake who waits in `by`."""
        if self._bell is not None and not self._bell.done():
            self._bell.set_result(None)


def _first_refusal(replies: Sequence[Any]) -> RedisError | None:
    """Return the first refusal among replies, or among those of a transaction in them."""
    for reply in replies:
        found = reply if isinstance(reply, list) else (reply,)
        for each in found:
            if isinstance(each, RedisError):
                return each
    return None
