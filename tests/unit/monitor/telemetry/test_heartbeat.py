"""The heartbeat grows old when the loop does not renew it."""

from __future__ import annotations

import asyncio

import pytest

from monitor.core.clock import ManualClock
from monitor.telemetry.heartbeat import Heartbeat


def of(clock: ManualClock, beats: list[int] | None = None) -> Heartbeat:
    """Build a heartbeat on a manual clock."""
    seen = [] if beats is None else beats
    return Heartbeat(
        limit_s=10.0,
        monotonic=lambda: clock.now() / 1_000,
        on_beat=lambda: seen.append(clock.now()),
    )


def test_it_dies_after_the_limit_and_revives_with_a_beat() -> None:
    """Alive up to the limit, dead past it, alive again after the next beat."""
    clock = ManualClock()
    beat = of(clock)

    clock.advance(10.0)
    at_the_limit = beat.alive
    clock.advance(0.001)
    past_it = beat.alive
    age_s = beat.age_s
    beat.beat()

    assert (at_the_limit, past_it, beat.alive) == (True, False, True)
    assert age_s == pytest.approx(10.001)


async def test_the_task_renews_it() -> None:
    """The task beats at once and then at every interval; stopped, the age grows."""
    clock, beats = ManualClock(), list[int]()
    beat = of(clock, beats)
    task = asyncio.create_task(beat.run(interval_s=1.0, sleep=clock.sleep))
    for _ in range(3):
        await asyncio.sleep(0)
        clock.advance(1.0)
    await asyncio.sleep(0)
    assert beats == [0, 1_000, 2_000, 3_000]

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    clock.advance(60.0)
    assert not beat.alive
