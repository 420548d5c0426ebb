"""When a feed may be asked: its lanes, its breaker and its waits together. Hop 2, pure.

The poller asks here before each request and tells what came of it; time is an argument, the jitter
is drawn by the caller's `random.Random`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from monitor.core.backoff import Backoff
from monitor.core.clock import Millis
from monitor.core.errors import FeedUnavailable
from monitor.feeds.base import FeedSpec
from monitor.feeds.breaker import COUNTED, Breaker, BreakerState
from monitor.feeds.lanes import (
    FEED_WIDE,
    MIN_PAUSE_S,
    Lane,
    after,
    backoff_of,
    grows,
    hold,
    lanes_of,
    pause_s,
)
from monitor.feeds.reasons import Reason


@dataclass(frozen=True, slots=True)
class Wait:
    """What one failure costs.

    Attributes:
        seconds: the lane is left alone for so long.
        failures: which failure in a row it is, of the lane or of the feed, whichever is more; 0
            where nobody was asked.
        grew: whether the longest possible wait still grew with it.

    """

    seconds: float
    failures: int
    grew: bool


@dataclass(slots=True)
class Turns:
    """The lanes of one feed and what each has to wait for."""

    spec: FeedSpec
    rng: random.Random
    lanes: list[Lane] = field(init=False)
    breaker: Breaker = field(init=False, default_factory=Breaker)
    _backoff: Backoff = field(init=False)

    def __post_init__(self) -> None:
        self.lanes = lanes_of(self.spec)
        self._backoff = backoff_of(self.spec)

    def admits(self, lane: Lane, now: Millis) -> bool:
        """Tell whether a lane may be asked now."""
        return lane.due <= now and self.breaker.admitting(now) is not None

    def in_order(self) -> list[Lane]:
        """Return the lanes in the order to ask them: those that failed least first.

        So a probe does not always go to the one symbol that is bad.
        """
        return sorted(self.lanes, key=lambda lane: lane.failures)

    def soonest(self) -> Millis:
        """Return the moment before which nobody is asked."""
        return max(min(lane.due for lane in self.lanes), self.breaker.until)

    def asking(self, lane: Lane, now: Millis) -> None:
        """Note that a request goes out; where the breaker is open it is the probe."""
        lane.asked = now
        self.breaker = self.breaker.admitting(now) or self.breaker

    def answered(self, lane: Lane) -> None:
        """Note that a lane brought what it should."""
        lane.failures, lane.due = 0, 0
        self.breaker = self.breaker.answered()

    def failed(self, lane: Lane, error: Exception, reason: str, now: Millis) -> Wait:
        """Note a failure; the lane waits, or all of them where the cause lies in host or key."""
        wait = self._wait(lane, error, reason, now)
        lane.due = after(now, wait.seconds)
        if reason in FEED_WIDE:
            hold(self.lanes, lane.due)
        return wait

    def paused(self, error: Exception, failures: int, now: Millis) -> float:
        """Hold all lanes for a cause of our own, the store; return the seconds."""
        seconds = pause_s(error, failures, self._backoff, self.rng)
        hold(self.lanes, after(now, seconds))
        return seconds

    def _wait(self, lane: Lane, error: Exception, reason: str, now: Millis) -> Wait:
        if isinstance(error, FeedUnavailable) and reason == Reason.HELD_BACK:
            # nobody was asked, so nothing failed: only the time is put off
            seconds = error.retry_after_s or MIN_PAUSE_S
            if self.breaker.state is not BreakerState.CLOSED:
                self.breaker = self.breaker.opened(after(now, seconds))
            return Wait(seconds, 0, grew=False)
        lane.failures += 1
        breaker = self.breaker.failed() if reason in COUNTED else self.breaker.answered()
        failures = max(lane.failures, breaker.failures)
        seconds = pause_s(error, failures, self._backoff, self.rng)
        if breaker.is_due_to_open:
            # a bad page earns no pause by itself; many in a row do
            floor_s = MIN_PAUSE_S
            seconds = seconds or self._backoff.delay_s(failures - 1, self.rng, floor_s=floor_s)
            breaker = breaker.opened(after(now, seconds))
        self.breaker = breaker
        return Wait(seconds, failures, grew=grows(failures, self._backoff))
