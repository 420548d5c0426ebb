"""Whose state this is: one instance a database, for keys do not carry its name and topics do."""

from __future__ import annotations

from redis.asyncio import Redis

from monitor.core.errors import ConfigError
from monitor.store.client import translated
from monitor.store.keys import Keys


async def claim(client: Redis, keys: Keys, instance: str) -> None:
    """Remember that the state under `keys` belongs to `instance`, from the first start on.

    Raises:
        ConfigError: it belongs to another one, under whose topics our alerts would end.
        StoreUnavailable: Redis did not answer.

    """
    with translated("claim the state"):
        known = await client.set(keys.instance, instance, nx=True, get=True)
    owner = known.decode() if isinstance(known, bytes) else instance
    if owner != instance:
        raise ConfigError(
            f"the state in this Redis belongs to instance `{owner}`, this one is `{instance}`",
            where=keys.instance,
            hint="a database of its own for each instance, for example redis://127.0.0.1:6379/1; "
            f"if `{owner}` has only got a new name: redis-cli DEL '{keys.instance}'",
        )
