"""What is counted of letters to users and of their channels. No user's name is a label."""

from __future__ import annotations

from monitor.telemetry import catalogue as c
from monitor.telemetry.series import Series


class CourierMeter:
    """Counts, on the service's registry."""

    def __init__(self, series: Series) -> None:
        self._series = series

    def routed(self, verdict: str) -> None:
        """Count a notice by what became of it for one user."""
        self._series.count(c.ROUTED, verdict)

    def handed_over(self, channel: str, age_ms: int) -> None:
        """Count a message that a channel took; `age_ms` is now minus event time."""
        self._series.count(c.CHANNEL_MESSAGES, channel)
        self._series.observe(c.CHANNEL_SECONDS, max(age_ms, 0) / 1_000, channel)

    def channel_failed(self, channel: str, reason: str) -> None:
        """Count a failed try."""
        self._series.count(c.CHANNEL_FAILURES, channel, reason)

    def letter_ended(self, outcome: str) -> None:
        """Count a letter by what became of it."""
        self._series.count(c.LETTERS, outcome)

    def letters_wait(self, *, waiting: int, dead: int) -> None:
        """Set how many letters wait for a channel, and how many were put aside."""
        self._series.set(c.LETTERS_WAITING, waiting)
        self._series.set(c.LETTERS_DEAD, dead)
