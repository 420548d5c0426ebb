"""What is made ready beside the road of the ticks for a step of other books. Hop 5."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from monitor.compute.saved import Decoded, read_cells
from monitor.compute.step import Step

SETTLE_S = 5.0
"""How long at most a reading of books waits for those before it to be at work."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What need not be done any more when other books are taken, which ticks wait for.

    Attributes:
        fresh: a step of the new books; None: it is made then.
        same: the ids of the rules that are as they were, of books that are.
        read: the cells of the state as they were a moment ago.

    """

    fresh: Step | None = None
    same: frozenset[str] = frozenset()
    read: Decoded = field(default_factory=dict)


UNPREPARED = Prepared()


class Waiting:
    """Other books that wait to be taken, and whether those that were taken are at work."""

    def __init__(self) -> None:
        """Begin with nothing that waits."""
        self._prepared: Prepared | None = None
        self._settled = asyncio.Event()
        self._settled.set()

    def __bool__(self) -> bool:
        """Tell whether any wait."""
        return self._prepared is not None

    def put(self, prepared: Prepared) -> None:
        """Let books wait; in place of others what is as it was is what neither has changed."""
        if self._prepared is not None:
            prepared = replace(prepared, same=prepared.same & self._prepared.same)
        self._prepared = prepared
        self._settled.clear()

    def take(self) -> Prepared:
        """Return what waits, which does no more."""
        taken, self._prepared = self._prepared or UNPREPARED, None
        return taken

    def settle(self) -> None:
        """Say that what was taken is at work and judged."""
        if self._prepared is None:
            self._settled.set()

    async def settled(self) -> None:
        """Wait until nothing waits and all is judged, but not for ever: nobody may compute here."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_S):
                await self._settled.wait()


def read_ahead(cells: Mapping[str, bytes], key: str, fresh: Step) -> Decoded:
    """Return what the cells of the hash `key` hold, and make the instruments that it is about.

    Raises:
        ConfigError: they cannot be read.

    """
    read: Decoded = {}
    for quote in read_cells(cells, key, read).quotes:
        fresh.instruments.instrument(quote.instrument)
    return read
