"""What the feeds room counts of its streams, hops 1 and 2: the telemetry side of its port."""

from __future__ import annotations

from monitor.telemetry import catalogue as c
from monitor.telemetry.series import Series


class StreamMeter:
    """Counters and gauges of the streams; moments in ms UTC."""

    def __init__(self, series: Series) -> None:
        self._series = series

    def failed(self, feed: str, reason: str) -> None:
        """Count a connection that ended or a message refused, by one of `FEED_FAILURES`."""
        self._series.count(c.FEED_STREAM_FAILURES, feed, reason)

    def reconnected(self, feed: str) -> None:
        """Count a connection opened again."""
        self._series.count(c.FEED_STREAM_RECONNECTS, feed)

    def disordered(self, feed: str, place: str) -> None:
        """Count a message that came twice or out of order, by one of `STREAM_PLACES`."""
        self._series.count(c.FEED_STREAM_DISORDERED, feed, place)

    def lost(self, feed: str, *, gaps: int, messages: int) -> None:
        """Count gaps in a channel's numbers that nothing closed, and the messages in them."""
        self._series.count(c.FEED_STREAM_GAPS, feed, by=gaps)
        self._series.count(c.FEED_STREAM_MISSED, feed, by=messages)

    def linked(
        self, feed: str, *, is_up: bool, heard_at: int | None, traded_at: int | None
    ) -> None:
        """Set how the stream is connected, when it was last heard, and when its newest value was."""
        self._series.set(c.FEED_STREAM_UP, float(is_up), feed)
        self._series.set(c.FEED_STREAM_HEARD, (heard_at or 0) / 1_000, feed)
        self._series.set(c.FEED_STREAM_TRADED, (traded_at or 0) / 1_000, feed)
