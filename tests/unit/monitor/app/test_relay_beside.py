"""What goes on beside the relay is begun anew when it ends: the alerts do not wait for it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from itertools import pairwise

from monitor.app.relaying import ANEW_S, kept_up
from monitor.core.clock import ManualClock
from tests.waiting import wait_for


async def test_what_fails_beside_the_alerts_is_begun_anew() -> None:
    """A courier that was gone stayed so, unseen, until the relay's lease changed hands."""
    clock, begun = ManualClock(0), list[int]()

    async def work() -> None:
        begun.append(clock.now())
        if len(begun) < 3:
            raise RuntimeError("the courier is gone")
        await asyncio.Event().wait()

    task = asyncio.create_task(kept_up("courier", work, clock))

    async def third() -> bool:
        clock.advance(ANEW_S)
        return len(begun) == 3

    await wait_for(third, "it to go on")
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert len(begun) == 3
    assert all(later - earlier >= ANEW_S * 1_000 for earlier, later in pairwise(begun))
