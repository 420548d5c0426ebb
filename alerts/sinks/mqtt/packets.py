"""The bytes of the MQTT packets that a publisher sends and hears, in 3.1.1 and 5.0. Pure.

Ours because paho's way to a PUBLISH and from a PUBACK is most of what an alert costs: objects,
locks and three reads of the socket for each acknowledgement. paho reads what is written here, and
writes what is read here, in the tests. Names and numbers are those of MQTT 5.0, chapters 2 and 3.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from alerts.sinks.mqtt.link import V5, Message, ProtocolName
from alerts.sinks.mqtt.properties import packed_length, packed_text

CONNACK: Final = 0x20
PUBLISH: Final = 0x30
PUBACK: Final = 0x40
SUBACK: Final = 0x90
PINGRESP: Final = 0xD0
DISCONNECT: Final = 0xE0

PING: Final = b"\xc0\x00"
GOODBYE: Final = b"\xe0\x00"

MAX_HEARD_BYTES: Final = 1_048_576
"""A larger packet is let go by; no topic that we hear has such messages."""
UNLIMITED: Final = 65_535
"""Receive Maximum where the broker names none."""

_SESSION_EXPIRY_INTERVAL = b"\x11"
_WILL_DELAY_INTERVAL = b"\x18"
_SERVER_KEEP_ALIVE = 0x13
_RECEIVE_MAXIMUM = 0x21
_MAXIMUM_PACKET_SIZE = 0x27
_BYTE = frozenset({0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2A})
_TWO = frozenset({0x13, 0x21, 0x22, 0x23})
_FOUR = frozenset({0x02, 0x11, 0x18, 0x27})
_TEXT = frozenset({0x03, 0x08, 0x09, 0x12, 0x15, 0x16, 0x1A, 0x1C, 0x1F})
_PAIR = 0x26
_NUMBER = 0x0B
_MID_BYTES = 2
_CONNACK_BYTES = 2
_MORE = 0x80
"""Set in each byte of a variable byte integer but the last."""


class MalformedPacketError(ValueError):
    """What the broker sent is no MQTT."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """What a CONNECT says.

    Attributes:
        client_id: the same at each start of one replica.
        keepalive_s: the broker takes a client for gone after 1.5 times this.
        clean: begin without what a former connection left.
        session_s: MQTT 5: how long the session outlives the connection.
        user: None without a name; then there is no password either.
        password: never printed.
        will_topic: where the broker says `will` in our name, at QoS 1 and retained; empty: there is none.
        will: its payload.
        will_delay_s: MQTT 5: how long the broker holds the will back.

    """

    client_id: str
    keepalive_s: int
    clean: bool
    session_s: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    will_topic: str = ""
    will: bytes = b""
    will_delay_s: int = 0


@dataclass(frozen=True, slots=True)
class Welcome:
    """What a CONNACK says.

    Attributes:
        code: 0 is welcome; in 3.1.1 a return code, in 5.0 a reason code.
        window: how many unacknowledged messages the broker takes at once.
        max_packet_bytes: None where it names no limit.
        keepalive_s: what the broker wants instead of ours; None where it agrees.

    """

    code: int
    window: int = UNLIMITED
    max_packet_bytes: int | None = None
    keepalive_s: int | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """A PUBLISH from the broker; `mid` is 0 at QoS 0. `retained`: it was there before we asked."""

    topic: str
    payload: bytes
    mid: int
    retained: bool


def connect(login: Login, protocol: ProtocolName) -> bytes:
    """Return a CONNECT; its will, if it has one, is retained and of QoS 1."""
    modern = protocol == V5
    flags = (0x2C if login.will_topic else 0) | (0x02 if login.clean else 0)
    flags |= (0x80 if login.user is not None else 0) | (0x40 if login.password is not None else 0)
    head = packed_text("MQTT") + bytes((5 if modern else 4, flags))
    head += login.keepalive_s.to_bytes(2, "big")
    body = packed_text(login.client_id)
    if modern:
        head += _block(_SESSION_EXPIRY_INTERVAL + login.session_s.to_bytes(4, "big"))
    if login.will_topic:
        if modern:
            body += _block(_WILL_DELAY_INTERVAL + login.will_delay_s.to_bytes(4, "big"))
        body += packed_text(login.will_topic) + len(login.will).to_bytes(2, "big") + login.will
    body += b"".join(packed_text(it) for it in (login.user, login.password) if it is not None)
    return _packet(0x10, head + body)


def publish(message: Message, mid: int, protocol: ProtocolName) -> bytes:
    """Return a PUBLISH; `mid` counts only above QoS 0."""
    topic = message.topic.encode()
    body = len(topic).to_bytes(2, "big") + topic
    if message.qos:
        body += mid.to_bytes(2, "big")
    if protocol == V5:
        body += message.properties.pack() if message.properties else b"\x00"
    return _packet(PUBLISH | message.qos << 1 | message.retain, body + message.payload)


def subscribe(topic: str, mid: int, protocol: ProtocolName, qos: int = 1) -> bytes:
    """Return a SUBSCRIBE to one filter."""
    properties = b"\x00" if protocol == V5 else b""
    return _packet(0x82, mid.to_bytes(2, "big") + properties + packed_text(topic) + bytes((qos,)))


def acknowledge(mid: int) -> bytes:
    """Return a PUBACK of what was heard; the short form means success in both versions."""
    return b"\x40\x02" + mid.to_bytes(2, "big")


def welcome(body: bytes, protocol: ProtocolName) -> Welcome:
    """Read a CONNACK. An old broker may answer a CONNECT of 5.0 without properties.

    Raises:
        MalformedPacketError: it is none.

    """
    if len(body) < _CONNACK_BYTES:
        raise MalformedPacketError("a CONNACK of less than two bytes")
    if protocol != V5 or len(body) == _CONNACK_BYTES:
        return Welcome(body[1])
    numbers = dict(_numbers(body, 2))
    return Welcome(
        body[1],
        numbers.get(_RECEIVE_MAXIMUM, UNLIMITED),
        numbers.get(_MAXIMUM_PACKET_SIZE),
        numbers.get(_SERVER_KEEP_ALIVE),
    )


def acknowledged(body: bytes) -> tuple[int, int]:
    """Read a PUBACK: packet identifier and reason code.

    Raises:
        MalformedPacketError: it is none.

    """
    if len(body) < _MID_BYTES:
        raise MalformedPacketError("a PUBACK without a packet identifier")
    return body[0] << 8 | body[1], body[2] if len(body) > _MID_BYTES else 0


def subscribed(body: bytes) -> tuple[int, int]:
    """Read a SUBACK of one filter: packet identifier and code.

    Raises:
        MalformedPacketError: it is none.

    """
    if len(body) <= _MID_BYTES:
        raise MalformedPacketError("a SUBACK without a code")
    return body[0] << 8 | body[1], body[-1]


def heard(first: int, body: bytes, protocol: ProtocolName) -> Heard:
    """Read a PUBLISH, `first` being its first byte.

    Raises:
        MalformedPacketError: it is none.

    """
    try:
        at = 2 + int.from_bytes(body[:2], "big")
        topic, mid = body[2:at].decode(), 0
        if first & 0x06:
            mid, at = int.from_bytes(body[at : at + 2], "big"), at + 2
        if protocol == V5:
            length, at = _length_at(body, at)
            at += length
    except (UnicodeDecodeError, IndexError) as error:
        raise MalformedPacketError(f"a PUBLISH that cannot be read: {error}") from error
    if at > len(body):
        raise MalformedPacketError("a PUBLISH that ends too early")
    return Heard(topic, body[at:], mid, bool(first & 0x01))


class Splitter:
    """Makes packets of bytes as they come: feed it, and take what is whole."""

    def __init__(self) -> None:
        self._left = bytearray()
        self._skip = 0

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield first byte and body of every packet that is complete with `data`.

        Raises:
            MalformedPacketError: a length takes more than four bytes.

        """
        if self._skip:
            gone = min(self._skip, len(data))
            self._skip -= gone
            data = data[gone:]
        self._left += data
        left, at = bytes(self._left), 0
        while (found := _length_if_whole(left, at + 1)) is not None:
            length, begin = found
            if length > MAX_HEARD_BYTES:
                there = min(length, len(left) - begin)
                self._skip, at = length - there, begin + there
                continue
            if begin + length > len(left):
                break
            yield left[at], left[begin : begin + length]
            at = begin + length
        self._left = bytearray(left[at:])


def _packet(first: int, body: bytes) -> bytes:
    return bytes((first,)) + packed_length(len(body)) + body


def _block(properties: bytes) -> bytes:
    return packed_length(len(properties)) + properties


def _length_if_whole(data: bytes, at: int) -> tuple[int, int] | None:
    """Return the number at `at` and where it ends, None if it is not all there."""
    try:
        return _length_at(data, at)
    except IndexError:
        return None


def _length_at(data: bytes, at: int) -> tuple[int, int]:
    """Return the variable byte integer at `at` and where it ends."""
    number = 0
    for shift in (0, 7, 14, 21):
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < _MORE:
            return number, at
    raise MalformedPacketError("a length of more than four bytes")


def _numbers(body: bytes, at: int) -> Iterator[tuple[int, int]]:
    """Yield the properties at `at` that are numbers, by identifier; step over the others."""
    try:
        length, at = _length_at(body, at)
        end = at + length
        while at < end:
            name, at = _length_at(body, at)
            if name in _BYTE | _TWO | _FOUR:
                size = 1 if name in _BYTE else 2 if name in _TWO else 4
                yield name, int.from_bytes(body[at : at + size], "big")
                at += size
            elif name == _NUMBER:
                _, at = _length_at(body, at)
            elif name in _TEXT or name == _PAIR:
                for _ in range(2 if name == _PAIR else 1):
                    at += 2 + (body[at] << 8 | body[at + 1])
            else:
                raise MalformedPacketError(f"property {name:#x} is unknown")
    except IndexError as error:
        raise MalformedPacketError("properties that end too early") from error
