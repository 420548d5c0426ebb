"""A feed's circuit breaker: after failures in a row nothing is asked but one probe. Hop 2, pure.

Closed, each lane of a feed waits for itself. After `THRESHOLD` failures in a row the whole feed is
open: nobody is asked until the backoff's wait is over, then a single request finds out
(half-open). Its success closes the breaker, its failure opens it again with a longer wait.

Only what speaks of the provider as a whole counts: no answer, no service, no page of data. An
unknown symbol or a zero price is an answer, so the provider is there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from monitor.core.clock import Millis
from monitor.feeds.reasons import Reason

THRESHOLD = 5
COUNTED = frozenset(
    {
        Reason.TIMEOUT,
        Reason.CONNECTION,
        Reason.THROTTLED,
        Reason.SERVER_ERROR,
        Reason.UNAUTHORIZED,
        Reason.FORBIDDEN,
        Reason.GEO_BLOCKED,
        Reason.REDIRECTED,
        Reason.NOT_TEXT,
        Reason.NOT_JSON,
        Reason.TOO_LARGE,
    }
)


class BreakerState(StrEnum):
    """Whether a feed is asked."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Breaker:
    """One feed's breaker at one moment; each step returns a new one.

    Attributes:
        state: closed, open or half-open.
        failures: counted failures in a row.
        until: while open, the moment from which one probe may go out.

    """

    state: BreakerState = BreakerState.CLOSED
    failures: int = 0
    until: Millis = 0

    def admitting(self, now: Millis) -> Breaker | None:
        """Return the breaker as it is while a request goes out now; None: none may.

        Requests are made one after the other, so the one that finds it open and due is the probe.
        """
        if self.state is BreakerState.CLOSED:
            return self
        if now < self.until:
            return None
        return replace(self, state=BreakerState.HALF_OPEN)

    def failed(self) -> Breaker:
        """Count one failure; the caller then says with `opened` how long to wait, if it is time."""
        return replace(self, failures=self.failures + 1)

    @property
    def is_due_to_open(self) -> bool:
        """Tell whether the failures in a row are enough to ask nobody for a while."""
        return self.failures >= THRESHOLD

    def opened(self, until: Millis) -> Breaker:
        """Ask nobody until `until`."""
        return replace(self, state=BreakerState.OPEN, until=until)

    def answered(self) -> Breaker:
        """Close: the provider is there."""
        return Breaker()
