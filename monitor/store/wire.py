"""One connection to Redis for the road of a tick: commands out in one write, replies in order.

redis-py takes 0.1 ms of processor time for a pipeline of two (retries, pools, streams, callbacks
for each command), several times what Redis itself takes, and a tick makes three such trips. hiredis
packs and parses here as it does there; only what lies between is ours, and the tests hold it
against redis-py. Everything that is not on that road goes through redis-py.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

import hiredis
from redis.asyncio.connection import parse_url
from redis.exceptions import (
    AuthenticationError,
    ConnectionError,  # noqa: A004 - Redis's own, which `translated` knows
    RedisError,
    ResponseError,
    TimeoutError,  # noqa: A004 - as above
)

from monitor.store.asked import Asked

Command: TypeAlias = tuple[bytes | str | int | float, ...]
"""A command and its arguments."""

_NOT_YET = object()
_REFUSED_LOGIN = ("NOAUTH", "WRONGPASS", "ERR AUTH", "ERR invalid password")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a Redis is and how to log in there; the password is never printed."""

    host: str = ""
    port: int = 6379
    path: str = ""
    tls: Mapping[str, str] | None = None
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    database: int = 0

    @classmethod
    def of(cls, url: str) -> Place:
        """Read an address as redis-py does."""
        known = cast("dict[str, Any]", parse_url(url))
        files = {name: known[name] for name in known if name.startswith("ssl_")}
        return cls(
            host=known.get("host", "localhost"),
            port=known.get("port", 6379),
            path=known.get("path", ""),
            tls=files if url.startswith("rediss") else None,
            user=known.get("username"),
            password=known.get("password"),
            database=int(known.get("db", 0)),
        )

    def login(self) -> list[Command]:
        """Return the commands that come before all others."""
        commands: list[Command] = []
        if self.password is not None:
            name = () if self.user is None else (self.user,)
            commands.append(("AUTH", *name, self.password))
        return [*commands, ("SELECT", self.database)]

    def context(self) -> ssl.SSLContext | None:
        """Return what checks the server's certificate; None without TLS."""
        if self.tls is None:
            return None
        context = ssl.create_default_context(cafile=self.tls.get("ssl_ca_certs"))
        if "ssl_certfile" in self.tls:
            context.load_cert_chain(self.tls["ssl_certfile"], self.tls.get("ssl_keyfile"))
        return context


class Wire(asyncio.Protocol):
    """A connection that is made when it is needed, and anew after it was lost."""

    def __init__(self, place: Place, *, timeout_s: float) -> None:
        """`timeout_s` bounds the making of it and the wait for each answer."""
        self._place = place
        self._timeout_s = timeout_s
        self._transport: asyncio.Transport | None = None
        self._reader = hiredis.Reader()
        self._asked: deque[Asked] = deque()
        self._connecting = asyncio.Lock()
        self._watch: asyncio.TimerHandle | None = None

    async def ask(self, *commands: Command) -> list[Any]:
        """Send `commands` together; return their replies as RESP2 has them, bytes undecoded.

        Who is cancelled gives the connection up: an answer that nobody waits for would be taken
        for that of the next question.

        Raises:
            RedisError: Redis cannot be reached, did not answer in time, or refused one of them.

        """
        asked = self.begin(*commands)
        if asked is None:
            async with self._connecting:
                if self._transport is None:
                    await self._connect()
            return await self._exchange(commands)
        return await self.replies(asked)

    def begin(self, *commands: Command) -> Asked | None:
        """Send `commands` together now, for `replies` to wait for; None: there is no connection."""
        transport = self._transport
        if transport is None:
            return None
        loop = asyncio.get_running_loop()
        asked = Asked(len(commands), loop)
        self._asked.append(asked)
        # the stubs know tuples of one argument only
        packed = [hiredis.pack_command(it) for it in commands]  # type: ignore[arg-type]
        transport.write(b"".join(packed))
        if self._watch is None:
            self._watch = loop.call_later(self._timeout_s, self._look)
        return asked

    async def replies(self, asked: Asked) -> list[Any]:
        """Return the replies to what `begin` sent; see `ask`."""
        try:
            return await asked.answered
        except asyncio.CancelledError:
            self._lose(ConnectionError("given up"))
            raise

    def close(self) -> None:
        """Give the connection up."""
        self._lose(ConnectionError("closed"))

    async def _exchange(self, commands: tuple[Command, ...]) -> list[Any]:
        asked = self.begin(*commands)
        if asked is None:
            raise ConnectionError("the connection was lost")
        return await self.replies(asked)

    async def _connect(self) -> None:
        place, loop = self._place, asyncio.get_running_loop()
        self._reader = hiredis.Reader(
            replyError=_refusal, protocolError=ConnectionError, notEnoughData=_NOT_YET
        )
        try:
            async with asyncio.timeout(self._timeout_s):
                if place.path:
                    await loop.create_unix_connection(lambda: self, place.path)
                else:
                    tls = place.context()
                    await loop.create_connection(lambda: self, place.host, place.port, ssl=tls)
                await self._exchange(tuple(place.login()))
        except BaseException as error:
            self._lose(ConnectionError("the login failed"))
            if isinstance(error, asyncio.TimeoutError):
                raise TimeoutError("no connection in time") from error
            if isinstance(error, OSError):
                raise ConnectionError(str(error)) from error
            raise

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection: called by the event loop."""
        # uvloop's transport is one by what it does, not by its class
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail what waits: called by the event loop."""
        self._lose(ConnectionError(str(exc) if exc else "Redis closed the connection"))

    def data_received(self, data: bytes) -> None:
        """Hand out the replies: called by the event loop."""
        self._reader.feed(data)
        try:
            while (reply := self._reader.gets()) is not _NOT_YET:
                if not self._asked:
                    raise ConnectionError("Redis answered what nobody asked")
                if self._asked[0].take(reply):
                    self._asked.popleft()
        except RedisError as error:
            self._lose(error)

    def _look(self) -> None:
        """Lose the connection if the oldest question has waited too long."""
        self._watch = None
        if not self._asked:
            return
        loop = asyncio.get_running_loop()
        left = self._asked[0].asked_at + self._timeout_s - loop.time()
        if left <= 0:
            self._lose(TimeoutError(f"no answer in {self._timeout_s:g} s"))
        else:
            self._watch = loop.call_later(left, self._look)

    def _lose(self, why: RedisError) -> None:
        transport, self._transport = self._transport, None
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        asked, self._asked = self._asked, deque()
        for each in asked:
            each.fail(why)
        if transport is not None:
            transport.abort()


def _refusal(text: str) -> RedisError:
    if text.startswith(_REFUSED_LOGIN):
        return AuthenticationError(text)
    return ResponseError(text)


def stream_entries(reply: Any) -> list[tuple[bytes, Mapping[bytes, bytes]]]:  # noqa: ANN401 - RESP has any shape
    """Return the entries in the reply to an XREAD or XREADGROUP of one stream.

    An entry that was deleted while it was pending has no fields, and {} here.
    """
    if not reply:
        return []
    return [
        (entry_id, dict(zip(flat[::2], flat[1::2], strict=True)) if flat else {})
        for entry_id, flat in reply[0][1]
    ]
