"""Tasks of the process begun and ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

CANCEL_AGAIN_S = 5.0


async def ran(work: Awaitable[None]) -> None:
    """Make a coroutine of anything that can be awaited."""
    await work


async def cancel(task: asyncio.Task[None] | None) -> None:
    """End a task; ask again, for a library's `wait_for` may swallow the first cancellation."""
    while task is not None and not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=CANCEL_AGAIN_S)
