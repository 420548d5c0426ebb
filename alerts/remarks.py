"""What a message says of its company beside the value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Remarks:
    """What a message says of its company beside the value: sentences, and flags for programs."""

    notes: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    company: str = ""
