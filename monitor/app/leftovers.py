"""What a broker still holds below our topics though nobody stands by it: found, and taken back.

A broker that comes back with an older store holds states that were taken back since; so does one that
the service used before it moved to another. An alert's state never expires, so it would stand for ever.
Each connection begins a look at what is there. It goes on beside the turns of the boards and over a
connection of its own; what it finds is judged and taken back in a turn, where nothing is published
meanwhile but alerts, and of those the sink knows what it has said itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import structlog

from alerts.sinks.mqtt import HINTS, MqttSink
from alerts.sinks.mqtt.packets import Heard
from alerts.topics import Kind, filter_of
from monitor.core.errors import ConfigError, DeliveryError

KINDS = (
    *(Kind.ALERT_STATE, Kind.USER_ALERT_STATE),
    *(Kind.COMPANY_STATE, Kind.MARKET_STATE, Kind.FEED_STATE),
)
AT_ONCE = 100
"""Topics that are taken back together; the relay's own news go between two such heaps."""
A_TURN = 1_000
"""Topics that are taken back in one turn; states wait for no more than that."""
LOOKS = 10
"""At most so many at one connection; the next is only made where the last has found something."""

Standing: TypeAlias = Callable[[str], bool | None]
"""Tells whether a topic holds what is; None where nobody has spoken yet who would know."""

log = structlog.get_logger()


@dataclass(slots=True)
class Leftovers:
    """The looks of one relay.

    Attributes:
        sink: over whose broker.
        prefix: of Home Assistant's discovery topics; empty: they are not looked at.

    """

    sink: MqttSink
    prefix: str = ""
    _connection: int = field(init=False, default=0)
    _looks: list[asyncio.Task[list[str]]] = field(init=False, default_factory=list)
    _found: list[str] = field(init=False, default_factory=list)
    _looked: int = field(init=False, default=0)
    _gone: int = field(init=False, default=0)
    _said: bool = field(init=False, default=False)

    async def turn(self, standing: Callable[[], Awaitable[Standing]]) -> None:
        """Begin a look where the connection is new; take back what one has found.

        Raises:
            DeliveryError: the broker did not take one of them; it may at the next turn.
            StoreUnavailable: Redis did not answer.

        """
        if self._connection != self.sink.connections:
            self.close()
            self._connection, self._looked, self._gone = self.sink.connections, 0, 0
            self._look(await standing())
        if self._looks and all(look.done() for look in self._looks):
            looks, self._looks = self._looks, []
            self._found = [topic for look in looks for topic in look.result()]
        if self._found:
            await self._judge(await standing())

    def close(self) -> None:
        """Look no more, and forget what was found."""
        for look in self._looks:
            look.cancel()
        self._looks, self._found = [], []

    def _look(self, stands: Standing) -> None:
        self._looked += 1
        places = [[self.sink.topics.below(filter_of(kind)) for kind in KINDS]]
        if self.prefix:
            places.append([f"{self.prefix}/+/+/config", f"{self.prefix}/+/+/+/config"])
        self._looks = [asyncio.create_task(self._seen(place, stands)) for place in places]

    async def _seen(self, filters: list[str], stands: Standing) -> list[str]:
        mark = f'"{self.sink.topics.status().name}"'.encode()

        def wanted(message: Heard) -> bool:
            ours = message.topic.startswith(f"{self.sink.topics.base}/") or mark in message.payload
            return ours and not stands(message.topic)

        try:
            return await self.sink.retained(filters, wanted)
        except (DeliveryError, ConfigError) as error:
            if not self._said:
                self._said = True
                reason = error.reason if isinstance(error, DeliveryError) else "config"
                hint = HINTS.get(reason, error.hint)
                log.warning("mqtt.leftovers_unknown", why=str(error), reason=reason, hint=hint)
            return []

    async def _judge(self, stands: Standing) -> None:
        """Take back what nobody stands by; what nobody knows of yet waits."""
        gone = [topic for topic in self._found if stands(topic) is False][:A_TURN]
        try:
            for start in range(0, len(gone), AT_ONCE):
                self._gone += await self.sink.take_back(gone[start : start + AT_ONCE])
        except DeliveryError as error:
            if error.retriable:
                raise
            hint = "let our user write these topics in the broker's rules"
            log.warning("mqtt.leftovers_refused", why=str(error), hint=hint)
            return self.close()
        done = set(gone)
        self._found = [it for it in self._found if it not in done and not stands(it)]
        if self._found or not self._gone:
            return None
        log.info("mqtt.leftovers_taken_back", topics=self._gone)
        self._gone = 0
        if self._looked < LOOKS:  # there may have been more than one look takes
            self._look(stands)
        return None
