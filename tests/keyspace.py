"""Which keys of a Redis are ours: by the list that people get, so nothing else may appear."""

from __future__ import annotations

import re

from redis.asyncio import Redis

from monitor.store.keys import Keys
from monitor.store.keyspace import FAMILIES, Family

_ANY = "\0"
"""A tag and a word that no key has, to be replaced by patterns."""


def pattern_of(family: Family) -> re.Pattern[str]:
    """Return what matches the keys of a family, whatever the tag."""
    keys = Keys(_ANY)
    key = family.pattern(keys) if family.parameter is None else family.key(keys, _ANY)
    return re.compile(re.escape(key).replace(re.escape(_ANY), "[^{}]+"))


_OURS = [pattern_of(family) for family in FAMILIES]


async def strange_keys(client: Redis) -> list[str]:
    """Return the keys in the database that the list does not have."""
    names = [key.decode() async for key in client.scan_iter()]
    return sorted(name for name in names if not any(it.fullmatch(name) for it in _OURS))
