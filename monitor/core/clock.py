"""Time as an argument: the live clock, and one that a test or a replay moves by hand.

Every moment in hashhedge is an integer of milliseconds since 1970-01-01 UTC (`Millis`): exact,
cheap to compare, and the same in Redis, in JSON and in a property test.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol, TypeAlias

Millis: TypeAlias = int

SECOND: Millis = 1_000
MINUTE: Millis = 60 * SECOND
HOUR: Millis = 60 * MINUTE
DAY: Millis = 24 * HOUR


class Clock(Protocol):
    """Now, and waiting until later."""

    def now(self) -> Millis:
        """Return the moment, in milliseconds since 1970-01-01 UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait until `seconds` have passed on this clock."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> Millis:
        """Return the wall time in milliseconds UTC."""
        return time.time_ns() // 1_000_000

    async def sleep(self, seconds: float) -> None:
        """Wait in real time."""
        await asyncio.sleep(seconds)


class SteadyClock(SystemClock):
    """The machine's own clock, except that it never goes back.

    While the wall clock stands behind what this one has shown, set back by a person or a sync, time
    goes on at the pace of the monotonic clock: whoever waits for a minute waits for a minute.
    """

    def __init__(
        self,
        wall_ns: Callable[[], int] = time.time_ns,
        steady_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """Begin at the wall time; both clocks give nanoseconds."""
        self._wall_ns, self._steady_ns = wall_ns, steady_ns
        self._shown_ns, self._seen_ns = wall_ns(), steady_ns()

    def now(self) -> Millis:
        """Return the wall time, or what it would be if it had not been set back, ms UTC."""
        steady = self._steady_ns()
        self._shown_ns = max(self._wall_ns(), self._shown_ns + steady - self._seen_ns)
        self._seen_ns = steady
        return self._shown_ns // 1_000_000

    @property
    def ahead_s(self) -> float:
        """Return by how much the time shown is ahead of the wall clock; 0.0 as usual."""
        return max(0.0, (self.now() - self._wall_ns() // 1_000_000) / SECOND)


def beat_of(clock: Clock) -> tuple[Millis, float]:
    """Return the wall time, ms UTC, and by how many seconds a steady clock is ahead of it."""
    return SystemClock().now(), clock.ahead_s if isinstance(clock, SteadyClock) else 0.0


class ManualClock:
    """A clock that stands still until it is moved; sleepers wake when their moment comes."""

    def __init__(self, now: Millis = 0) -> None:
        self._now = now
        self._sleepers: list[tuple[Millis, int, asyncio.Future[None]]] = []
        self._count = 0

    def now(self) -> Millis:
        """Return the moment the clock was last set to."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock has been moved past `seconds` from now."""
        due = self._now + round(seconds * SECOND)
        if due <= self._now:
            await asyncio.sleep(0)
            return
        wake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._count += 1
        heapq.heappush(self._sleepers, (due, self._count, wake))
        await wake

    def advance_to(self, moment: Millis) -> None:
        """Move to `moment`, never back, and wake everyone whose moment has come."""
        self._now = max(self._now, moment)
        while self._sleepers and self._sleepers[0][0] <= self._now:
            _, _, wake = heapq.heappop(self._sleepers)
            if not wake.done():
                wake.set_result(None)

    def advance(self, seconds: float) -> None:
        """Move `seconds` on."""
        self.advance_to(self._now + round(seconds * SECOND))


def iso(moment: Millis) -> str:
    """Return `moment` as RFC 3339 UTC with milliseconds: `2026-01-12T14:56:00.000Z`."""
    seconds, millis = divmod(moment, SECOND)
    return f"{_to_the_second(seconds)}.{millis:03d}Z"


@lru_cache(maxsize=4096)
def _to_the_second(seconds: int) -> str:
    """Return a moment without its fraction; an alert names the same few ones ten times."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()[:19]


def parse_iso(text: str) -> Millis:
    """Return the moment that an ISO 8601 text names; a text without a zone means UTC.

    Raises:
        ValueError: the text is no date or date-time.

    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * SECOND + delta.microseconds // 1_000
