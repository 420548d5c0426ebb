"""What the feeds room counts about itself, as a port: telemetry implements it. Beside hops 1 to 4.

`feed` is a declared name and `reason` a member of a closed set, so both are safe as labels.
"""

from __future__ import annotations

from typing import Protocol

from monitor.core.clock import Millis


class FeedInstruments(Protocol):
    """Counters and gauges of the polled feeds."""

    def polled(self, feed: str, seconds: float) -> None:
        """Count one poll that asked something, and the time it took."""
        ...

    def failed(self, feed: str, reason: str) -> None:
        """Count one failed fetch or delivery; `reason` is a `monitor.feeds.reasons.Reason`."""
        ...

    def rejected(self, feed: str, reason: str) -> None:
        """Count one quote refused; `reason` is a `monitor.domain.plausibility.Refusal`."""
        ...

    def throttled(self, feed: str) -> None:
        """Count one answer by which the provider asked us to slow down."""
        ...

    def succeeded(self, feed: str, at: Millis) -> None:
        """Note the moment of the latest poll whose quotes were stored."""
        ...

    def observed(self, feed: str, instrument: str, at: Millis) -> None:
        """Note the source's own time of the latest accepted quote."""
        ...

    def diverged(self, feed: str, ratio: float) -> None:
        """Set how far a provider's list is off its answer for one instrument, as a fraction."""
        ...

    def skipped(self, feed: str) -> None:
        """Count one run left out because the one before was still going on."""
        ...

    def crashed(self, feed: str) -> None:
        """Count one run that ended in an error nobody expected."""
        ...


class StreamInstruments(Protocol):
    """Counters of the streams; the state of their links is shown from outside."""

    def failed(self, feed: str, reason: str) -> None:
        """Count a connection that ended or a message refused, by a `Reason`."""
        ...

    def reconnected(self, feed: str) -> None:
        """Count a connection opened again."""
        ...

    def disordered(self, feed: str, place: str) -> None:
        """Count a message that came twice or out of order, by a `monitor.feeds.sequence.Place`."""
        ...

    def lost(self, feed: str, *, gaps: int, messages: int) -> None:
        """Count gaps in a channel's numbers that nothing closed, and the messages in them."""
        ...
