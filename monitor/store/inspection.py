"""What kind of Redis it is, and whether it is set up to keep what we give it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from monitor.store.client import server_time, translated
from monitor.store.codec import AHEAD_MS
from monitor.store.keys import Keys
from monitor.store.keyspace import FAMILIES


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


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in the stored state that the service cannot get over by itself, and its mend."""

    check: str
    detail: str
    fix: str


def _kinds(keys: Keys) -> dict[str, str]:
    """Return the kind of value that the service keeps under each key that has one name."""
    return {getattr(keys, it.name): it.kind for it in FAMILIES if it.parameter is None}


async def wrong_kinds(client: Redis, keys: Keys) -> list[Fault]:
    """Return which keys hold another kind of value than the service keeps there.

    Raises:
        StoreUnavailable: it did not answer.

    """
    wanted = _kinds(keys)
    with translated("look at the keys"):
        async with client.pipeline(transaction=False) as pipe:
            for key in wanted:
                pipe.type(key)
            kinds = await pipe.execute()
    return [
        Fault(
            "kinds of keys",
            f"{key} is a {found.decode()}, not a {kind}",
            f"redis-cli RENAME '{key}' '{key}:aside'",
        )
        for (key, kind), found in zip(wanted.items(), kinds, strict=True)
        if found.decode() not in {kind, "none"}
    ]


async def times_ahead(client: Redis, keys: Keys) -> list[Fault]:
    """Return which of the stored times are ahead of the server's clock.

    Raises:
        StoreUnavailable: it did not answer, or a key is of the wrong kind.

    """
    now = await server_time(client)
    with translated("look at the stored times"):
        engine = await client.hget(keys.state, "now")
        last = await client.xinfo_stream(keys.ticks) if await client.exists(keys.ticks) else None
    faults = []
    if engine is not None and engine.isdigit() and int(engine) > now + AHEAD_MS:
        ahead_s = (int(engine) - now) // 1_000
        faults.append(
            Fault(
                "engine time",
                f"{ahead_s} s ahead of Redis: all that comes looks old until then",
                "set the clocks right; if they are, stop the service and "
                f"`redis-cli HSET '{keys.state}' now {now}`",
            )
        )
    newest = None if last is None else last["last-generated-id"].decode()
    if newest is not None and int(newest.partition("-")[0]) > now + AHEAD_MS:
        faults.append(
            Fault(
                "stream of ticks",
                f"its newest id is {newest}, ahead of Redis: quotes without `at` are refused",
                f"stop the service, `redis-cli DEL '{keys.ticks}'` and "
                f"`redis-cli HDEL '{keys.state}' cursor entries_read`",
            )
        )
    return faults
