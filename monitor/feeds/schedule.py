"""The clockwork of the feeds: one interval job per feed. Hop 1, and the home of APScheduler.

What version 3.11 does that one has to know: an error in a job is only logged, an overlapping run
is left out with an event, the first run comes one interval after the start, and `shutdown`
cancels running jobs whatever `wait` says. Here errors and skipped runs reach the owner's
callbacks, the first run is soon, and `stop` waits. It also reckons by the wall clock: one that is
set back by an hour would let no job run for an hour, so what waits longer than it can is brought back.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.events import (
    EVENT_JOB_ERROR,
    EVENT_JOB_MAX_INSTANCES,
    EVENT_JOB_MISSED,
    JobEvent,
)
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from monitor.core.clock import SECOND, Millis

JITTER_SHARE = 0.1
FIRST_WITHIN_S = 30.0
"""A feed that is asked four times a day is not to be without a word for half an hour at the start."""

LOOK_S = 1.0

Job = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Schedule:
    """Runs each job at its interval, one instance at a time, until stopped.

    Attributes:
        on_error: told the job's name and the error that escaped it; the job runs again at its
            next interval.
        on_skipped: told the job's name when a run was left out because one was still going on.
        wall_s: the wall clock that the library goes by, in seconds.

    """

    on_error: Callable[[str, BaseException], None]
    on_skipped: Callable[[str], None]
    wall_s: Callable[[], float] = time.time
    _longest_s: dict[str, float] = field(init=False, default_factory=dict)
    _watch: asyncio.TimerHandle | None = field(init=False, default=None)
    _running: set[asyncio.Task[Any]] = field(init=False, default_factory=set)
    _scheduler: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # The library writes a line for every error and every skipped run. Both reach our
        # callbacks, which log edges; its own lines would be the levels.
        quiet = logging.getLogger("apscheduler")
        quiet.setLevel(logging.CRITICAL)
        self._scheduler = AsyncIOScheduler(timezone=UTC, logger=quiet)
        events = EVENT_JOB_ERROR | EVENT_JOB_MAX_INSTANCES | EVENT_JOB_MISSED
        self._scheduler.add_listener(self._heard, events)

    def add(self, name: str, job: Job, *, every_s: float, rng: random.Random) -> None:
        """Run `job` each `every_s` seconds, the first time within a tenth of that, at most 30 s.

        The interval is jittered by a tenth, so that feeds with one interval spread out; the mean
        stays `every_s` (the library's jitter only ever adds, and adds up). A run
        that comes late (a busy loop, a machine that slept) still runs, once.
        """
        spread_s = JITTER_SHARE * every_s
        first_s = rng.uniform(0, min(spread_s, FIRST_WITHIN_S))
        self._longest_s[name] = every_s + spread_s + LOOK_S

        async def run() -> None:
            task = asyncio.current_task()
            if task is not None:
                self._running.add(task)
                task.add_done_callback(self._running.discard)
            await job()

        self._scheduler.add_job(
            run,
            "interval",
            seconds=every_s - spread_s / 2,
            jitter=spread_s,
            timezone=UTC,
            id=name,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
            next_run_time=datetime.now(UTC) + timedelta(seconds=first_s),
        )

    def start(self) -> None:
        """Begin; needs the running event loop."""
        self._scheduler.start()
        self._look()

    def _look(self) -> None:
        """Bring back what waits longer than it can: the wall clock was set back since it was planned.

        Set forward, it finds all of it due; the library runs that once and plans by the new time.
        """
        wall_s = self.wall_s()
        for job in self._scheduler.get_jobs():
            rest_s = 0.0 if job.next_run_time is None else job.next_run_time.timestamp() - wall_s
            longest_s = self._longest_s[job.id]
            if rest_s > longest_s:
                earlier = timedelta(seconds=rest_s - rest_s % longest_s)
                job.modify(next_run_time=job.next_run_time - earlier)
        self._watch = asyncio.get_running_loop().call_later(LOOK_S, self._look)

    def next_run(self, name: str) -> Millis | None:
        """Return when `name` runs next; None when there is no such job or it will not run."""
        job = self._scheduler.get_job(name)
        moment = None if job is None else job.next_run_time
        return None if moment is None else round(moment.timestamp() * SECOND)

    async def stop(self, grace_s: float) -> None:
        """Start no further run, let those under way end within `grace_s`, cancel the rest."""
        if not self._scheduler.running:
            return
        self._scheduler.pause()
        if self._watch is not None:
            self._watch.cancel()
        under_way = set(self._running)
        if under_way:
            await asyncio.wait(under_way, timeout=grace_s)
        self._scheduler.shutdown(wait=False)
        # The library shuts down in the loop's next turn and cancels what still runs.
        await asyncio.sleep(0)
        await asyncio.gather(*under_way, return_exceptions=True)

    def _heard(self, event: JobEvent) -> None:
        if event.code != EVENT_JOB_ERROR:
            self.on_skipped(event.job_id)
        elif not isinstance(event.exception, asyncio.CancelledError):
            self.on_error(event.job_id, event.exception)
