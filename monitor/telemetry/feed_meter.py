"""What the feeds room counts about itself, hops 1 to 4: the telemetry side of its port."""

from __future__ import annotations

from monitor.telemetry import catalogue as c
from monitor.telemetry.series import Series


class FeedMeter:
    """Counters and gauges of the feeds; moments in ms UTC, durations in seconds."""

    def __init__(self, series: Series) -> None:
        self._series = series
        self._newest: dict[str, int] = {}

    def declared(self, feed: str, *, fresh_s: float) -> None:
        """Set how many seconds the feed declares its values to stay fresh."""
        self._series.set(c.FEED_BUDGET, fresh_s, feed)

    def polled(self, feed: str, seconds: float) -> None:
        """Count one poll and the time it took."""
        self._series.count(c.FEED_POLLS, feed)
        self._series.observe(c.FEED_POLL_SECONDS, seconds, feed)

    def failed(self, feed: str, reason: str) -> None:
        """Count one failed fetch or delivery by one of `FEED_FAILURES`."""
        self._series.count(c.FEED_POLL_FAILURES, feed, reason)
        self._series.set(c.FEED_UP, 0, feed)

    def rejected(self, feed: str, reason: str, times: int = 1) -> None:
        """Count one quote that was not believed, by one of `QUOTE_REJECTIONS`."""
        self._series.count(c.QUOTES_REJECTED, feed, reason, by=times)

    def throttled(self, feed: str) -> None:
        """Count one answer by which the provider asked us to slow down."""
        self._series.count(c.FEED_THROTTLED, feed)

    def succeeded(self, feed: str, at: int) -> None:
        """Note the moment of the latest poll whose quotes were stored."""
        self._series.set(c.FEED_LAST_SUCCESS, at / 1_000, feed)
        self._series.set(c.FEED_UP, 1, feed)

    def observed(self, feed: str, instrument: str, at: int) -> None:
        """Note a stored quote and the source's own time of it; the newest instrument counts."""
        del instrument  # hundreds of stocks are no label: readings carry their own times
        self._series.count(c.QUOTES_ACCEPTED, feed)
        self._newest[feed] = max(at, self._newest.get(feed, at))
        self._series.set(c.FEED_SOURCE_TIME, self._newest[feed] / 1_000, feed)

    def diverged(self, feed: str, ratio: float) -> None:
        """Set how far a provider's list is off its answer for one instrument, as a fraction."""
        self._series.set(c.SOURCE_DIVERGENCE, ratio, feed)

    def skipped(self, feed: str) -> None:
        """Count one run left out because the one before was still going on."""
        self._series.count(c.FEED_SKIPPED, feed)

    def crashed(self, feed: str) -> None:
        """Count one run that ended in an error nobody expected."""
        self._series.count(c.FEED_CRASHES, feed)

    def budgeted(self, feed: str, used_ratio: float) -> None:
        """Set the used share of the feed's request budget."""
        self._series.set(c.FEED_REQUEST_BUDGET, used_ratio, feed)

    def broken(self, feed: str, state: str) -> None:
        """Set the state of the feed's circuit breaker, one of `BREAKER_STATES`."""
        for each in c.BREAKER_STATES:
            self._series.set(c.FEED_BREAKER, float(each == state), feed, each)

    def aged(self, feed: str, state: str) -> None:
        """Set how old the feed's newest data is, by one of `FEED_STATES`."""
        for each in c.FEED_STATES:
            self._series.set(c.FEED_STATE, float(each == state), feed, each)


class ExternalMeter(FeedMeter):
    """What senders of one's own bring. Their names are no closed set, so they count as `other`.

    They have no gauges: one `other` that is up would say nothing of any of them.
    """

    def succeeded(self, feed: str, at: int) -> None:
        """Set nothing."""

    def observed(self, feed: str, instrument: str, at: int) -> None:
        """Count a stored quote."""
        del instrument, at
        self._series.count(c.QUOTES_ACCEPTED, feed)
