"""A TCP server of a few lines that leaves nothing open when its test ends."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class _Door:
    """Lets clients in one by one, so that each that was let in is known."""

    def __init__(self, listener: socket.socket, handle: Handler) -> None:
        self._listener, self._handle = listener, handle
        self._sockets: list[socket.socket] = []
        self._writers: list[asyncio.StreamWriter] = []
        self._meetings: list[asyncio.Task[None]] = []

    def let_in(self) -> None:
        """Take who knocks."""
        with suppress(OSError):  # who has gone again
            own, _ = self._listener.accept()
            own.setblocking(False)
            self._sockets.append(own)
            self._meetings.append(asyncio.create_task(self._meet(own)))

    async def _meet(self, own: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=own)
        self._writers.append(writer)
        await self._handle(reader, writer)

    async def close(self) -> None:
        """Cut every connection, and wait until it is gone."""
        for meeting in self._meetings:
            meeting.cancel()
        await asyncio.gather(*self._meetings, return_exceptions=True)
        for writer in self._writers:
            writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()
        for own in self._sockets:
            own.close()


@asynccontextmanager
async def serving(handle: Handler, port: int = 0) -> AsyncIterator[int]:
    """Let `handle` meet whoever connects; yield the port.

    asyncio's own server meets a client some turns of the loop after it was let in, and forgets who
    came in the last of them: the collector of garbage reports such a one in whatever test runs then.
    """
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", port)) as listener:
        listener.setblocking(False)
        door = _Door(listener, handle)
        loop.add_reader(listener, door.let_in)
        try:
            yield listener.getsockname()[1]
        finally:
            loop.remove_reader(listener)
            await door.close()
