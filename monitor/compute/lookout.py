"""Looking at the stream of ticks, one batch ahead of the work on it. Hop 5.

The next batch is on its way from Redis while the step works on the one before and its commit is
acknowledged: what comes then has not to wait for a trip of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from monitor.core.clock import Clock
from monitor.store.ticks import Entry, TickReader


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at the stream gave, when it was asked for and when it came, ms UTC."""

    entries: Sequence[Entry]
    asked_at: int
    seen_at: int


class Lookout:
    """Reads after a given entry, and ahead of that."""

    def __init__(self, reader: TickReader, clock: Clock) -> None:
        self._reader, self._clock = reader, clock
        self._ahead: tuple[str, asyncio.Task[Look]] | None = None

    async def look(self, after: str) -> Look:
        """Return what stands after the entry `after`, [] if nothing comes for a while.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        if self._ahead is not None and self._ahead[0] == after:
            (_, asked), self._ahead = self._ahead, None
            return await asked
        self.close()
        return await self._ask(after)

    def look_ahead(self, after: str) -> None:
        """Ask for what follows the entry `after`, which is the last of a batch."""
        self.close()
        task = asyncio.create_task(self._ask(after), name="compute.look_ahead")
        task.add_done_callback(_heed)
        self._ahead = after, task

    def close(self) -> None:
        """Give up what was asked for ahead."""
        if self._ahead is not None:
            self._ahead[1].cancel()
            self._ahead = None

    async def _ask(self, after: str) -> Look:
        asked_at = self._clock.now()
        entries = await self._reader.read(after)
        return Look(entries, asked_at, self._clock.now())


def _heed(asked: asyncio.Task[Look]) -> None:
    """Take note of a failure even if nobody waits for it any more."""
    if not asked.cancelled():
        asked.exception()
