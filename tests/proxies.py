"""A road between client and broker that a test can spoil."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from tests.tcp import serving

PUBACK = 0x40
SUBACK = 0x90


class Proxy:
    """Passes MQTT packets on; `swallow` drops those of one type on the way to the client."""

    def __init__(self, target: str) -> None:
        self._target = urlsplit(target)
        self._writers: set[asyncio.StreamWriter] = set()
        self.swallow: int | None = None
        self.swallowed = 0
        self.connections = 0
        self.port = 0

    @property
    def url(self) -> str:
        """Return the address a client shall use."""
        return f"mqtt://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """End all connections at once, as a pulled plug does."""
        for writer in self._writers:
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Join one client to the broker."""
        self.connections += 1
        try:
            up_reader, up_writer = await asyncio.open_connection(
                self._target.hostname, self._target.port
            )
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, up_writer}
        try:
            await asyncio.gather(
                self._pass(reader, up_writer), self._pass_packets(up_reader, writer)
            )
        finally:
            up_writer.transport.abort()
            with contextlib.suppress(OSError):
                await up_writer.wait_closed()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def _pass_packets(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readexactly(1)
                length, size = 0, b""
                while not size or size[-1] & 0x80:
                    size += await reader.readexactly(1)
                    length |= (size[-1] & 0x7F) << (7 * (len(size) - 1))
                body = await reader.readexactly(length)
                if head[0] & 0xF0 == self.swallow:
                    self.swallowed += 1
                    continue
                writer.write(head + size + body)
                await writer.drain()
        writer.close()


@asynccontextmanager
async def proxy_to(target: str) -> AsyncIterator[Proxy]:
    """Serve a proxy to the broker at `target` on a port of the system's choice."""
    proxy = Proxy(target)
    async with serving(proxy.serve) as proxy.port:
        yield proxy
