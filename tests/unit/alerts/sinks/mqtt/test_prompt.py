"""What a broker sends is confirmed at once."""

from __future__ import annotations

import asyncio
import socket

import pytest

from alerts.sinks.mqtt.prompt import confirming
from tests.tcp import serving


@pytest.mark.skipif(not hasattr(socket, "TCP_QUICKACK"), reason="this system has no TCP_QUICKACK")
async def test_the_kernel_confirms_at_once() -> None:
    """Whatever it was told before, and nothing happens without a connection."""

    async def idle(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with serving(idle) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        own = writer.get_extra_info("socket")
        own.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
        confirm = confirming(writer.transport)
        confirm()
        assert own.getsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK) == 1
        own.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
        confirm()
        assert own.getsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK) == 1
        writer.close()
        await writer.wait_closed()
    confirming(None)()
