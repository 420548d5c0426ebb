"""A replay feeds every moment once, in order, whatever happens to it or to Redis."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from monitor.core.clock import ManualClock
from monitor.core.errors import ConfigError, StoreUnavailable
from monitor.replay.player import BATCH, MAX_LAG, Played, Speed, play
from monitor.store.client import connect
from monitor.store.codec import decode_tick
from monitor.store.keys import REPLAY_TAG, Keys
from monitor.store.playback import Moment, Playback, Position
from tests.quotes import moments
from tests.servers import TestRedis
from tests.waiting import wait_until

MAX = Speed()
ROOT = Path(__file__).resolve().parents[4]


class Memory:
    """A delivery that keeps moments in a list and fails when told to."""

    def __init__(self, clock: ManualClock, *, failures: Sequence[bool] = ()) -> None:
        self.fed: list[Moment] = []
        self.batches: list[int] = []
        self._clock = clock
        self._failures = iter(failures)

    async def position(self) -> Position | None:
        """Return how many there are."""
        return Position(len(self.fed), self.fed[-1].at, "memory") if self.fed else None

    async def append(self, index: int, moments: Sequence[Moment]) -> None:
        """Keep them, or lose the question, or lose the answer."""
        lose_answer = next(self._failures, None)
        if lose_answer is False:
            raise StoreUnavailable("the question was lost")
        assert self._clock.now() <= moments[0].at, "the clock ran ahead of what was fed"
        if index == len(self.fed):
            self.fed += moments
            self.batches.append(len(moments))
        assert len(self.fed) == index + len(moments)
        if lose_answer:
            raise StoreUnavailable("the answer was lost")


async def nothing_waits() -> int:
    """Return that the step keeps up."""
    return 0


async def settle() -> None:
    """Let everything that can run do so, threads included."""
    for _ in range(20):
        await asyncio.to_thread(int)


async def test_max_feeds_in_batches_and_moves_the_clock() -> None:
    """All moments arrive in order, many at once, and the clock ends at the last one."""
    clock = ManualClock()
    memory = Memory(clock)
    played = await play(moments(250), memory, clock, speed=MAX, lag=nothing_waits)
    assert memory.fed == moments(250)
    assert memory.batches == [BATCH, BATCH, 50]
    assert clock.now() == 249 * 60_000
    assert played == Played(0, 250, 249 * 60_000, sum(len(m.quotes) for m in moments(250)))


async def test_speed_is_history_per_second() -> None:
    """At 60, a minute of history is due each second of real time, not earlier."""
    clock, wall = ManualClock(), ManualClock()
    memory = Memory(clock)
    task = asyncio.create_task(
        play(moments(4), memory, clock, speed=Speed(60.0), lag=nothing_waits, wall=wall)
    )
    counts = []
    for now in range(0, 3_500, 10):
        wall.advance_to(now)
        await settle() if now % 500 == 0 else await asyncio.sleep(0)
        if now % 1_000 == 500:
            counts.append(len(memory.fed))
            assert 0 <= now * 60 - clock.now() <= 60 * 60, "the clock flows between the moments"
    await task
    assert counts == [1, 2, 3]


async def test_a_hold_up_is_not_made_good_in_a_rush() -> None:
    """After a long pause the replay goes on at its pace."""
    clock, wall = ManualClock(), ManualClock()
    memory = Memory(clock)
    task = asyncio.create_task(
        play(moments(50), memory, clock, speed=Speed(60.0), lag=nothing_waits, wall=wall)
    )
    await settle()
    wall.advance(30.0)
    await settle()
    assert len(memory.fed) == 2
    task.cancel()


async def test_feeding_pauses_while_the_step_is_behind() -> None:
    """Nothing is fed above the limit; it goes on when the lag is down, and ends at no lag."""
    clock, wall = ManualClock(), ManualClock()
    memory = Memory(clock)
    waiting = MAX_LAG + 1

    async def lag() -> int:
        return waiting

    task = asyncio.create_task(play(moments(3), memory, clock, speed=MAX, lag=lag, wall=wall))
    for now in range(0, 2_000, 100):
        wall.advance_to(now)
        await settle()
    assert memory.fed == []
    waiting = 1
    wall.advance(1.0)
    await wait_until(lambda: memory.fed, "feeding to go on")
    await settle()
    assert not task.done()
    waiting = 0
    wall.advance(1.0)
    await asyncio.wait_for(task, 5)


async def test_lost_questions_and_lost_answers() -> None:
    """However Redis fails, each moment is fed once."""
    clock, wall = ManualClock(), ManualClock()
    failures = [random.Random(7).random() < 0.5 for _ in range(12)]
    memory = Memory(clock, failures=failures)
    task = asyncio.create_task(
        play(moments(320), memory, clock, speed=MAX, lag=nothing_waits, wall=wall)
    )
    while not task.done():
        wall.advance(5.0)
        await settle()
    assert memory.fed == moments(320)


@pytest.mark.parametrize("text", ["fast", "0", "-1", "nan", "inf", ""])
def test_a_wrong_speed_is_refused(text: str) -> None:
    """The error says what may be written."""
    with pytest.raises(ConfigError, match="max"):
        Speed.parse(text)
    assert Speed.parse("max") == MAX
    assert Speed.parse("2.5") == Speed(2.5)


# ------------------------------------------------------------------ real Redis


async def fed(client: Redis, keys: Keys) -> list[Moment]:
    """Return the moments that are in the stream."""
    entries: Any = await client.xrange(keys.ticks)
    ticks = [decode_tick(name, fields) for name, fields in entries]
    return [Moment(tick.at, tick.quotes) for tick in ticks]


@pytest.mark.integration
async def test_killed_processes_leave_no_gap(redis: Redis, real_redis: TestRedis, tag: str) -> None:
    """Kill -9 the feeding process at random points; the next one goes on exactly there."""
    keys = Keys(f"{REPLAY_TAG}:{tag}")
    command = [sys.executable, "-m", "tests.feeding", real_redis.url, keys.tag, "3000"]
    rng = random.Random(11)
    for _ in range(4):
        process = subprocess.Popen(command, cwd=ROOT)  # noqa: ASYNC220 - killed below
        goal = (await redis.xlen(keys.ticks)) + rng.randrange(50, 500)
        while await redis.xlen(keys.ticks) < goal:
            assert process.poll() is None
        process.kill()
        process.wait()
    killed_at = await redis.xlen(keys.ticks)
    clock = ManualClock()
    playback = Playback(redis, keys, "moments")
    played = await play(moments(3_000), playback, clock, speed=MAX, lag=nothing_waits)
    assert 0 < killed_at < 3_000
    assert played.resumed_at == killed_at
    assert played.quotes == sum(len(m.quotes) for m in moments(3_000)[killed_at:])
    assert await fed(redis, keys) == moments(3_000)


@pytest.mark.integration
async def test_redis_away_only_pauses(own_redis: TestRedis, tag: str) -> None:
    """Redis stops in the middle and comes back: the replay goes on, nothing is lost or doubled."""
    keys = Keys(f"{REPLAY_TAG}:{tag}")
    client = connect(own_redis.url)
    clock = ManualClock()
    playback = Playback(client, keys, "moments")
    task = asyncio.create_task(
        play(moments(2_000), playback, clock, speed=Speed(60_000.0), lag=nothing_waits)
    )
    await wait_until(lambda: clock.now() > 200 * 60_000, "some moments to be fed")
    await asyncio.to_thread(own_redis.stop)
    stood = clock.now()
    await asyncio.to_thread(own_redis.start)
    await asyncio.wait_for(task, 30)
    assert stood < clock.now()
    assert await fed(client, keys) == moments(2_000)
    await client.aclose()
