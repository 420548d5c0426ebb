"""What the compute loop tells about itself. Hop 5."""

from __future__ import annotations

from typing import Protocol


class Counts(Protocol):
    """What the loop tells about itself; telemetry implements it."""

    def ticks_taken(self, ticks: int) -> None:
        """Count entries."""
        ...

    def ticks_trimmed(self, ticks: int) -> None:
        """Count entries that the stream has forgotten."""
        ...

    def step_took(self, seconds: float) -> None:
        """Observe one batch's computing time."""
        ...

    def quote_rejected(self, feed: str, reason: str, times: int = 1) -> None:
        """Count refused quotes or entries."""
        ...

    def rules_evaluated(self, kind: str, times: int, seconds: float) -> None:
        """Count evaluations of rules of one type, and the time that they took."""
        ...

    def transitioned(self, to_state: str, reason: str) -> None:
        """Count a transition."""
        ...
