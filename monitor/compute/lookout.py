"""Looking at the stream of ticks, one batch ahead of the work on it. Hop 5.

The next batch is on its way from Redis while the step works on the one before and its commit is
acknowledged: what comes then has not to wait for a trip of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from monitor.core.clock import Clock
from monitor.store.asked import Asked
from monitor.store.ticks import Entry, TickReader

BATCH_BYTES = 256 * 1024
"""How much is worked on between two commits: the loop renews leases and answers in between.

About 1,700 quotes, some 50 ms of work; 500 entries of one quote each are less. One entry alone may
be more (it is bounded where it is read).
"""


class Look(msgspec.Struct, frozen=True):
    """What one look at the stream gave, when it was asked for and when it came, ms UTC.

    Attributes:
        ends: whether these entries were the last of the stream when it was asked for.

    """

    entries: Sequence[Entry]
    asked_at: int
    seen_at: int
    ends: bool

    def batches(self) -> Iterator[Look]:
        """Return this look in parts that are small enough to be worked on in one go."""
        if len(self.entries) <= 1:  # most looks: a tick that came alone
            yield self
            return
        first, size_bytes = 0, 0
        for place, (_, fields) in enumerate(self.entries):
            size_bytes += sum(map(len, fields.values()))
            if size_bytes > BATCH_BYTES and place > first:
                part = self.entries[first:place]
                yield Look(part, self.asked_at, self.seen_at, ends=False)
                first, size_bytes = place, sum(map(len, fields.values()))
        rest = self.entries[first:] if first else self.entries
        yield Look(rest, self.asked_at, self.seen_at, ends=self.ends)


class Lookout:
    """Reads after a given entry, and ahead of that."""

    def __init__(self, reader: TickReader, clock: Clock) -> None:
        self._reader, self._clock = reader, clock
        self._ahead: tuple[str, int, Asked] | None = None

    async def look(self, after: str, *, until: float | None = None) -> Look | None:
        """Return what stands after the entry `after`, [] if nothing comes for a while.

        With `until`, in the event loop's time: None if nothing has come by then, or nothing was
        asked for ahead.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        if self._ahead is not None and self._ahead[0] == after:
            _, asked_at, asked = self._ahead
            if until is not None and not await asked.by(until):
                return None
            self._ahead = None
            entries = await self._reader.finish(asked)
            return self._seen(entries, asked_at, self._clock.now() - asked.age_ms)
        if until is not None:
            return None
        self.close()
        asked_at = self._clock.now()
        entries = await self._reader.read(after)
        return self._seen(entries, asked_at, self._clock.now())

    def _seen(self, entries: Sequence[Entry], asked_at: int, seen_at: int) -> Look:
        return Look(entries, asked_at, seen_at, ends=len(entries) < self._reader.count)

    def look_ahead(self, after: str) -> None:
        """Ask for what follows the entry `after`, if that is not done yet."""
        if self._ahead is not None and self._ahead[0] == after:
            return
        self.close()
        asked = self._reader.begin(after)
        if asked is not None:
            self._ahead = after, self._clock.now(), asked

    def close(self) -> None:
        """Give up what was asked for ahead."""
        if self._ahead is not None:
            self._reader.give_up()
            self._ahead = None
