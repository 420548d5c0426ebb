"""What a stream adds up: sums over a trailing window, and whether all of it was watched. Pure.

A sum over an hour is known once the stream was heard for an hour. A short outage is borne, since a
venue ends every connection once a day; after a longer one nothing is told until it lies behind the
window: a sum with a hole in it is too small, and a rule would read calm where nobody looked.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from monitor.core.clock import Millis

SLOTS = 360
"""The window is counted in so many slots: memory stays small, however much comes in a slot."""
BORNE_PART = 60
"""An outage of this part of the window, all of them together, is borne: a minute of an hour."""


@dataclass(slots=True)
class Tally:
    """The amounts of one stream over the last `window_ms`, which drop out slot by slot.

    Attributes:
        window_ms: how far back the sums reach; the oldest slot is left out as its start passes.

    """

    window_ms: Millis
    _slots: dict[Millis, dict[str, Decimal]] = field(default_factory=dict)
    _outages: deque[tuple[Millis, Millis]] = field(default_factory=deque)
    _first: Millis | None = None
    _until: Millis | None = None

    def begin(self, now: Millis) -> None:
        """Note that everything comes from `now` on; what lies before, back to the last word, is lost."""
        if self._until is None:
            self._first = now
        elif now > self._until:
            self._outages.append((self._until, now))
        self._until = now

    def heard(self, at: Millis) -> None:
        """Note that the connection that began was alive at `at`."""
        if self._until is not None:
            self._until = max(self._until, at)

    def add(self, name: str, value: Decimal, at: Millis, now: Millis) -> None:
        """Add what happened at `at`; what is older than the window is none of it."""
        width = max(1, self.window_ms // SLOTS)
        start = min(at, now) // width * width
        if start > now - self.window_ms:
            slot = self._slots.setdefault(start, {})
            slot[name] = slot.get(name, Decimal(0)) + value

    def sums(self, names: Iterable[str], now: Millis) -> Mapping[str, Decimal] | None:
        """Return the sum of each name at `now`, zero where nothing came; None while it is not known."""
        since = now - self.window_ms
        self._forget(since)
        if self._unseen_ms(since, now) * BORNE_PART > self.window_ms:
            return None
        nothing = Decimal(0)
        return {
            name: sum((slot.get(name, nothing) for slot in self._slots.values()), nothing)
            for name in names
        }

    def _forget(self, since: Millis) -> None:
        for start in [start for start in self._slots if start <= since]:
            del self._slots[start]
        while self._outages and self._outages[0][1] <= since:
            self._outages.popleft()

    def _unseen_ms(self, since: Millis, now: Millis) -> Millis:
        """Return for how long of the window nobody was listening."""
        before = now if self._first is None else max(self._first, since)
        return before - since + sum(end - max(begin, since) for begin, end in self._outages)
