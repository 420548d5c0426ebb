"""What leaves the house, and the proof that it arrived. Both frozen. Hop 7."""

from __future__ import annotations

import msgspec

from alerts.model import Transition


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """What leaves the house for one transition: fire or resolve. Lives in the outbox.

    `entry_id` is the outbox stream's id (rising), `attempts` counts deliveries tried before.
    """

    entry_id: str
    transition: Transition
    attempts: int = 0


class Receipt(msgspec.Struct, frozen=True):
    """Proof of delivery: which sink, and when it was acknowledged (ms UTC)."""

    sink: str
    acknowledged_at: int
    detail: str = ""
