"""What kind of Redis it is, and whether it is set up to keep what we give it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from monitor.store.client import translated


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What `doctor` looks at.

    Attributes:
        server: redis or valkey.
        version: of the server.
        append_only: whether every write reaches a file.
        policy: what happens when memory runs out.

    """

    server: str
    version: str
    append_only: bool
    policy: str


async def inspect(client: Redis) -> ServerFacts:
    """Return the facts of the server behind `client`.

    Raises:
        StoreUnavailable: it did not answer, or refused us.

    """
    with translated("look at the server"):
        info: dict[str, Any] = await client.info()
    return ServerFacts(
        server=str(info.get("server_name", "redis")),
        version=str(info.get("valkey_version") or info.get("redis_version", "")),
        append_only=bool(info.get("aof_enabled", 0)),
        policy=str(info.get("maxmemory_policy", "unknown")),
    )
