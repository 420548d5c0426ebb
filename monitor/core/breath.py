"""Long work in short pieces: the event loop's other work goes on in between."""

from __future__ import annotations

import asyncio
import time

MAX_HOLD_S = 0.0005


class Breath:
    """Lets the event loop run whenever work has held it up for `MAX_HOLD_S`.

    Not at each piece: in a busy loop every turn costs a turn of all the others.
    """

    def __init__(self) -> None:
        self._since = time.perf_counter()

    async def take(self) -> None:
        """Let others run if it is time."""
        if time.perf_counter() - self._since >= MAX_HOLD_S:
            await asyncio.sleep(0)
            self._since = time.perf_counter()
