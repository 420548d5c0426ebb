"""Hand-made Redis and MQTT packets, so that the harness itself costs next to nothing.

The feeder writes `XADD` as the ingest contract says; the subscriber speaks MQTT 3.1.1, as any
stranger's would.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import Callable, Sequence
from typing import Protocol, cast

HOST = "127.0.0.1"
FRESH_MS = 10**9
"""The bench's quotes never grow old: what is measured is the road, not the patience."""

_CONNACK, _PUBLISH, _SUBACK = 2, 3, 9


class TickFeeder(Protocol):
    """Brings ticks to a chain; `errors` counts those refused."""

    errors: int

    def send(self, instrument: str, value: float) -> None:
        """Write one tick."""

    async def flushed(self) -> None:
        """Let the loop run, and wait until the socket takes more."""

    def close(self) -> None:
        """Hang up."""


def _writing(transport: asyncio.BaseTransport) -> asyncio.WriteTransport:
    """Return the transport without delay; uvloop's is no subclass of asyncio's."""
    transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return cast("asyncio.WriteTransport", transport)


class Feeder(asyncio.Protocol):
    """Appends ticks to the stream of one shard, many in flight."""

    def __init__(self, key: str) -> None:
        name = key.encode()
        self._head = (
            b"*7\r\n$4\r\nXADD\r\n$%d\r\n%s\r\n$1\r\n*\r\n$1\r\nv\r\n$1\r\n1\r\n$1\r\nq\r\n$"
        ) % (len(name), name)
        self._transport: asyncio.WriteTransport
        self._writable = asyncio.Event()
        self._writable.set()
        self.errors = 0

    @classmethod
    async def open(cls, port: int, key: str) -> Feeder:
        """Connect to the Redis on `port`."""
        loop = asyncio.get_running_loop()
        _, feeder = await loop.create_connection(lambda: cls(key), HOST, port)
        return feeder

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = _writing(transport)

    def data_received(self, data: bytes) -> None:
        """Look at the answers only for errors."""
        self.errors += data.count(b"-ERR") + data.count(b"-OOM")

    def pause_writing(self) -> None:
        """Let `flushed` wait."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Let `flushed` go on."""
        self._writable.set()

    def send(self, instrument: str, value: float, sources: Sequence[str] = ("bench",)) -> None:
        """Append one tick: `value` as all `sources` see it now."""
        now = time.time_ns() // 1_000_000
        body = ",".join(
            f'{{"instrument":"{instrument}","value":"{value}","observed_at":{now},'
            f'"source":"{source}","fresh_ms":{FRESH_MS}}}'
            for source in sources
        ).encode()
        self._transport.write(self._head + b"%d\r\n[%s]\r\n" % (len(body) + 2, body))

    async def flushed(self) -> None:
        """Let the loop run, and wait until the socket takes more."""
        await asyncio.sleep(0)
        await self._writable.wait()

    def close(self) -> None:
        """Hang up."""
        self._transport.close()


class Subscriber(asyncio.Protocol):
    """Hears one topic filter at QoS 1 and hands each message to `heard(topic, payload)`."""

    def __init__(self, heard: Callable[[bytes, bytes], None]) -> None:
        self._heard = heard
        self._transport: asyncio.WriteTransport
        self._rest = b""
        self._subscribed = asyncio.get_running_loop().create_future()
        self._topic = b""

    @classmethod
    async def open(cls, port: int, topic: str, heard: Callable[[bytes, bytes], None]) -> Subscriber:
        """Connect to the broker on `port` and subscribe."""
        loop = asyncio.get_running_loop()
        _, subscriber = await loop.create_connection(lambda: cls(heard), HOST, port)
        subscriber._topic = topic.encode()
        subscriber._write(_connect(b"bench"))
        async with asyncio.timeout(15):
            await subscriber._subscribed
        return subscriber

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = _writing(transport)

    def data_received(self, data: bytes) -> None:
        """Cut the stream into packets and acknowledge the messages."""
        data = self._rest + data if self._rest else data
        position, acknowledgements = 0, []
        while (packet := _packet(data, position)) is not None:
            kind, start, position = packet
            if kind >> 4 == _PUBLISH:
                body = start + 2 + int.from_bytes(data[start : start + 2], "big")
                topic = data[start + 2 : body]
                if kind & 0x06:
                    acknowledgements.append(b"\x40\x02" + data[body : body + 2])
                    body += 2
                self._heard(topic, data[body:position])
            elif kind >> 4 == _CONNACK:
                request = b"\x00\x01" + _text(self._topic) + b"\x01"
                self._write(b"\x82" + _length(len(request)) + request)
            elif kind >> 4 == _SUBACK:
                self._subscribed.set_result(None)
        self._rest = data[position:]
        if acknowledgements:
            self._write(b"".join(acknowledgements))

    def close(self) -> None:
        """Say good-bye."""
        self._write(b"\xe0\x00")
        self._transport.close()

    def _write(self, data: bytes) -> None:
        self._transport.write(data)


class Publisher(asyncio.Protocol):
    """Publishes each tick at QoS 0, the bare number to the topic `t/INSTRUMENT`."""

    def __init__(self) -> None:
        self._transport: asyncio.WriteTransport
        self._accepted = asyncio.get_running_loop().create_future()
        self._writable = asyncio.Event()
        self._writable.set()
        self.errors = 0

    @classmethod
    async def open(cls, port: int) -> Publisher:
        """Connect to the broker on `port`."""
        loop = asyncio.get_running_loop()
        _, publisher = await loop.create_connection(cls, HOST, port)
        publisher._transport.write(_connect(b"bench-ticks"))
        async with asyncio.timeout(15):
            await publisher._accepted
        return publisher

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = _writing(transport)

    def data_received(self, data: bytes) -> None:
        """Take the one answer to be expected: QoS 0 has none."""
        if data[:1] == b"\x20" and not self._accepted.done():
            self._accepted.set_result(None)

    def pause_writing(self) -> None:
        """Let `flushed` wait."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Let `flushed` go on."""
        self._writable.set()

    def send(self, instrument: str, value: float) -> None:
        """Publish one tick."""
        body = _text(f"t/{instrument}".encode()) + str(value).encode()
        self._transport.write(b"\x30" + _length(len(body)) + body)

    async def flushed(self) -> None:
        """Let the loop run, and wait until the socket takes more."""
        await asyncio.sleep(0)
        await self._writable.wait()

    def close(self) -> None:
        """Say good-bye."""
        self._transport.write(b"\xe0\x00")
        self._transport.close()


def _connect(name: bytes) -> bytes:
    """Return a CONNECT of MQTT 3.1.1: a clean session, no keep-alive."""
    body = _text(b"MQTT") + b"\x04\x02\x00\x00" + _text(name)
    return b"\x10" + _length(len(body)) + body


def _text(word: bytes) -> bytes:
    return struct.pack("!H", len(word)) + word


def _length(number: int) -> bytes:
    out = bytearray()
    while True:
        number, low = divmod(number, 128)
        out.append(low | (0x80 if number else 0))
        if not number:
            return bytes(out)


def _packet(data: bytes, position: int) -> tuple[int, int, int] | None:
    """Return (first byte, start of the body, end) of the packet at `position`, None if cut off."""
    length, shift, at = 0, 0, position + 1
    while at < len(data):
        byte = data[at]
        at += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            end = at + length
            return None if end > len(data) else (data[position], at, end)
    return None
