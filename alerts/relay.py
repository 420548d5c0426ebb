"""From the outbox to the sinks: decide, publish with many in flight, settle. Hop 7.

Each alert (rule and key) has a lane: its notifications go out one after the other, so a fire
always comes before its resolve; different alerts do not wait for each other. A letter is settled
only when every sink has acknowledged it. What a sink cannot take now is tried again with backoff,
what it can never take goes to the dead letters; meanwhile at most `max_held` letters are in
memory and the rest stay in Redis.

One relay works on an outbox at a time: the caller holds the shard's lease. At its start it takes
over, in order, whatever its predecessor was given and did not settle. A crash between
acknowledgement and settling sends a letter again under the same id.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import TypeAlias

import structlog
from msgspec import structs

from alerts.model import SHADOW, Severity, Transition
from alerts.notification import Notification
from alerts.outbox import Letter, Outbox
from alerts.sinks.base import NoteSink, PromptSink, Sink, StateSink
from alerts.topics import EVENT_LIFETIME
from monitor.core.backoff import Backoff
from monitor.core.clock import Clock, Millis
from monitor.core.errors import DeliveryError, StoreUnavailable

_log = structlog.get_logger(__name__)

Lane: TypeAlias = tuple[str, str]
"""An alert's rule and key."""


class Decision(StrEnum):
    """Whether the news is sent; any word but `send` is the reason why not."""

    SEND = "send"
    MUTED = "muted"
    QUIET = "quiet"
    SHADOW = "shadow"
    EXPIRED = "expired"


def decide(
    transition: Transition, now: Millis, lifetime: Mapping[Severity, Millis] = EVENT_LIFETIME
) -> Decision:
    """Decide whether the news of `transition` is sent at `now`.

    What is told was decided when it happened, by the desk; what it left out shows in the retained
    state alone.
    """
    if transition.muted_by == SHADOW:
        return Decision.SHADOW
    if not transition.told:
        return Decision.MUTED if transition.muted_by else Decision.QUIET
    if now - transition.at >= lifetime[transition.severity]:
        return Decision.EXPIRED
    return Decision.SEND


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayOptions:
    """How much is held at once, and how patient the relay is.

    Attributes:
        max_held: letters read and not yet settled; bounds memory while a broker is away.
        block_ms: how long one read waits for a letter; also how long a stop may wait for it.
        takeover_idle_ms: at the start, what was left for this long is taken over. 0 is right
            under a lease; without one it must exceed any pause of a living relay.
        claim_idle_ms: the same later on, for what a predecessor was still given after that.
        touch_every_s: how often held letters are shown to be alive; well below claim_idle_ms.
        retry: waits after a failure that may pass.
        drain_s: how long a stop waits for what is held.
        lifetime: how long news is worth sending, by severity; a replay's never grows old.

    """

    max_held: int = 512
    block_ms: int = 1_000
    takeover_idle_ms: Millis = 0
    claim_idle_ms: Millis = 60_000
    touch_every_s: float = 15.0
    retry: Backoff = field(default_factory=lambda: Backoff(base_s=0.1, cap_s=5.0))
    drain_s: float = 5.0
    lifetime: Mapping[Severity, Millis] = field(default_factory=lambda: EVENT_LIFETIME)


class Meter:
    """What counts the relay's work: counts nothing here; all labels are closed sets."""

    def delivered(self, sink: str, age_ms: Millis) -> None:
        """Count one acknowledgement; `age_ms` is now minus event time."""

    def failed(self, sink: str, reason: str) -> None:
        """Count one failed try."""

    def not_sent(self, reason: str) -> None:
        """Count news that was left out, by decision."""

    def dead(self, reason: str) -> None:
        """Count one dead letter; reason is `unreadable`, or that of the refusing sink."""


class Relay:
    """Carries letters from one outbox to all sinks."""

    def __init__(
        self,
        outbox: Outbox,
        sinks: Mapping[str, Sink | NoteSink],
        clock: Clock,
        *,
        options: RelayOptions | None = None,
        meter: Meter | None = None,
    ) -> None:
        self._outbox = outbox
        self._sinks = {n: it for n, it in sinks.items() if not isinstance(it, NoteSink)}
        self._writers = {n: it for n, it in sinks.items() if isinstance(it, NoteSink)}
        self._prompt = _prompt(self._sinks)
        self._to_note: list[Notification] = []
        self._clock = clock
        self._options = options or RelayOptions()
        self._meter = meter or Meter()
        self._rng = random.Random()  # noqa: S311 - jitter, no secret
        self._lanes: dict[Lane, deque[Letter]] = {}
        self._lane_tasks: set[asyncio.Task[None]] = set()
        self._held: set[str] = set()
        self._claims: list[set[str]] = []
        self._delivered: list[Letter] = []
        self._to_settle = asyncio.Event()
        self._released = asyncio.Event()
        self._stopping = asyncio.Event()
        self._joined = self._ended = False

    @property
    def held(self) -> int:
        """Return how many letters are read and not settled."""
        return len(self._held)

    def stop(self) -> None:
        """Ask `run` to read no more, to finish what is held, and to return."""
        self._stopping.set()
        self._released.set()

    async def run(self) -> None:
        """Carry letters until stopped. Cancelling is safe: what is held is sent again later."""
        async with asyncio.TaskGroup() as group:
            settler = group.create_task(self._settle(), name="relay.settle")
            keeper = group.create_task(self._keep(group), name="relay.keep")
            try:
                await self._read(group)
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._options.drain_s):
                        await self._drained()
            finally:
                self._ended = True
            for task in (settler, keeper, *self._lane_tasks):
                task.cancel()

    async def _read(self, group: asyncio.TaskGroup) -> None:
        failures = 0
        while not self._stopping.is_set():
            try:
                await self._read_once(group)
            except StoreUnavailable as error:
                self._joined = False
                await self._wait_for_store(failures, error)
                failures += 1
            else:
                failures = 0

    async def _read_once(self, group: asyncio.TaskGroup) -> None:
        if not self._joined:
            # Also after a lost connection: a reply that never came left its letters pending.
            await self._outbox.start()
            self._accept(group, await self._claim(self._options.takeover_idle_ms))
            self._joined = True
        room = self._options.max_held - len(self._held)
        if room <= 0:
            self._released.clear()
            await self._released.wait()
            return
        self._accept(group, await self._outbox.read(self._options.block_ms, room))

    async def _keep(self, group: asyncio.TaskGroup) -> None:
        """Show that held letters are alive, and take over what nobody holds any more."""
        while True:
            await self._clock.sleep(self._options.touch_every_s)
            with suppress(StoreUnavailable):  # the reader meets the same and says so
                await self._outbox.touch(self._held)
                self._accept(group, await self._claim(self._options.claim_idle_ms))

    async def _claim(self, idle_ms: Millis) -> list[Letter]:
        """Take over what was left, without what is settled while Redis answers.

        That would be told once more, and behind its own end.
        """
        gone = set[str]()
        self._claims.append(gone)
        try:
            left = await self._outbox.claim(idle_ms)
        finally:
            self._claims = [it for it in self._claims if it is not gone]
        return [letter for letter in left if letter.entry.id not in gone]

    def _accept(self, group: asyncio.TaskGroup, letters: Sequence[Letter]) -> None:
        for letter in letters:
            if letter.entry.id in self._held:
                continue
            self._held.add(letter.entry.id)
            lane = _lane(letter)
            if lane in self._lanes:
                self._lanes[lane].append(letter)
                continue
            self._lanes[lane] = deque([letter])
            self._go_on(group, lane)

    def _go_on(self, group: asyncio.TaskGroup, lane: Lane) -> None:
        """Have a lane's first letter carried: at once if the sink takes it so, else by a task."""
        if not self._offered_at_once(group, lane):
            self._spawn(group, lane)

    def _spawn(
        self, group: asyncio.TaskGroup, lane: Lane, said: DeliveryError | None = None
    ) -> None:
        task = group.create_task(self._drive(lane, said), name="relay.lane")
        self._lane_tasks.add(task)
        task.add_done_callback(self._lane_tasks.discard)

    def _offered_at_once(self, group: asyncio.TaskGroup, lane: Lane) -> bool:
        """Offer a lane's first letter without a task, which is a third of what an alert costs.

        False where that cannot be: a task does it then, and meets whatever is wrong.
        """
        notification = self._lanes[lane][0].notification
        if self._prompt is None or notification is None:
            return False
        decision = decide(notification.transition, self._clock.now(), self._options.lifetime)
        if decision is Decision.SHADOW:
            return False
        sent, told = decision is Decision.SEND, partial(self._answered, group, lane, decision)
        try:
            taken = self._prompt[1].offer(notification, told, with_event=sent)
        except Exception:  # noqa: BLE001 - the task meets it again, and says so
            return False
        if taken and sent:
            self._note(notification)
        return taken

    def _answered(
        self,
        group: asyncio.TaskGroup,
        lane: Lane,
        decision: Decision,
        error: DeliveryError | None,
    ) -> None:
        """Take what became of a letter that was offered at once."""
        if self._ended:
            return None
        if error is not None:
            return self._spawn(group, lane, error)
        letters = self._lanes[lane]
        letter = letters.popleft()
        if letter.notification is not None and self._prompt is not None:
            at = letter.notification.transition.at
            self._meter.delivered(self._prompt[0], self._clock.now() - at)
        if decision is not Decision.SEND:
            self._meter.not_sent(decision.value)
        self._take_as_delivered(letter)
        if letters:
            return self._go_on(group, lane)
        del self._lanes[lane]
        return None

    def _take_as_delivered(self, letter: Letter) -> None:
        self._delivered.append(letter)
        self._to_settle.set()

    async def _drive(self, lane: Lane, said: DeliveryError | None) -> None:
        """Carry all letters of a lane; `said` is what the first met when it was offered at once."""
        letters = self._lanes[lane]
        while letters:
            await self._carry(letters[0], said)
            letters.popleft()
            said = None
        del self._lanes[lane]

    async def _carry(self, letter: Letter, said: DeliveryError | None) -> None:
        if letter.notification is None:
            _log.error("relay.unreadable", entry=letter.entry.id, why=letter.why)
            refusals, why = ["unreadable"], f"unreadable: {letter.why}"
        else:
            refusals = await self._deliver(letter.notification, said)
            why = ", ".join(refusals)
        if not refusals:
            self._take_as_delivered(letter)
            return
        await self._patiently(lambda: self._outbox.dead_letter(letter, why))
        for refusal in refusals:
            self._meter.dead(refusal)
        self._release([letter.entry.id])

    async def _deliver(self, notification: Notification, said: DeliveryError | None) -> list[str]:
        """Offer until every sink has taken or refused it; return the reasons of the refusals."""
        waiting, refusals, failures = dict(self._sinks), list[str](), 0
        while True:
            decision = decide(notification.transition, self._clock.now(), self._options.lifetime)
            errors: list[DeliveryError | None]
            if said is not None and self._prompt is not None:
                self._failed(self._prompt[0], notification, said)
                errors, said = [said], None
            else:
                if decision is Decision.SEND and failures == 0:
                    self._note(notification)
                errors = await self._offer_all(list(waiting), notification, decision)
            for name, error in zip(list(waiting), errors, strict=True):
                if error is None or not error.retriable:
                    del waiting[name]
                if error is not None and not error.retriable:
                    refusals.append(error.reason)
            if not waiting:
                break
            await self._clock.sleep(self._options.retry.delay_s(failures, self._rng))
            failures += 1
            notification = structs.replace(notification, attempts=failures)
        if decision is not Decision.SEND:
            self._meter.not_sent(decision.value)
        return refusals

    def _note(self, notification: Notification) -> None:
        """Have it written down when what is sent in this turn of the loop has gone."""
        if not self._writers:
            return
        if not self._to_note:
            # in the turn after the next: what is sent in this one leaves in the next
            loop = asyncio.get_running_loop()
            loop.call_soon(loop.call_soon, self._write_notes)
        self._to_note.append(notification)

    def _write_notes(self) -> None:
        notes, self._to_note = self._to_note, []
        for name, sink in self._writers.items():
            for notification in notes:
                try:
                    sink.note(notification)
                except Exception:  # noqa: BLE001 - the loop's border: one sink's bug stops no other
                    _log.exception("relay.sink_raised", sink=name, id=notification.transition.id)
                    self._meter.failed(name, "internal_error")
                else:
                    self._meter.delivered(name, self._clock.now() - notification.transition.at)

    async def _offer_all(
        self, names: Sequence[str], notification: Notification, decision: Decision
    ) -> list[DeliveryError | None]:
        """Offer to all at once; return what each said against it."""
        if len(names) == 1:  # the usual case, and a task is a good part of an alert's cost
            return [await self._offer(names[0], notification, decision)]
        offers = (self._offer(name, notification, decision) for name in names)
        return await asyncio.gather(*offers)

    async def _offer(
        self, name: str, notification: Notification, decision: Decision
    ) -> DeliveryError | None:
        sink = self._sinks[name]
        try:
            if decision is Decision.SEND:
                await sink.publish(notification)
            elif decision is not Decision.SHADOW and isinstance(sink, StateSink):
                await sink.update_state(notification)
        except DeliveryError as error:
            self._failed(name, notification, error)
            return error
        except Exception as bug:  # noqa: BLE001 - the loop's border: one sink's bug stops no other
            _log.exception("relay.sink_raised", sink=name, id=notification.transition.id)
            self._meter.failed(name, "internal_error")
            return DeliveryError(str(bug), retriable=False, reason="internal_error")
        self._meter.delivered(name, self._clock.now() - notification.transition.at)
        return None

    def _failed(self, name: str, notification: Notification, error: DeliveryError) -> None:
        self._meter.failed(name, error.reason)
        if notification.attempts == 0 or not error.retriable:
            _log.warning(
                "relay.not_delivered",
                sink=name,
                id=notification.transition.id,
                reason=error.reason,
                retriable=error.retriable,
                why=str(error),
            )

    async def _settle(self) -> None:
        while True:
            await self._to_settle.wait()
            self._to_settle.clear()
            letters, self._delivered = self._delivered, []
            await self._patiently(partial(self._outbox.settle, letters))
            self._release([letter.entry.id for letter in letters])

    def _release(self, ids: Sequence[str]) -> None:
        self._held.difference_update(ids)
        for gone in self._claims:
            gone.update(ids)
        self._released.set()

    async def _drained(self) -> None:
        while self._held:
            self._released.clear()
            await self._released.wait()

    async def _patiently(self, action: Callable[[], Awaitable[None]]) -> None:
        failures = 0
        while True:
            try:
                return await action()
            except StoreUnavailable as error:
                await self._wait_for_store(failures, error)
                failures += 1

    async def _wait_for_store(self, failures: int, error: StoreUnavailable) -> None:
        if failures == 0:
            _log.warning("relay.store_unavailable", why=str(error))
        await self._clock.sleep(self._options.retry.delay_s(failures, self._rng))


def _prompt(sinks: Mapping[str, Sink]) -> tuple[str, PromptSink] | None:
    """Return the only sink and its name, if it takes a notification at once."""
    if len(sinks) != 1:
        return None
    ((name, sink),) = sinks.items()
    return (name, sink) if isinstance(sink, PromptSink) else None


def _lane(letter: Letter) -> Lane:
    if letter.notification is None:
        return ("", letter.entry.id)
    return (letter.notification.transition.rule, letter.notification.transition.key)
