"""The SEC's manners: a tool that names no contact is refused with 403."""

from __future__ import annotations

from collections.abc import Mapping


def declares_a_contact(headers: Mapping[str, str]) -> bool:
    """Tell whether the User-Agent has an address to write to."""
    return "@" in headers.get("User-Agent", "")
