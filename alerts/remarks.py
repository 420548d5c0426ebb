"""What a message says of its company beside the value."""

from __future__ import annotations

import msgspec


class Remarks(msgspec.Struct, frozen=True):
    """What a message says of its company beside the value: sentences, and flags for programs."""

    notes: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    company: str = ""
