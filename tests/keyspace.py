"""Which keys of a Redis are ours: built from `monitor/store/keys.py`, so nothing else may appear."""

from __future__ import annotations

import re

from redis.asyncio import Redis

from monitor.store.keys import Keys

_ANY = "\0"
"""A tag and a name that no key has, to be replaced by patterns."""


def _pattern() -> re.Pattern[str]:
    """Return what matches every key that `Keys` can build, whatever the tag."""
    keys = Keys(_ANY)
    names = [
        value
        for name, kind in vars(Keys).items()
        if isinstance(kind, property) and name != "pattern"
        for value in [getattr(keys, name)]
    ]
    names += [
        keys.company(_ANY),
        keys.command(_ANY),
        keys.lease(_ANY),
        keys.token(_ANY),
        keys.notices(_ANY),
        keys.watchlist(_ANY),
        keys.held(_ANY),
        keys.routed(_ANY),
        keys.pushed(_ANY),
        keys.told(_ANY),
        keys.follows(_ANY),
        keys.named(_ANY),
    ]
    return re.compile(
        "|".join(re.escape(name).replace(re.escape(_ANY), "[^{}]+") for name in names)
    )


_OURS = _pattern()


async def strange_keys(client: Redis) -> list[str]:
    """Return the keys in the database that `Keys` cannot build."""
    names = [key.decode() async for key in client.scan_iter()]
    return sorted(name for name in names if not _OURS.fullmatch(name))
