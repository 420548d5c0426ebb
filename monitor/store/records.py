"""Hashes whose fields are records in JSON: read whole, or an error that names key and field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from monitor.core.errors import ConfigError

T = TypeVar("T")


def unreadable(key: str, name: str, why: Exception, hint: str) -> ConfigError:
    """Return the error for a field that does not hold what we write there."""
    return ConfigError(
        f"it cannot be read: {why}", where=f"{key} in Redis, field {name}", hint=hint
    )


def decoded(key: str, records: Mapping[bytes, bytes], kind: type[T]) -> dict[str, T]:
    """Return the records of the hash `key` by field, in order.

    Raises:
        ConfigError: a field holds something else; the service writes it anew.

    """
    found = {}
    for field, body in sorted(records.items()):
        name = field.decode(errors="replace")
        try:
            found[name] = msgspec.json.decode(body, type=kind)
        except (msgspec.DecodeError, ValueError) as error:
            hint = f"redis-cli HDEL '{key}' '{name}': it comes back with the next value"
            raise unreadable(key, name, error, hint) from error
    return found
