"""Who has taken an alert on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """Who has taken an alert on, when, and until when it is to be quiet.

    Attributes:
        by: who.
        note: in their words.
        at: event time, ms UTC.
        until: event time at which it may ring again, ms UTC; None: not before its next fire.

    """

    by: str
    note: str
    at: int
    until: int | None = None
