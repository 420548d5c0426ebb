"""The moments at which things change by themselves, one a name, earliest first. Pure.

A tick moves a moment later, which needs no new entry: the old one, when due, sees that it came too
early and is put back. A moment that moves earlier, and one that is taken back, leave an entry that
counts no more; as it may lie under an earlier one for days, the heap is built anew before such
entries outnumber the others.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Generic, TypeVar

Name = TypeVar("Name")
_SPARE = 64
"""How many entries that do not count are borne beside a few that do: less is not worth the work."""


def earliest(*moments: int | None) -> int | None:
    """Return the earliest of `moments` that is one; None if there is none."""
    found: int | None = None
    for moment in moments:
        if moment is not None and (found is None or moment < found):
            found = moment
    return found


class Timers(Generic[Name]):
    """A heap with at most one entry that counts for each name, at or before its moment.

    Of one moment the lesser name comes first, so names have to be in some order.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[int, Name]] = []
        self._armed: dict[Name, int] = {}

    def __len__(self) -> int:
        """Return how many entries wait, those that no longer count among them."""
        return len(self._heap)

    def arm(self, name: Name, due: int | None) -> None:
        """Remember that `name` changes at `due`, ms UTC; None: not by itself."""
        armed = self._armed.get(name)
        if due is None or (armed is not None and armed <= due):
            return
        self._armed[name] = due
        heapq.heappush(self._heap, (due, name))
        if len(self._heap) > 2 * len(self._armed) + _SPARE:
            self._heap = [(moment, armed_name) for armed_name, moment in self._armed.items()]
            heapq.heapify(self._heap)

    def forget(self, name: Name) -> None:
        """Take back the moment of `name`, which is no more or changes no more by itself."""
        self._armed.pop(name, None)

    def next(self, changes_at: Callable[[Name], int | None]) -> int | None:
        """Return the earliest moment that still holds; `changes_at` tells that of a name."""
        while self._heap:
            due, name = self._heap[0]
            if due != self._armed.get(name):
                heapq.heappop(self._heap)
                continue
            moment = changes_at(name)
            if moment is not None and moment <= due:
                return due
            heapq.heappop(self._heap)
            del self._armed[name]
            self.arm(name, moment)
        return None

    def pop(self) -> tuple[int, Name]:
        """Take the earliest moment, which `next` has just returned, and its name."""
        due, name = heapq.heappop(self._heap)
        del self._armed[name]
        return due, name
