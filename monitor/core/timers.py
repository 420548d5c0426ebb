"""The moments at which readings change by themselves, one a name, earliest first. Pure.

A tick moves a moment later, which needs no new entry: the old one, when due, sees that it came too
early and is put back.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable


def earliest(*moments: int | None) -> int | None:
    """Return the earliest of `moments` that is one; None if there is none."""
    found: int | None = None
    for moment in moments:
        if moment is not None and (found is None or moment < found):
            found = moment
    return found


class Timers:
    """A heap with at most one entry that counts for each name, at or before its moment."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, str]] = []
        self._armed: dict[str, int] = {}

    def __len__(self) -> int:
        """Return how many entries wait, those that no longer count among them."""
        return len(self._heap)

    def arm(self, name: str, due: int | None) -> None:
        """Remember that `name` changes at `due`, ms UTC; None: not by itself."""
        armed = self._armed.get(name)
        if due is None or (armed is not None and armed <= due):
            return
        self._armed[name] = due
        heapq.heappush(self._heap, (due, name))

    def next(self, changes_at: Callable[[str], int | None]) -> int | None:
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

    def pop(self) -> tuple[int, str]:
        """Take the earliest moment, which `next` has just returned, and its name."""
        due, name = heapq.heappop(self._heap)
        del self._armed[name]
        return due, name
