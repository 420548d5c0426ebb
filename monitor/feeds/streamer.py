"""One stream kept open: connect, subscribe, watch, and what follows when it ends. Hops 1 to 4.

While the stream brings an instrument the poller of the same source asks for it rarely; the moment
the link is down, silent or not confirmed the poller goes on at its own interval. Both hand over
through one gate, so nothing is stored twice and nothing goes back in time.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

import structlog

from monitor.core.backoff import Backoff
from monitor.core.clock import SECOND, Clock, Millis
from monitor.core.errors import BadQuote, FeedError, FeedUnavailable
from monitor.feeds.intake import Intake
from monitor.feeds.lanes import MIN_PAUSE_S, pause_s
from monitor.feeds.reasons import Reason
from monitor.feeds.sockets import Connector, Socket
from monitor.feeds.streams import StreamSpec

log = structlog.get_logger(__name__)

CHECK_S = 1.0
RETRY = Backoff(base_s=1.0, cap_s=60.0)
STORE_RETRY = Backoff(base_s=0.5, cap_s=10.0)
MIN_STORE_PAUSE_S = 0.1
# A connection that stood for so long was a good one: the next loss begins a new streak. A venue
# that lets us in and at once throws us out is asked ever more rarely.
STEADY_MS: Millis = 60 * SECOND


@dataclass(slots=True, kw_only=True)
class Streamer:
    """The connections of one stream, one after the other.

    Attributes:
        intake: takes its messages.
        connector: opens its connections.
        clock: now.
        rng: draws the jitter of the backoff.
        failures: connections lost or not had, in a row.
        retry_at: when the next one is tried; None: there is one.

    """

    intake: Intake
    connector: Connector
    clock: Clock
    rng: random.Random
    failures: int = field(init=False, default=0)
    retry_at: Millis | None = field(init=False, default=None)
    _said: set[str] = field(init=False, default_factory=set)

    @property
    def spec(self) -> StreamSpec:
        """Return the stream's declaration."""
        return self.intake.stream.spec

    def brings(self) -> frozenset[str]:
        """Return the instruments that the living stream brings now."""
        return self.intake.link.brings(self.clock.now())

    async def run(self) -> None:
        """Keep the stream open and store what it brings, until cancelled.

        No failure of the provider, the adapter or the store leaves here.
        """
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._stay_connected())
            tasks.create_task(self._store())

    def record(self) -> dict[str, Any]:
        """Return how the stream is doing, for `feeds status`; moments in ms UTC."""
        intake, link = self.intake, self.intake.link
        return {
            "link": link.state(self.clock.now()).value,
            "up_since": link.up_since,
            "down_since": link.down_since,
            "heard_at": link.heard_at,
            "traded_at": link.traded_at,
            "retry_at": self.retry_at,
            "reconnects": link.reconnects,
            "gaps": sum(trail.gaps for trail in intake.trails.values()),
            "missed": sum(trail.missed for trail in intake.trails.values()),
            "duplicates": intake.duplicates,
            "out_of_order": intake.out_of_order,
            "refused": sorted(link.refused),
            "error": intake.error,
            "message": intake.message,
        }

    async def _stay_connected(self) -> None:
        while True:
            wait_s = self._ended(*await self._one_connection())
            self.retry_at = self.clock.now() + round(wait_s * SECOND)
            await self.clock.sleep(wait_s)
            self.retry_at = None

    async def _one_connection(self) -> tuple[Exception, Millis]:
        """Open one connection and use it up; return what ended it, and how long it was up."""
        socket: Socket | None = None
        error: Exception | None = None
        stood_ms = 0
        try:
            socket = await self.connector.open()
            self.intake.opened()
            for message in self.intake.stream.subscribe(self.spec):
                await socket.send(message)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._listen(socket))
                tasks.create_task(self._watch(socket))
        except* Exception as group:  # noqa: BLE001 - the loop boundary: whatever ended it, it is opened again
            error = group.exceptions[0]
        finally:
            stood_ms = self.intake.link.stood_ms(self.clock.now())
            self.intake.link = self.intake.link.closed()
            if socket is not None:
                await socket.close()
        return error or RuntimeError("the connection ended without a word"), stood_ms

    async def _listen(self, socket: Socket) -> None:
        while True:
            try:
                message = await socket.receive()
            except BadQuote as error:
                if error.reason == Reason.TOO_LARGE:
                    raise
                self.intake.refuse(error, error.reason)
                continue
            if message is None:
                self.intake.alive()
            else:
                for reply in self.intake.take(message):
                    await socket.send(reply)

    async def _watch(self, socket: Socket) -> None:
        while True:
            await self.clock.sleep(CHECK_S)
            self.intake.settle()
            link, now = self.intake.link, self.clock.now()
            fault = link.fault(now)
            if fault:
                message = f"{self.spec.name}: {fault}; the stream is opened again"
                raise FeedUnavailable(message, reason=Reason.TIMEOUT)
            if link.wants_ping(now):
                self.intake.link = link.pinged(now)
                ping = self.spec.ping
                await (socket.send(ping.message) if ping and ping.message else socket.ping())

    def _ended(self, error: Exception, stood_ms: Millis) -> float:
        """Note the end of a connection, or that none came about; return how long to wait."""
        self.failures = 1 if stood_ms >= STEADY_MS else self.failures + 1
        if self.failures == 1:
            self._said.clear()
        reason = error.reason if isinstance(error, FeedError) else Reason.BUG
        if isinstance(error, BadQuote):
            wait_s = RETRY.delay_s(self.failures - 1, self.rng, floor_s=MIN_PAUSE_S)
        else:
            wait_s = pause_s(error, self.failures, RETRY, self.rng)
        self.intake.failed(error, reason)
        if reason not in self._said:
            self._said.add(reason)
            log.warning(
                "stream.ended",
                feed=self.spec.name,
                reason=reason,
                error=self.intake.message,
                wait_s=round(wait_s, 3),
                exc_info=error if reason == Reason.BUG else None,
            )
        return wait_s

    async def _store(self) -> None:
        """Store what waits: the first at once, then at most every `flush_s`."""
        failures = 0
        while True:
            await self.intake.some_wait.wait()
            failures = 0 if await self.intake.flush() else failures + 1
            if failures:
                pause = STORE_RETRY.delay_s(failures - 1, self.rng, floor_s=MIN_STORE_PAUSE_S)
                await self.clock.sleep(pause)
            else:
                await self.clock.sleep(self.spec.flush_s)
