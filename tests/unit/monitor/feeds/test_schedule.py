"""The clockwork: jobs run again whatever they do, never twice at once, and end in order."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Self

import pytest

from monitor.core.clock import SystemClock
from monitor.feeds.schedule import Schedule
from tests.unit.monitor.feeds.doubles import wait_until


@dataclass
class Heard:
    """What the callbacks were told."""

    errors: list[tuple[str, BaseException]] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


@pytest.fixture
async def clockwork() -> AsyncIterator[tuple[Schedule, Heard]]:
    """Yield a schedule that is stopped in the end."""
    heard = Heard()
    schedule = Schedule(
        on_error=lambda name, error: heard.errors.append((name, error)),
        on_skipped=heard.skipped.append,
    )
    yield schedule, heard
    await schedule.stop(grace_s=0)


async def test_a_job_that_fails_runs_again(clockwork: tuple[Schedule, Heard]) -> None:
    """Every error reaches the owner and the job lives on."""
    schedule, heard = clockwork

    async def job() -> None:
        raise ValueError("broken")

    schedule.add("venue", job, every_s=0.01, rng=random.Random(7))
    schedule.start()
    await wait_until(lambda: len(heard.errors) >= 3, "three errors are heard")
    assert {name for name, _ in heard.errors} == {"venue"}
    assert isinstance(heard.errors[0][1], ValueError)
    assert schedule.next_run("venue") is not None


async def test_a_long_run_is_not_overlapped(clockwork: tuple[Schedule, Heard]) -> None:
    """While one run goes on the next ones are left out and counted."""
    schedule, heard = clockwork
    gate, runs = asyncio.Event(), []

    async def job() -> None:
        runs.append(1)
        await gate.wait()

    schedule.add("slow", job, every_s=0.01, rng=random.Random(7))
    schedule.start()
    await wait_until(lambda: len(heard.skipped) >= 2, "two runs are left out")
    assert len(runs) == 1
    gate.set()
    await wait_until(lambda: len(runs) >= 2, "it runs again after the long run")


@pytest.mark.parametrize("step_s", [-3_600.0, 3_600.0], ids=["back", "forward"])
async def test_a_wall_clock_that_is_set_stops_no_job(
    monkeypatch: pytest.MonkeyPatch, step_s: float
) -> None:
    """The library reckons by the wall clock; set back by an hour, it would sleep for one (row D16)."""
    moved_s, runs = 0.0, list[float]()

    class Wall(datetime):
        """The wall clock as the library sees it."""

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            """Return a moment that is off."""
            return cls.fromtimestamp(time.time() + moved_s, tz)

    monkeypatch.setattr("apscheduler.schedulers.base.datetime", Wall)
    schedule = Schedule(
        on_error=lambda *_: None,
        on_skipped=lambda _: None,
        wall_s=lambda: time.time() + moved_s,
    )

    async def job() -> None:
        runs.append(time.monotonic())

    async def seldom() -> None:
        pass

    schedule.add("venue", job, every_s=0.1, rng=random.Random(7))
    schedule.add("report", seldom, every_s=600, rng=random.Random(7))
    schedule.start()
    await wait_until(lambda: len(runs) >= 2, "it runs")
    moved_s, before = step_s, len(runs)
    await wait_until(lambda: len(runs) >= before + 25, "it runs on")
    for name, longest_s in (("venue", 5.0), ("report", 665.0)):
        due = schedule.next_run(name)
        assert due is not None
        assert due / 1_000 - time.time() - step_s < longest_s, name
    await schedule.stop(grace_s=0)


async def test_the_first_run_is_soon(clockwork: tuple[Schedule, Heard]) -> None:
    """A job of an hour's interval first runs within half a minute, not an hour later."""
    schedule, _ = clockwork

    async def job() -> None:
        pass

    before = SystemClock().now()
    schedule.add("hourly", job, every_s=3_600, rng=random.Random(7))
    schedule.start()
    due = schedule.next_run("hourly")
    assert due is not None
    assert before <= due <= before + 31_000
    assert schedule.next_run("unknown") is None


async def test_stop_waits_for_the_run_under_way() -> None:
    """Within the grace a poll ends by itself, and none begins after it."""
    schedule = Schedule(on_error=lambda *_: None, on_skipped=lambda _: None)
    gate, begun, ended = asyncio.Event(), [], []

    async def job() -> None:
        begun.append(1)
        await gate.wait()
        ended.append(1)

    schedule.add("venue", job, every_s=0.01, rng=random.Random(7))
    schedule.start()
    await wait_until(lambda: bool(begun), "the job runs")
    stopping = asyncio.create_task(schedule.stop(grace_s=5))
    await asyncio.sleep(0)
    gate.set()
    await stopping
    assert (begun, ended) == ([1], [1])


async def test_nothing_new_begins_while_stop_waits() -> None:
    """While a last poll ends, the other feeds are not polled any more."""
    schedule = Schedule(on_error=lambda *_: None, on_skipped=lambda _: None)
    gate, begun, quick_runs = asyncio.Event(), [], []

    async def last() -> None:
        begun.append(1)
        await gate.wait()

    async def quick() -> None:
        quick_runs.append(1)

    schedule.add("last", last, every_s=0.01, rng=random.Random(7))
    schedule.add("quick", quick, every_s=0.01, rng=random.Random(7))
    schedule.start()
    await wait_until(lambda: bool(begun and quick_runs), "both jobs run")
    stopping = asyncio.create_task(schedule.stop(grace_s=5))
    await asyncio.sleep(0)
    before = len(quick_runs)
    asyncio.get_running_loop().call_later(0.1, gate.set)
    await stopping
    assert len(quick_runs) <= before + 1  # one may have been handed to the loop already


async def test_stop_cancels_what_outlasts_the_grace() -> None:
    """A hanging poll is cancelled, gets to clean up, and is no error."""
    errors: list[str] = []
    schedule = Schedule(on_error=lambda name, _: errors.append(name), on_skipped=lambda _: None)
    begun, cleaned = [], []

    async def job() -> None:
        begun.append(1)
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.append(1)

    schedule.add("hanging", job, every_s=0.01, rng=random.Random(7))
    schedule.start()
    await wait_until(lambda: bool(begun), "the job runs")
    await schedule.stop(grace_s=0)
    assert cleaned == [1]
    assert errors == []


async def test_stop_before_start_is_nothing() -> None:
    """A schedule that never began needs no end."""
    await Schedule(on_error=lambda *_: None, on_skipped=lambda _: None).stop(grace_s=0)
