"""What a connection to a broker is, whoever makes it: messages, protocol versions, ways to fail."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol, TypeAlias

import msgspec

from alerts.sinks.mqtt.properties import PublishProperties
from alerts.sinks.mqtt.refusals import NOT_ACKNOWLEDGED, UNREACHABLE

ProtocolName: TypeAlias = Literal["5.0", "3.1.1"]

V5: Final = "5.0"
V311: Final = "3.1.1"
UNSUPPORTED_PROTOCOL_VERSION: Final = 132
PACKET_TOO_LARGE: Final = 149
FAILURE: Final = 0x80
"""Reason codes from here on are refusals (MQTT 5.0, 2.4)."""
PROTOCOL_MAX_BYTES: Final = 268_435_455
_HEADER_BYTES = 9  # type, length, topic length, packet identifier


class LinkLost(Exception):
    """The connection is gone; nothing that was not acknowledged may count as delivered.

    `reason` is one of `refusals.HINTS`.
    """

    def __init__(self, message: str, reason: str = UNREACHABLE) -> None:
        super().__init__(message)
        self.reason = reason


class NotAcknowledged(LinkLost):
    """The broker did not acknowledge in time, so the connection was cut.

    What is in flight cannot be sent again on the same connection.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message, NOT_ACKNOWLEDGED)


class VersionRefused(LinkLost):
    """The broker does not speak the protocol version of the CONNECT."""


class Refused(Exception):
    """The broker answered one message with a reason against it (MQTT 5 only)."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


class Message(msgspec.Struct, frozen=True):
    """One message ready to be sent."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False
    properties: PublishProperties | None = None

    @property
    def packet_bytes(self) -> int:
        """Return the size of its packet, or a few bytes more."""
        packed = len(self.properties.pack()) if self.properties else 1
        return _HEADER_BYTES + len(self.topic.encode()) + packed + len(self.payload)


class Batch:
    """Messages that were sent together: one future for all their acknowledgements."""

    __slots__ = ("acknowledged", "left", "sent_at")

    def __init__(self, left: int, loop: asyncio.AbstractEventLoop) -> None:
        self.left = left
        self.sent_at = loop.time()
        self.acknowledged: asyncio.Future[None] = loop.create_future()

    def fail(self, error: Exception) -> None:
        """End with `error`, unless it has ended."""
        if not self.acknowledged.done():
            self.acknowledged.set_exception(error)

    def confirm(self) -> None:
        """Count one acknowledgement."""
        self.left -= 1
        if self.left == 0 and not self.acknowledged.done():
            self.acknowledged.set_result(None)


@dataclass(frozen=True, slots=True)
class Address:
    """Where the broker is; `tls` None for a bare connection."""

    host: str
    port: int
    tls: ssl.SSLContext | None


class Link(Protocol):
    """A connection that tells what became of each message."""

    protocol: ProtocolName

    async def open(self) -> None:
        """Connect.

        Raises:
            VersionRefused: the broker does not speak our protocol version, as far as one can tell.
            LinkLost: it cannot be reached, or refused us for another reason.

        """
        ...

    def send(self, messages: Sequence[Message]) -> asyncio.Future[None]:
        """Send `messages` in order; the future ends when all are acknowledged.

        The future fails with `LinkLost` or `Refused`. A message of QoS 0 counts when written.
        """
        ...

    async def hear(self, topic: str, qos: int = 1) -> None:
        """Subscribe to `topic`.

        Raises:
            LinkLost: the connection ended, or the broker did not answer or refused.

        """
        ...

    async def lost(self) -> LinkLost:
        """Wait until the connection is gone and return why."""
        ...

    async def close(self) -> None:
        """Send DISCONNECT, so that the broker does not publish the will.

        Raises:
            LinkLost: the connection ended before that.

        """
        ...

    def abort(self) -> None:
        """Cut the connection without a DISCONNECT: the broker publishes the will in time."""
        ...
