"""The event loop's own heartbeat: a sign of life that only a turning loop can renew.

A health page that answers from anywhere else says "alive" over a loop that hangs. Here a task
inside the loop renews the beat, and `/livez` reads its age.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import NoReturn


def _ignore() -> None:
    return


class Heartbeat:
    """The moment of the last turn of the loop, on a clock that never jumps."""

    def __init__(
        self,
        *,
        limit_s: float = 10.0,
        monotonic: Callable[[], float] = time.monotonic,
        on_beat: Callable[[], None] = _ignore,
    ) -> None:
        self.limit_s = limit_s
        self._monotonic = monotonic
        self._on_beat = on_beat
        self._last = monotonic()

    @property
    def age_s(self) -> float:
        """Return the seconds since the last beat; construction counts as the first."""
        return self._monotonic() - self._last

    @property
    def alive(self) -> bool:
        """Tell whether the last beat is no older than the limit."""
        return self.age_s <= self.limit_s

    def beat(self) -> None:
        """Renew the beat."""
        self._last = self._monotonic()
        self._on_beat()

    async def run(
        self,
        *,
        interval_s: float = 1.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> NoReturn:
        """Renew the beat every `interval_s` until cancelled; give it a task of its own."""
        while True:
            self.beat()
            await sleep(interval_s)
