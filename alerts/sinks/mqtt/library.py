"""A connection to a broker for who listens: aiomqtt's client with its own book of what is in flight.

The sink's own connection is `wire.WireLink`, which an alert's way is short enough for.

Why not `aiomqtt.Client.publish`: it ignores the reason in an MQTT 5 PUBACK, so "not authorised"
would count as delivered; and it starts one task per message and counts all pending ones each time,
which costs more the more are in flight. Here a batch of messages shares one future, resolved by
the broker's acknowledgements, and a lost connection fails every batch at once. The rest (sockets
in the event loop, keep-alive, TLS, CONNECT) stays aiomqtt's.

This leans on names of aiomqtt 2.5 with a leading underscore; the dependency is pinned below 3 and
the integration tests cover each.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any, cast

import aiomqtt
from aiomqtt.exceptions import MqttConnectError
from paho.mqtt.client import Client as PahoClient
from paho.mqtt.client import ConnectFlags, DisconnectFlags
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from alerts.sinks.mqtt.link import (
    FAILURE,
    PACKET_TOO_LARGE,
    PROTOCOL_MAX_BYTES,
    UNSUPPORTED_PROTOCOL_VERSION,
    V5,
    Batch,
    LinkLost,
    Message,
    ProtocolName,
    Refused,
    VersionRefused,
)
from alerts.sinks.mqtt.refusals import HUNG_UP, UNREACHABLE, reason_of

UNLIMITED = 0
_silent = logging.getLogger("hashhedge.paho")
_silent.disabled = True


class _HungUp(aiomqtt.MqttError):
    """The connection ended before CONNACK."""


class LibraryLink(aiomqtt.Client):
    """A connection that tells what became of each message."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        protocol: ProtocolName,
        options: Mapping[str, Any],
    ) -> None:
        version = aiomqtt.ProtocolVersion.V5 if protocol == V5 else aiomqtt.ProtocolVersion.V311
        super().__init__(host, port, logger=_silent, protocol=version, **options)
        self.protocol: ProtocolName = protocol
        self._client.disable_logger()
        self._client.connect_timeout = self.timeout
        # With a limit paho walks all that is in flight at each PUBACK; the relay bounds it anyway.
        self._client.max_inflight_messages_set(UNLIMITED)
        self._unacknowledged: dict[int, Batch] = {}
        self._max_packet_bytes = PROTOCOL_MAX_BYTES

    async def open(self) -> None:
        """Connect.

        Raises:
            VersionRefused: the broker does not speak our protocol version, as far as one can tell.
            LinkLost: it cannot be reached, or refused us for another reason.

        """
        try:
            await self._enter()
        except MqttConnectError as error:
            self.abort()
            kind = VersionRefused if _version_refused(error) else LinkLost
            raise kind(f"broker refused the connection: {error}", reason_of(error)) from error
        except _HungUp as error:
            self.abort()
            raise VersionRefused(str(error), HUNG_UP) from error
        except aiomqtt.MqttError as error:
            cause = _seen(self._disconnected) or error
            self.abort()
            raise LinkLost(f"broker cannot be reached: {cause}", reason_of(cause)) from error
        self._disconnected.add_done_callback(self._fail_all)

    async def close(self) -> None:
        """Send DISCONNECT, so that the broker does not publish the will."""
        try:
            await self.__aexit__(None, None, None)
        except aiomqtt.MqttError as error:
            self.abort()
            raise LinkLost(f"connection ended while closing: {error}") from error

    async def lost(self) -> LinkLost:
        """Wait until the connection is gone and return why."""
        await asyncio.wait([self._disconnected])
        why = _seen(self._disconnected)
        return LinkLost(_words(why), UNREACHABLE if why is None else reason_of(why))

    def abort(self) -> None:
        """Cut the connection without a DISCONNECT: the broker publishes the will in time."""
        self._client._sock_close()  # noqa: SLF001 - paho offers no public way without a DISCONNECT
        if not self._disconnected.done():
            self._disconnected.set_exception(aiomqtt.MqttError("connection cut"))
        _seen(self._disconnected)

    async def _enter(self) -> None:
        """Connect; when cancelled, first let the thread that connects come back.

        It would otherwise leave an open connection that nobody owns.
        """
        entering = asyncio.create_task(self.__aenter__())
        try:
            await asyncio.shield(entering)
        except asyncio.CancelledError:
            if not self._connected.done():
                self._connected.set_exception(aiomqtt.MqttError("cancelled"))
            await asyncio.wait([entering])
            if not entering.cancelled():
                entering.exception()
            self.abort()
            raise

    def send(self, messages: Sequence[Message]) -> asyncio.Future[None]:
        """Send `messages` in order; the future ends when all are acknowledged.

        The future fails with `LinkLost` or `Refused`. A message of QoS 0 counts when written.
        """
        batch = Batch(len(messages), self._loop)
        largest = max(message.packet_bytes for message in messages)
        if largest > self._max_packet_bytes:  # sent all the same, it would end the connection
            batch.fail(Refused(PACKET_TOO_LARGE, f"{largest} bytes are over the broker's limit"))
            return batch.acknowledged
        for message in messages:
            info = self._client.publish(
                message.topic,
                message.payload,
                message.qos,
                message.retain,
                cast("Properties | None", message.properties),
            )
            if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS or self._disconnected.done():
                batch.fail(LinkLost(f"message not accepted for sending: {info.rc.name}"))
                break
            if message.qos == 0:
                batch.confirm()
            else:
                self._unacknowledged[info.mid] = batch
        return batch.acknowledged

    def _fail_all(self, disconnected: asyncio.Future[None]) -> None:
        _seen(disconnected)  # `lost` may never be asked
        waiting, self._unacknowledged = self._unacknowledged, {}
        for batch in waiting.values():
            batch.fail(LinkLost("connection ended before the acknowledgement"))

    def _on_publish(
        self,
        client: PahoClient,
        userdata: object,
        mid: int,
        reason_code: ReasonCode,
        properties: Properties,
    ) -> None:
        batch = self._unacknowledged.pop(mid, None)
        if batch is None:
            return
        if reason_code.value >= FAILURE:
            batch.fail(Refused(reason_code.value, str(reason_code)))
        else:
            batch.confirm()

    def _on_connect(
        self,
        client: PahoClient,
        userdata: object,
        flags: ConnectFlags,
        reason_code: ReasonCode,
        properties: Properties | None = None,
    ) -> None:
        if properties is not None:
            # the setter refuses while connected; paho itself never looks at this property
            client._max_inflight_messages = getattr(properties, "ReceiveMaximum", UNLIMITED)  # noqa: SLF001
            self._max_packet_bytes = getattr(properties, "MaximumPacketSize", PROTOCOL_MAX_BYTES)
        super()._on_connect(client, userdata, flags, reason_code, properties)

    def _on_disconnect(
        self,
        client: PahoClient,
        userdata: object,
        flags: DisconnectFlags,
        reason_code: ReasonCode,
        properties: Properties | None = None,
    ) -> None:
        if not self._connected.done():
            # aiomqtt would wait for its time-out here; a 3.1.1 broker often just hangs up on v5
            self._connected.set_exception(_HungUp("the broker hung up before it answered"))
            return
        super()._on_disconnect(client, userdata, flags, reason_code, properties)


def _version_refused(error: MqttConnectError) -> bool:
    code = error.rc.value if isinstance(error.rc, ReasonCode) else error.rc
    return code == UNSUPPORTED_PROTOCOL_VERSION


def _words(why: BaseException | None) -> str:
    """Return why a connection ended; paho calls an end without a word an unspecified error."""
    unsaid = isinstance(why, aiomqtt.MqttCodeError) and getattr(why.rc, "value", 0) == FAILURE
    return "the broker closed the connection" if unsaid or why is None else str(why)


def _seen(future: asyncio.Future[None]) -> BaseException | None:
    """Return how `future` failed, if it did; asyncio complains of a failure nobody looked at."""
    return future.exception() if future.done() and not future.cancelled() else None
