"""A connection that hears one kind of topic: kept open, and nothing acknowledged before it is stored.

What the store could not take is left with the broker, which hands it over again on the next
connection of the same session. So a message is taken at least once, and its signature or its id,
which the store remembers, makes that once. MQTT 5 is asked for first; it bounds how much is on its way.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import aiomqtt
import structlog
from paho.mqtt.client import MQTTMessage
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from alerts.sinks.mqtt import MqttSettings
from alerts.sinks.mqtt.connect import tls_context
from alerts.sinks.mqtt.library import LibraryLink
from alerts.sinks.mqtt.link import (
    V5,
    V311,
    LinkLost,
    ProtocolName,
    VersionRefused,
)
from alerts.sinks.mqtt.refusals import HINTS, SUBSCRIPTION_REFUSED, reason_of
from alerts.topics import ANSWER, Topics
from monitor.core.clock import Clock
from monitor.web.delivery import Delivered, Hearer, Reply
from monitor.web.replying import send_answer

WAITING = 64
"""So many messages wait for the one that is being taken; more are refused as throttled."""
SESSION_S = 3_600
RECEIVE_MAXIMUM = 32
MAX_PACKET_BYTES = 2_097_152
"""A larger one the broker keeps from us; one below is refused by us, by name."""

STORE_UNAVAILABLE = "store_unavailable"
STORE_HINT = "start Redis, or mend its address; the messages wait at the broker"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Waiting:
    delivered: Delivered
    topic: str
    mid: int
    qos: int


class _Line(LibraryLink):
    """A connection that hands over whole messages, and acknowledges when it is told to."""

    def __init__(self, *args: Any, came: Callable[[MQTTMessage], None], **kwargs: Any) -> None:  # noqa: ANN401 - as the base has them
        super().__init__(*args, **kwargs)
        self._came = came
        self._client.manual_ack_set(True)

    def acknowledge(self, message: _Waiting) -> None:
        """Tell the broker that it may forget a message."""
        self._client.ack(message.mid, message.qos)

    async def follow(self, topic: str) -> None:
        """Subscribe; with MQTT 5 a message shows that it is to be retained.

        Raises:
            LinkLost: the connection ended, or the broker refused the subscription.

        """
        as_published = SubscribeOptions(qos=1, retainAsPublished=True)
        try:
            if self.protocol == V5:
                granted = await self.subscribe(topic, options=as_published)
            else:
                granted = await self.subscribe(topic, qos=1)
        except aiomqtt.MqttError as error:
            raise LinkLost(f"cannot subscribe: {error}", reason_of(error)) from error
        code = granted[0] if isinstance(granted[0], int) else granted[0].value
        if code >= _REFUSED:  # where it is not said, as by Mosquitto's ACL files, nothing comes
            text = f"the broker refuses a subscription to {topic}: code {code}"
            raise LinkLost(text, SUBSCRIPTION_REFUSED)

    def _on_message(self, client: object, userdata: object, message: MQTTMessage) -> None:
        del client, userdata
        self._came(message)


_REFUSED = 0x80


@dataclass(slots=True)
class Inbox:
    """One listener of an installation: connects, hears, connects again.

    Attributes:
        settings: how the broker is reached.
        hearer: what is done with a message.
        suffix: ends its client id, which no other connection may have.
        clock: measures the waits between connections.
        rng: draws their jitter.
        is_hearing: a subscription stands now.

    """

    settings: MqttSettings
    hearer: Hearer
    suffix: str
    clock: Clock
    rng: random.Random = field(default_factory=random.Random)
    is_hearing: bool = field(init=False, default=False)
    _current: _Line | None = field(init=False, default=None)
    _answering: set[asyncio.Task[None]] = field(init=False, default_factory=set)

    @property
    def topic(self) -> str:
        """Return what is subscribed."""
        return Topics(self.settings.instance).below(self.hearer.levels)

    async def run(self) -> None:
        """Hear until cancelled.

        Raises:
            ConfigError: a TLS file or the password file cannot be used.

        """
        try:
            await self._run()
        finally:
            for answering in self._answering:
                answering.cancel()

    async def _run(self) -> None:
        failures = 0
        while True:
            try:
                async with self._connected() as (line, queue):
                    log.info("inbox.listening", topic=self.topic, protocol=line.protocol)
                    failures, self.is_hearing, self._current = 0, True, line
                    await self._serve(line, queue)
            except LinkLost as error:
                if not failures:
                    self._mourn(error)
            finally:
                self.is_hearing, self._current = False, None
            await self.clock.sleep(self.settings.reconnect.delay_s(failures, self.rng))
            failures += 1

    def _mourn(self, error: LinkLost) -> None:
        hint = HINTS.get(error.reason, STORE_HINT)
        why, reason = str(error), error.reason
        log.warning("inbox.not_listening", topic=self.topic, why=why, reason=reason, hint=hint)

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator[tuple[_Line, asyncio.Queue[_Waiting]]]:
        queue: asyncio.Queue[_Waiting] = asyncio.Queue(WAITING)
        line = await self._opened(queue)
        try:
            await line.follow(self.topic)
            yield line, queue
        except LinkLost:
            line.abort()
            raise
        except asyncio.CancelledError:
            with contextlib.suppress(LinkLost):
                await line.close()
            raise

    async def _opened(self, queue: asyncio.Queue[_Waiting]) -> _Line:
        wanted = self.settings.protocol
        versions: tuple[ProtocolName, ...] = (V5, V311) if wanted == "auto" else (wanted,)
        refusal = LinkLost("no protocol version to try")
        for version in versions:
            line = self._line(version, queue)
            try:
                await line.open()
            except VersionRefused as error:
                refusal = error
            else:
                return line
        raise refusal

    def _line(self, version: ProtocolName, queue: asyncio.Queue[_Waiting]) -> _Line:
        mqtt = self.settings
        lines: list[_Line] = []

        def came(message: MQTTMessage) -> None:
            waiting = _read(message, self.hearer.max_payload)
            if message.retain and not message.payload:  # somebody clears what stood retained
                lines[0].acknowledge(waiting)
                return
            try:
                queue.put_nowait(waiting)
            except asyncio.QueueFull:
                self.hearer.overrun()
                lines[0].acknowledge(waiting)

        options = _session(version) | {
            "identifier": f"{mqtt.client_id}-{self.suffix}",
            "username": mqtt.url.user,
            "password": mqtt.password() if mqtt.url.user else None,
            "keepalive": mqtt.keepalive_s,
            "socket_options": ((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),),
            "timeout": mqtt.connect_timeout_s,
            "tls_context": tls_context(mqtt.tls) if mqtt.url.tls else None,
        }
        lines.append(
            _Line(
                mqtt.url.host,
                mqtt.url.port,
                protocol=version,
                options=options,
                came=came,
            )
        )
        return lines[0]

    async def _serve(self, line: _Line, queue: asyncio.Queue[_Waiting]) -> None:
        """Take what comes until the connection is gone, or the store is."""
        lost = asyncio.create_task(line.lost())
        taking = asyncio.create_task(self._take_all(line, queue))
        try:
            await asyncio.wait({lost, taking}, return_when=asyncio.FIRST_COMPLETED)
            if taking.done():
                taking.result()
            raise await lost
        finally:
            lost.cancel()
            taking.cancel()
            await asyncio.wait({lost, taking})

    async def _take_all(self, line: _Line, queue: asyncio.Queue[_Waiting]) -> None:
        while True:
            waiting = await queue.get()
            reply = await self.hearer.take(waiting.delivered)
            if reply.answered:
                place = reply.to or f"{waiting.topic}/{ANSWER}"
                answer = send_answer(line, place, reply, self.clock.now())
                if reply.to and reply.is_done:  # nobody need wait for the broker
                    self._begin(answer)
                else:
                    await answer
            if not reply.is_done:
                text = "the store does not answer; the broker keeps what came meanwhile"
                raise LinkLost(text, STORE_UNAVAILABLE)
            line.acknowledge(waiting)
            if reply.later is not None:
                self._begin(self._answer_later(reply.later))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        answering = asyncio.create_task(work)
        self._answering.add(answering)
        answering.add_done_callback(self._answering.discard)

    async def _answer_later(self, later: Callable[[], Awaitable[Reply]]) -> None:
        """Answer on whatever connection there is by then; who hears nothing asks again."""
        reply = await later()
        if self._current is not None:
            await send_answer(self._current, reply.to, reply, self.clock.now())


def _session(version: ProtocolName) -> dict[str, Any]:
    """Return the options of a session that outlives its connection, so that nothing is lost."""
    if version == V311:
        return {"clean_session": False}
    properties = Properties(PacketTypes.CONNECT)
    properties.SessionExpiryInterval = SESSION_S
    properties.ReceiveMaximum = RECEIVE_MAXIMUM
    properties.MaximumPacketSize = MAX_PACKET_BYTES
    return {"clean_start": False, "properties": properties}


def _read(message: MQTTMessage, max_payload: int) -> _Waiting:
    try:
        topic = message.topic
    except UnicodeDecodeError:
        topic = ""  # the name in it is none, and is refused as such
    payload = bytes(message.payload) if len(message.payload) <= max_payload else None
    told = message.properties
    delivered = Delivered(
        name=topic.rpartition("/")[2],
        payload=payload,
        retained=bool(message.retain),
        properties={str(n).lower(): str(text) for n, text in getattr(told, "UserProperty", ())},
        reply_to=str(getattr(told, "ResponseTopic", "")),
        correlation=bytes(getattr(told, "CorrelationData", b"")),
    )
    return _Waiting(delivered, topic, message.mid, message.qos)
