"""Books read anew while the service works, and rules of users bound: beside its road, all or none.

SIGHUP, a changed file, `POST /-/reload` and the command `rules.reload` come here. Reading and
binding take a thread, so that ticks go on and the pages answer; the worker takes the new step
between two batches. Books that are wrong change nothing and are told: in the log, in the metric,
and to whoever asked. What users set and remove needs no reading: their rules are bound with the present
books on the same way, and what comes while that is done is bound together the next time.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from alerts.desk.user_rules import UserRule
from alerts.rulebook import Rulebook
from monitor.app.world import World
from monitor.compute.prepared import Prepared
from monitor.compute.reloading import plan_of, standing_versions, unchanged, words_of
from monitor.compute.step import Step
from monitor.compute.worker import ComputeWorker
from monitor.core.backoff import Backoff
from monitor.core.clock import Clock, SystemClock
from monitor.core.errors import ConfigError, StoreUnavailable
from monitor.core.marks import Marks, marks_of
from monitor.domain.commands import Command, Reloaded, ReloadPlan, Reply, verb_of
from monitor.store.commands import CommandDesk
from monitor.telemetry.instruments import Instruments

SWITCH_S = 0.000_5
BIND_AGAIN = Backoff(base_s=1.0, cap_s=60.0)
"""How long rules of users that could not be bound, by a fault of ours, are left alone."""
LOOK_EVERY_S = 1.0
"""A change counts when two looks have found the same: a file half written is not read."""
MOST_LOOKS = 5
"""A file that never rests keeps nobody from taking over for longer than so many looks."""

log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class Reloader:
    """Reads books anew, one reading at a time.

    Attributes:
        read: reads them.
        build: makes a step of them and of the rules of users.
        present: those in use.
        take: puts others in their place.
        worker: whose rules they are.
        computes: whether this process may compute.
        places: the files and folders that a person gave.
        instruments: told of each reading.
        desk: answers those who asked through the stream.
        clock: now.

    """

    read: Callable[[], World]
    build: Callable[[World, Mapping[str, UserRule]], Step]
    present: Callable[[], World]
    take: Callable[[World], None]
    worker: ComputeWorker
    computes: bool
    places: Sequence[Path]
    instruments: Instruments
    desk: CommandDesk
    clock: Clock
    _lock: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)
    _read_marks: Marks = field(init=False)
    _binding: bool = field(init=False, default=False)
    _binds_failed: int = field(init=False, default=0)
    _running: set[asyncio.Task[None]] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        """Begin with the files as they are."""
        self._read_marks = marks_of(self.places)

    async def reload(self, cause: str, *, dry_run: bool = False) -> Reloaded:
        """Read all books anew; keep the present ones, and say so, if anything is wrong.

        A dry run changes nothing and is no reading as far as the metrics know.
        """
        async with self._lock, _yielding():
            if self.worker.step is not None:
                await self.worker.settled()  # what changes is told against the books before
            if not dry_run:
                self._read_marks = await asyncio.to_thread(marks_of, self.places)
            try:
                world = await asyncio.to_thread(self.read)
                fresh = await self._built(world) if self.computes else None
            except ConfigError as error:
                return self._refused(cause, str(error), dry_run=dry_run)
            except Exception as bug:  # a fault of ours: the books in use must go on
                log.exception("books.reload_failed", cause=cause)
                why = f"the books could not be read: {type(bug).__name__}; the log says more"
                return self._refused(cause, why, dry_run=dry_run)
            plan = await self._plan(world.rulebook, fresh)
            if not dry_run:
                same = await asyncio.to_thread(_same, self.present(), world)
                same = await self._sifted(fresh, same)
                read = {} if fresh is None else await self.worker.read_ahead(fresh)
                self._use(world, plan, cause)
                self.worker.reload(Prepared(fresh, same, read))
            return Reloaded(accepted=True, text=words_of(plan, dry_run=dry_run), plan=plan)

    async def _built(self, world: World) -> Step:
        """Return a step of these books with the rules of users as they are kept at this moment."""
        step = self.worker.step
        kept = {} if step is None else dict(step.users.kept)
        return await asyncio.to_thread(self._prepared, world, kept)

    def _prepared(self, world: World, kept: Mapping[str, UserRule]) -> Step:
        step = self.build(world, kept)
        step.prepare(self.clock.now())
        return step

    async def _sifted(self, fresh: Step | None, same: frozenset[str]) -> frozenset[str]:
        """Return what was judged already, users' rules with it, once the fresh step knows the rest."""
        if fresh is None or not same:
            return same
        same |= self._same_of_users(fresh)
        await asyncio.to_thread(fresh.watch.sift, same)
        return same

    def _same_of_users(self, fresh: Step | None) -> frozenset[str]:
        """Return the rules of users that were judged already."""
        step = self.worker.step
        if step is None or fresh is None:
            return frozenset()
        return frozenset(fresh.users.same_as(step.users))

    async def bind(self) -> None:
        """Bind the rules of users as they are kept by now, with the books in use."""
        async with self._lock, _yielding():
            if self.worker.reloading or self.worker.step is None:
                return  # other books wait to be taken: what is missing then is seen then
            began = time.perf_counter()
            fresh = await self._built(self.present())
            same = await asyncio.to_thread(_ids, self.present().rulebook)
            same = await self._sifted(fresh, same)
            self.worker.reload(Prepared(fresh, same, await self.worker.read_ahead(fresh)))
            took = time.perf_counter() - began
        log.info(
            "rules.bound",
            users=len(fresh.users.bound),
            broken=len(fresh.users.bench.broken),
            seconds=round(took, 3),
        )

    async def _plan(self, after: Rulebook, fresh: Step | None) -> ReloadPlan:
        step, before = self.worker.step, self.present().rulebook
        known = step is not None and fresh is not None
        standing = standing_versions(step.watch) if known and step is not None else {}
        watch = fresh.watch if known and fresh is not None else None
        return await asyncio.to_thread(plan_of, before, after, standing, watch)

    def _use(self, world: World, plan: ReloadPlan, cause: str) -> None:
        self.take(world)
        self.instruments.books_reloaded(at=SystemClock().now(), successful=True)
        log.info(
            "books.reloaded",
            cause=cause,
            rules=plan.rules,
            version=plan.version,
            added=plan.added.total,
            removed=plan.removed.total,
            changed=plan.changed.total,
            ends=plan.ends.total,
        )

    def _refused(self, cause: str, why: str, *, dry_run: bool) -> Reloaded:
        if not dry_run:
            self.instruments.books_reloaded(at=SystemClock().now(), successful=False)
            log.error("books.reload_refused", cause=cause, why=why)
        return Reloaded(accepted=False, text=why)

    # ---------------------------------------------------------------- the four causes

    def on_signal(self) -> None:
        """Begin a reading, for a signal handler cannot wait."""
        self._begin(self._for_signal())

    def on_command(self, command: Command) -> None:
        """Begin a reading that somebody asked for through the stream."""
        self._begin(self._for_command(command))

    def on_users(self) -> None:
        """Begin to bind the rules of users, unless that is being done."""
        if not self._binding:
            self._binding = True
            self._begin(self._for_users())

    async def _for_users(self) -> None:
        try:
            await self.bind()
        except Exception:  # a fault of ours: the rules in use must go on
            wait_s = BIND_AGAIN.ceiling_s(self._binds_failed)
            self._binds_failed += 1
            log.exception("rules.bind_failed", again_in_s=wait_s)
            # each batch asks for it, and would only fail on the same rules and log the same
            await self.clock.sleep(wait_s)
        else:
            self._binds_failed = 0
        finally:
            self._binding = False

    async def watch(self) -> None:
        """Look at the files again and again, until cancelled."""
        before: Marks | None = None
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            found = await asyncio.to_thread(marks_of, self.places)
            if found == self._read_marks:
                before = None
            elif found != before:
                before = found
            else:
                await self.reload("file")

    async def catch_up(self) -> None:
        """Read files that are others than those read, before this process begins to compute.

        Who computed before may have read them already. By the old ones the alerts of its new rules
        would end here, and begin anew as others when the files are looked at.
        """
        found = await asyncio.to_thread(marks_of, self.places)
        for _ in range(MOST_LOOKS):
            if found == self._read_marks:
                return
            await asyncio.sleep(LOOK_EVERY_S)
            before, found = found, await asyncio.to_thread(marks_of, self.places)
            if before == found != self._read_marks:
                await self.reload("taking over")
                found = self._read_marks

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _for_signal(self) -> None:
        await self.reload("signal")

    async def _for_command(self, command: Command) -> None:
        outcome = await self.reload(f"command of {command.by}", dry_run=command.dry_run)
        reply = Reply(
            id=command.id,
            at=self.clock.now(),
            accepted=outcome.accepted,
            text=outcome.text,
            dry_run=command.dry_run,
            matches=() if outcome.plan is None else outcome.plan.ends.names,
            matched=0 if outcome.plan is None else outcome.plan.ends.total,
            plan=outcome.plan,
            by=command.by,
            verb=verb_of(command.action),
        )
        try:
            await self.desk.answer(reply)
        except StoreUnavailable as error:
            log.warning("books.reload_not_answered", id=command.id, why=str(error))


@contextlib.asynccontextmanager
async def _yielding() -> AsyncIterator[None]:
    """Let the loop have its turn sooner while a thread computes beside it: Python gives 5 ms."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


def _ids(book: Rulebook) -> frozenset[str]:
    return frozenset(rule.id for rule in book.rules)


def _same(before: World, after: World) -> frozenset[str]:
    """Return the rules that need not be judged again, for nothing else has changed; or none."""
    if before.books_are(after):
        return unchanged(before.rulebook, after.rulebook)
    return frozenset()
