"""The loop around the pure step: read a batch, step, commit, again. Hops 5 and 6.

Whatever goes wrong with Redis, the loop throws its step away and starts from what was committed
last: the commit is all or nothing and the cursor moves with it, so nothing is lost and nothing is
done twice.

What nobody waits for (values that moved and alerted nobody) is committed with what comes next, or
after `QUIET_S`: a crash before that reads its ticks again, and finds the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from alerts.codec import encode_transition
from alerts.desk.user_rules import UserRule
from monitor.compute.counts import Counts, count_refusals, count_transitions
from monitor.compute.encoding import encode_changes, refused_by_hour
from monitor.compute.lookout import Look, Lookout
from monitor.compute.prepared import UNPREPARED, Prepared, Waiting, read_ahead
from monitor.compute.presenter import Presenter
from monitor.compute.saved import Decoded, Saved, read_cells
from monitor.compute.step import Step
from monitor.core.clock import Clock
from monitor.core.errors import ConfigError, StoreUnavailable
from monitor.core.memory import uncollected
from monitor.domain.commands import Command
from monitor.store.codec import AHEAD_MS
from monitor.store.commands import encode_reply
from monitor.store.commit import Commit, Committer
from monitor.store.flaws import encode_flaw
from monitor.store.leases import Lease
from monitor.store.ticks import KEEP_TICKS_MS, TickReader

ROLE = "compute"

QUIET_S = 0.02
"""How long changes that are news to nobody wait for others to be committed with."""

_ALWAYS = ("schema", "now")
_KEEP_TIME_MS = 10_000  # so often the time alone is kept: it says how long one was away

log = structlog.get_logger()


@dataclass(slots=True)
class Cursor:
    """How far one has come in the stream."""

    id: str
    entries_read: int


class ComputeWorker:
    """Runs the step of one shard while it holds the lease.

    `on_reload` has the books read anew, `on_users` a step built that has the rules of users bound
    as they are kept by now; where nobody does that beside, it is done between two batches.
    """

    def __init__(
        self,
        committer: Committer,
        reader: TickReader,
        *,
        build: Callable[[Mapping[str, UserRule]], Step],
        clock: Clock,
        counts: Counts,
        behind_ms: int | None = 0,
    ) -> None:
        """`build` makes a fresh step from the present books, with the rules of users.

        Without ticks the engine's time stays `behind_ms` behind the clock: a tick on its way is a
        little older than now, and must not find that its moment has passed. None plays the past: it
        was never away from it, however far the clock is ahead of the first step.
        """
        self._committer, self._reader, self._build = committer, reader, build
        self._clock, self._counts = clock, counts
        self._behind_ms, self._plays = behind_ms or 0, behind_ms is None
        self.on_reload: Callable[[Command], None] | None = None
        self.on_users: Callable[[], None] | None = None
        self._waiting, self._presenter = Waiting(), Presenter()
        self._same: frozenset[str] = frozenset()
        self._rejected: list[tuple[str, str]] = []
        self.cursor = Cursor("", 0)
        self._owed_until: float | None = None
        self._kept_until = 0  # in the engine's time
        self.step: Step | None = None
        self._shown = Cursor("", 0)

    async def read_ahead(self, fresh: Step) -> Decoded:
        """Read the state for a `reload` to `fresh` soon, which ticks wait for; it may fail there."""
        with contextlib.suppress(StoreUnavailable, ConfigError):
            cells = await self._committer.load()
            return await asyncio.to_thread(read_ahead, cells, self._committer.state_key, fresh)
        return {}

    def reload(self, prepared: Prepared = UNPREPARED) -> None:
        """Take the books anew before the next batch, keeping all alert state."""
        self._waiting.put(prepared)

    @property
    def reloading(self) -> bool:
        """Tell whether other books or rules wait to be taken."""
        return bool(self._waiting)

    async def settled(self) -> None:
        """Wait until the books that were given are at work and judged, if that is soon."""
        await self._waiting.settled()

    async def work(self, lease: Lease) -> None:
        """Load the state, then batch after batch, until cancelled or something breaks.

        Raises:
            LeaseLost: another process took over.
            StoreUnavailable: Redis did not answer.

        """
        await self._committer.prepare()
        step = await self._begin(self._waiting.take())
        if not self._plays:
            step.telling.desk.inputs.back_at(self._clock.now(), step.now or 0)
        lookout = Lookout(self._reader, self._clock)
        try:
            while True:
                look = await lookout.look(self._shown.id, until=self._owed_until)
                if look is None or self.reloading:
                    await self._commit(lease, step)
                if look is None:
                    continue
                if self.reloading:
                    step = await self._begin_anew(step)
                if look.entries:
                    lookout.look_ahead(look.entries[-1][0].decode())
                for batch in look.batches():
                    if not await self._batch(lease, step, batch):
                        step = await self._begin()
                        break  # what was not committed is read again
        finally:
            lookout.close()

    async def _begin_anew(self, step: Step) -> Step:
        """Return a step of the books as they are now; `step` is the one before."""
        prepared = self._waiting.take()
        judged = step is self.step and not step.unjudged
        with uncollected():  # ticks wait for this, and a pause would be a tenth of it
            fresh = await self._begin(prepared)
        self._same = prepared.same if judged else frozenset()
        log.info("compute.books_reloaded", companies=len(fresh.firms))
        return fresh

    async def _begin(self, prepared: Prepared = UNPREPARED) -> Step:
        """Return a fresh step that stands where the last commit ended.

        Books or rules may have changed since, which can end alerts or begin some: that is judged
        when the step has caught up with the present.
        """
        cells = await self._committer.load()
        self._same = frozenset()
        step, saved = await asyncio.to_thread(self._restored, cells, prepared)
        self._shown = self.cursor = Cursor(saved.cursor, saved.entries_read)
        self._owed_until = None
        self._rejected.clear()
        self.step = self.step or step
        return step

    def _restored(self, cells: dict[str, bytes], prepared: Prepared) -> tuple[Step, Saved]:
        """Return a step that stands where `cells` do; in a thread, for it takes what it takes.

        The loop meanwhile keeps the lease and answers; until the step is judged, the one before
        is shown.
        """
        saved, fresh = read_cells(cells, self._committer.state_key, prepared.read), prepared.fresh
        # without a step before it, nothing says that a fresh one has all the rules that are at work
        fits = fresh is not None and (self.step is not None or fresh.users.bound == saved.users)
        step = fresh if fresh is not None and fits else self._build(saved.users)
        step.restore(saved)
        return step, saved

    async def _catch_up(self, step: Step, look: Look) -> None:
        """Let time go on to the present if every entry up to then has been shown to the step.

        A batch at the end of the stream was all there was when it was asked for; a step that has
        been restored can then be judged. Otherwise the ticks themselves carry the time on.
        """
        if not look.ends:
            return
        if not look.entries:
            step.advance(look.seen_at - self._behind_ms)
        elif step.unjudged:
            step.advance(look.asked_at - self._behind_ms)
        if step is self.step:
            step.judge()
        else:
            await asyncio.to_thread(step.judge, self._same)
            self.step, self._same = step, frozenset()
        self._waiting.settle()

    async def _batch(self, lease: Lease, step: Step, look: Look) -> bool:
        """Step through a batch and commit it, if others wait for what it changed or more comes.

        Without entries only timers may have run. Return False if the step failed on an entry: that
        one is poison from now on, and what was not committed wants a fresh step.
        """
        began, entries = time.perf_counter(), look.entries
        rejected = self._presenter.show(
            step, entries, self._reader.server_now, without_reloads=self.on_reload is not None
        )
        if rejected is None:
            return False
        if self.on_reload is not None:  # before the commit, whose answer may be lost
            for command in self._presenter.asked:
                self.on_reload(command)
        if entries:
            read = self._shown.entries_read + len(entries)
            self._shown = Cursor(entries[-1][0].decode(), read)
        self._rejected += rejected
        if step is not self.step and step.has_news():
            paused = time.perf_counter()
            await self._commit(lease, step)  # what ticks tell has not to wait for the judgement
            began += time.perf_counter() - paused
        await self._catch_up(step, look)
        self._counts.step_took(time.perf_counter() - began)
        caught_up = entries and look.ends
        if not caught_up or rejected or step.has_news() or self._overdue():
            await self._commit(lease, step)
        self._counts.ticks_taken(len(entries))
        for kind, cost in step.watch.costs.take().items():
            self._counts.rules_evaluated(kind, cost.evaluations, cost.nanoseconds / 1e9)
        self._pass_on(step)
        return True

    def _overdue(self) -> bool:
        """Tell whether what is owed to Redis has waited long enough; it waits from now on."""
        now = asyncio.get_running_loop().time()
        if self._owed_until is None:
            self._owed_until = now + QUIET_S
        return self._owed_until <= now

    def _pass_on(self, step: Step) -> None:
        """Have done what no step does: rules of users bound."""
        if step.users.stale and not self.reloading:
            if self.on_users is None:
                self.reload()
            else:
                self.on_users()

    async def _commit(self, lease: Lease, step: Step) -> None:
        """Write what the step changed since the last commit, and what was put aside."""
        changes, rejected = step.take(), self._rejected
        cells = encode_changes(changes)
        news = changes.transitions or changes.flaws or changes.replies
        moved = self._shown.id != self.cursor.id
        idle = not moved and len(cells) == len(_ALWAYS) and not news
        if idle and changes.now < self._kept_until:
            self._owed_until = None  # else the loop would come back at once, for ever
            return  # only the time moved on: the next batch will say so
        self._kept_until = changes.now + _KEEP_TIME_MS
        batch = Commit(
            expected_cursor=self.cursor.id,
            cursor=self._shown.id,
            entries_read=self._shown.entries_read,
            cells=cells,
            transitions=[encode_transition(item) for item in changes.transitions],
            rejected=rejected,
            flaws=[encode_flaw(event) for event in changes.flaws],
            refused=refused_by_hour(step.refused, len(rejected), changes.now),
            replies=[encode_reply(reply) for reply in changes.replies],
        )
        await self._committer.commit(lease, batch)
        self.cursor, self._owed_until = self._shown, None
        if changes.transitions:
            await asyncio.sleep(0)  # a relay in this process sends first; what follows is counting
        count_transitions(self._counts, changes.transitions)
        count_refusals(self._counts, step.refused, len(rejected))
        self._rejected = []
        self._presenter.forget(rejected)

    async def trim(self) -> None:
        """Forget ticks that were committed long ago; called on a slow clock.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        if self.cursor.id:
            written = int(self.cursor.id.partition("-")[0])
            kept = f"{max(written - KEEP_TICKS_MS, 0)}-0"
            # ids from the future do not grow old: of those only what is not yet committed is kept
            ahead = written > self._reader.server_now + AHEAD_MS
            gone = await self._reader.trim(self.cursor.id if ahead else kept)
            self._counts.ticks_trimmed(gone)
        if self.step is not None and self.step.now is not None:
            await self._committer.forget(self.step.now)
