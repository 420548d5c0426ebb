"""Connections to Redis, and the one place where its errors become ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from functools import cached_property
from typing import cast

from redis.asyncio import Connection, Redis, SSLConnection, UnixDomainSocketConnection
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import AuthenticationError, RedisError, ResponseError

from monitor.core.errors import ConfigError, StoreUnavailable
from monitor.store.url import RedisUrl
from monitor.store.wire import Place, Wire

COMMAND_TIMEOUT_S = 5.0
BLOCK_MS = 1_000


class translated:  # noqa: N801  # read as a word: `with translated("commit"):`
    """Turn any Redis error inside the block into `StoreUnavailable`, naming the action.

    A database that the server does not have is a person's to mend, so a `ConfigError`. Not made of
    a generator, for it stands around each trip of a tick.
    """

    __slots__ = ("_action",)

    def __init__(self, action: str) -> None:
        self._action = action

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: object
    ) -> None:
        """Raise what a Redis error means."""
        if error is not None and isinstance(error, RedisError | OSError):
            raise _meaning(self._action, error) from error


def _meaning(action: str, error: RedisError | OSError) -> ConfigError | StoreUnavailable:
    if isinstance(error, AuthenticationError):
        return StoreUnavailable(
            f"{action}: Redis refused the user or password; check the URL's credentials"
        )
    if isinstance(error, ResponseError) and "DB index" in str(error):
        return ConfigError(
            "this Redis has no database of that number",
            where="the Redis address",
            hint="take a lower one (0 is always there) or raise `databases` of the server",
        )
    return StoreUnavailable(f"{action}: {type(error).__name__}: {error}")


class RedisClient(Redis):
    """redis-py's client, and wires beside it for the road of a tick."""

    place: Place
    limit_s: float

    def wire(self, purpose: str) -> Wire:
        """Return the one wire for `purpose`: what waits on it holds nothing else up."""
        if purpose not in self.wires:
            self.wires[purpose] = Wire(self.place, timeout_s=self.limit_s)
        return self.wires[purpose]

    @cached_property
    def wires(self) -> dict[str, Wire]:
        """Return the wires by purpose."""
        return {}

    async def aclose(self, close_connection_pool: bool | None = None) -> None:
        """Close all connections."""
        for wire in self.wires.values():
            wire.close()
        await super().aclose(close_connection_pool)


def connect(url: str, *, blocking: bool = False) -> RedisClient:
    """Return a client for `url`; nothing is sent yet.

    redis-py retries on its own by default, which turns a refused connection into seconds of
    silence and re-sends blocking reads; our loops retry with their own backoff instead. A client
    for blocking reads must outlast the block, so its socket has a longer time limit.

    Raises:
        ConfigError: `url` is no address of a Redis.

    """
    text = RedisUrl.parse(url).text
    limit_s = COMMAND_TIMEOUT_S + (BLOCK_MS / 1_000 if blocking else 0.0)
    client = cast(
        "RedisClient",
        RedisClient.from_url(
            text,
            retry=None,
            retry_on_error=[],
            socket_connect_timeout=COMMAND_TIMEOUT_S,
            socket_timeout=limit_s,
            health_check_interval=0,
        ),
    )
    client.place, client.limit_s = Place.of(text), limit_s
    pool = client.connection_pool
    pool.connection_class = _STOPPABLE[pool.connection_class]
    return client


class _Stoppable(AbstractConnection):
    """A connection whose sending can be cancelled.

    redis-py sends inside `asyncio.wait_for`, which before Python 3.12 swallows a cancellation that
    comes in the same turn of the loop as the end of the sending (python/cpython#86296): the task
    went on for ever, and a SIGTERM with it. Without a time limit redis-py sends directly, so the
    limit is set here, around it.
    """

    async def send_packed_command(
        self, command: bytes | str | Iterable[bytes], check_health: bool = True
    ) -> None:
        limit, self.socket_timeout = self.socket_timeout, None
        try:
            async with asyncio.timeout(limit):
                await super().send_packed_command(command, check_health)
        finally:
            self.socket_timeout = limit


class _TcpConnection(_Stoppable, Connection):
    """For `redis://`."""


class _TlsConnection(_Stoppable, SSLConnection):
    """For `rediss://`."""


class _UnixConnection(_Stoppable, UnixDomainSocketConnection):
    """For `unix://`."""


_STOPPABLE: dict[type[AbstractConnection], type[AbstractConnection]] = {
    Connection: _TcpConnection,
    SSLConnection: _TlsConnection,
    UnixDomainSocketConnection: _UnixConnection,
}


@asynccontextmanager
async def connected(url: str, *, blocking: bool = False) -> AsyncIterator[RedisClient]:
    """Open a client for the block and close it after, whatever happened inside."""
    client = connect(url, blocking=blocking)
    try:
        yield client
    finally:
        await client.aclose()


async def server_time(client: Redis) -> int:
    """Return the server's own time, ms UTC: the clock that judges what is stored there.

    Raises:
        StoreUnavailable: it did not answer.

    """
    with translated("ask the time"):
        seconds, micros = await client.time()
    return int(seconds) * 1_000 + int(micros) // 1_000
