"""Time as an argument: the manual clock wakes who is due, and moments survive their text."""

from __future__ import annotations

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.clock import HOUR, ManualClock, SteadyClock, SystemClock, iso, parse_iso

TO_2100 = st.integers(0, 4_102_444_800_000)


async def test_sleepers_wake_in_order_when_their_moment_comes() -> None:
    """Nobody wakes early; those that are due wake by moment, then by who came first."""
    clock, woken = ManualClock(1_000), list[str]()

    async def sleeper(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append(name)

    tasks = [
        asyncio.create_task(sleeper(name, seconds))
        for name, seconds in (("late", 5), ("first", 1), ("second", 1), ("now", 0), ("past", -3))
    ]
    for _ in range(5):
        await asyncio.sleep(0)
    assert woken == ["now", "past"]
    clock.advance(0.999)
    await asyncio.sleep(0)
    assert len(woken) == 2
    clock.advance(0.001)
    for _ in range(3):
        await asyncio.sleep(0)
    assert woken[2:] == ["first", "second"]
    clock.advance_to(6_000)
    await asyncio.gather(*tasks)
    assert woken[4:] == ["late"]


async def test_a_sleeper_that_was_cancelled_does_not_disturb_the_others() -> None:
    """Moving past a cancelled sleeper's moment wakes the rest."""
    clock = ManualClock()
    gone, kept = asyncio.create_task(clock.sleep(1)), asyncio.create_task(clock.sleep(2))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    clock.advance(3)
    await asyncio.wait_for(kept, 1)


def test_a_manual_clock_never_goes_back() -> None:
    """Moving to the past changes nothing."""
    clock = ManualClock(5_000)
    clock.advance_to(4_000)
    assert clock.now() == 5_000
    clock.advance(-1)
    assert clock.now() == 5_000


async def test_the_system_clock_is_the_machines() -> None:
    """Milliseconds UTC, and real waiting."""
    clock, before = SystemClock(), time.time()
    await clock.sleep(0.001)
    assert before * 1_000 - 1 <= clock.now() <= time.time() * 1_000 + 1


@given(TO_2100)
def test_a_moment_survives_its_text(moment: int) -> None:
    """Every millisecond up to 2100 comes back from its own text, without a float in between."""
    assert parse_iso(iso(moment)) == moment


def test_texts_of_moments() -> None:
    """The text is RFC 3339 UTC with milliseconds; zones are honoured, a plain date is midnight."""
    assert iso(1_768_229_760_007) == "2026-01-12T14:56:00.007Z"
    assert parse_iso("2025-07-17") == 1_752_710_400_000
    assert parse_iso("2025-07-17T02:00:00+02:00") == 1_752_710_400_000
    assert parse_iso("2025-07-17T00:00:00.001Z") == 1_752_710_400_001
    with pytest.raises(ValueError, match="yesterday"):
        parse_iso("yesterday")


def test_an_hour_back_is_no_hour_longer() -> None:
    """The wall clock is set back by an hour: waits go on, and the time returns to it (row D16)."""
    wall, steady = [7_200_000], [50]
    clock = SteadyClock(lambda: wall[0] * 1_000_000, lambda: steady[0] * 1_000_000)
    wall[0], steady[0] = wall[0] + 1_000, steady[0] + 1_000
    assert clock.now() == 7_201_000
    wall[0], steady[0] = wall[0] - HOUR, steady[0] + 60_000
    assert clock.now() == 7_261_000
    assert clock.ahead_s == 3_660.0  # the minute went on, the wall is an hour back
    wall[0], steady[0] = wall[0] + 30_000, steady[0] + 30_000
    assert clock.now() == 7_291_000
    wall[0] += 2 * HOUR
    assert clock.now() == wall[0]
    assert clock.ahead_s == 0.0
