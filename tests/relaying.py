"""A relay on a real outbox with sinks that a test directs."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

from alerts import codec
from alerts.model import Transition
from alerts.notification import Notification, Receipt
from alerts.outbox import Outbox
from alerts.relay import Meter, Relay, RelayOptions
from alerts.sinks.base import NoteSink, Sink
from monitor.core.backoff import Backoff
from monitor.core.clock import Millis, SystemClock
from monitor.core.errors import DeliveryError
from monitor.store.client import RedisClient
from monitor.store.keys import Keys
from monitor.store.outbox_stream import OutboxStream
from tests.transitions import AT
from tests.waiting import wait_for

QUICK = Backoff(base_s=0.01, cap_s=0.05)
OPTIONS = RelayOptions(block_ms=20, retry=QUICK)


class Shown(SystemClock):
    """Shows a moment that a test sets, yet waits in real time."""

    def __init__(self, moment: Millis = AT + 150) -> None:
        self.moment = moment

    def now(self) -> Millis:
        """Return the moment."""
        return self.moment


class Counts(Meter):
    """Counts what the relay did."""

    def __init__(self) -> None:
        self.seen: Counter[tuple[str, ...]] = Counter()

    def delivered(self, sink: str, age_ms: Millis) -> None:
        """Count an acknowledgement."""
        self.seen["delivered", sink] += 1

    def failed(self, sink: str, reason: str) -> None:
        """Count a failed try."""
        self.seen["failed", sink, reason] += 1

    def not_sent(self, reason: str) -> None:
        """Count news left out."""
        self.seen["not_sent", reason] += 1

    def dead(self, reason: str) -> None:
        """Count a dead letter."""
        self.seen["dead", reason] += 1


class Desk:
    """A sink that remembers, and fails as it is told: an error, or a count of tries to fail."""

    def __init__(self) -> None:
        self.got: list[Transition] = []
        self.states: list[Transition] = []
        self.tries: Counter[str] = Counter()
        self.fault: Callable[[Transition, int], Exception | None] = lambda _item, _tries: None
        self.gate = asyncio.Event()
        self.gate.set()
        self.most_at_once = 0
        self._now_at_once = 0

    async def publish(self, notification: Notification) -> Receipt:
        """Take it, when the gate is open and no fault is set."""
        item = notification.transition
        self._now_at_once += 1
        self.most_at_once = max(self.most_at_once, self._now_at_once)
        try:
            await self.gate.wait()
        finally:
            self._now_at_once -= 1
        self.tries[item.id] += 1
        if (error := self.fault(item, self.tries[item.id])) is not None:
            raise error
        self.got.append(item)
        return Receipt("desk", 0)


class PromptDesk(Desk):
    """A desk that takes what it is offered without anybody waiting, unless it is `busy`."""

    def __init__(self) -> None:
        super().__init__()
        self.busy = False
        self.bug = ""
        self.offered: list[tuple[str, bool]] = []
        self._under_way: set[asyncio.Task[Receipt]] = set()

    def offer(
        self,
        notification: Notification,
        done: Callable[[DeliveryError | None], None],
        *,
        with_event: bool,
    ) -> bool:
        """Take it as `publish` does, and say so later."""
        item = notification.transition
        if item.key == self.bug:
            raise KeyError("bug")
        if self.busy:
            return False
        self.offered.append((item.id, with_event))
        work = self.publish(notification) if with_event else self.update_state(notification)
        task = asyncio.get_running_loop().create_task(work)
        self._under_way.add(task)
        task.add_done_callback(lambda task: self._tell(task, done))
        return True

    async def update_state(self, notification: Notification) -> Receipt:
        """Keep the state."""
        self.states.append(notification.transition)
        return Receipt("desk", 0, "state only")

    def _tell(
        self, task: asyncio.Task[Receipt], done: Callable[[DeliveryError | None], None]
    ) -> None:
        self._under_way.discard(task)
        error = task.exception()
        assert error is None or isinstance(error, DeliveryError)
        done(error)


class Diary:
    """A sink that only writes down, and fails on the keys it is told."""

    def __init__(self, *, fails_on: str = "") -> None:
        self.noted: list[Transition] = []
        self.fails_on = fails_on

    def note(self, notification: Notification) -> None:
        """Write down."""
        if notification.transition.key == self.fails_on:
            raise KeyError("bug")
        self.noted.append(notification.transition)


class Board(Desk):
    """A desk that also keeps states."""

    async def update_state(self, notification: Notification) -> Receipt:
        """Keep the state."""
        self.states.append(notification.transition)
        return Receipt("board", 0, "state only")


class Post:
    """One outbox of a test: append, look, and run a relay on it."""

    def __init__(self, redis: RedisClient, tag: str) -> None:
        self.redis = redis
        self.key, self.dead_key = Keys(tag).outbox, Keys(tag).dead_letters
        self.counts = Counts()

    async def append(self, *items: Transition) -> None:
        """Append transitions as the commit does."""
        for item in items:
            await self.redis.xadd(self.key, {codec.FIELD: codec.encode_transition(item)})

    async def depth(self) -> int:
        """Return the number of unsettled letters."""
        return int(await self.redis.xlen(self.key))

    def outbox(self, consumer: str = "a") -> Outbox:
        """Return the outbox as `consumer` sees it."""
        return Outbox(OutboxStream(self.redis, self.key, consumer=consumer, dead_key=self.dead_key))

    @asynccontextmanager
    async def relay(
        self,
        sinks: Mapping[str, Sink | NoteSink],
        *,
        consumer: str = "a",
        clean: bool = True,
        **options: Any,
    ) -> AsyncIterator[Relay]:
        """Run a relay; at the end stop it, or with `clean` False cancel it as a crash would."""
        clock = options.pop("clock", None) or Shown()
        relay = Relay(
            self.outbox(consumer),
            sinks,
            clock,
            options=RelayOptions(**{"block_ms": 20, "retry": QUICK, "drain_s": 0.2, **options}),
            meter=self.counts,
        )
        task = asyncio.create_task(relay.run())
        try:
            yield relay
        finally:
            if clean:
                relay.stop()
                await task
            else:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def dead(self) -> list[dict[bytes, bytes]]:
        """Return the dead letters."""
        letters: Any = await self.redis.xrange(self.dead_key)
        return [fields for _, fields in letters]

    async def until_empty(self) -> None:
        """Wait until everything is settled."""

        async def empty() -> bool:
            return await self.depth() == 0

        await wait_for(empty, "the outbox to be empty")


def ids(items: Iterable[Transition]) -> list[str]:
    """Return the ids."""
    return [item.id for item in items]


def retriable(_item: Transition, _tries: int) -> Exception:
    """Fail in a way that may pass: a `fault` of a desk."""
    return DeliveryError("away", retriable=True, reason="not_connected")
