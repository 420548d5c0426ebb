"""A TCP server of a few lines that leaves nothing open when its test ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


_TURNS_TO_MEET = 20
"""Of the event loop, from the accepted socket to the handler that is told of it; five, in fact."""


@asynccontextmanager
async def serving(handle: Handler, port: int = 0) -> AsyncIterator[int]:
    """Let `handle` meet whoever connects; yield the port.

    At the end it cuts every connection and waits until it is gone. A connection that was left to
    the collector of garbage is reported in whatever test runs by then.
    """
    writers: set[asyncio.StreamWriter] = set()
    handlers: set[asyncio.Task[None]] = set()

    async def met(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.add(writer)
        task = asyncio.ensure_future(handle(reader, writer))
        handlers.add(task)
        try:
            await task
        finally:
            handlers.discard(task)

    server = await asyncio.start_server(met, "127.0.0.1", port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for _ in range(_TURNS_TO_MEET):  # who was let in just now is met some turns later
            await asyncio.sleep(0)
        for handler in handlers:
            handler.cancel()
        if handlers:
            await asyncio.wait(set(handlers))
        for writer in writers:
            writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()
