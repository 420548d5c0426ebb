"""How one feed is doing, as a value that `feeds status`, readiness and the board can read."""

from __future__ import annotations

from dataclasses import dataclass, replace

from monitor.core.clock import Millis
from monitor.domain.freshness import Freshness, freshness
from monitor.feeds.breaker import BreakerState
from monitor.feeds.reasons import Reason

_TOLD_TO_WAIT = frozenset({Reason.THROTTLED, Reason.HELD_BACK})
_REFUSED = frozenset({Reason.UNAUTHORIZED, Reason.FORBIDDEN, Reason.GEO_BLOCKED})
"""Asking again does not mend these: the key, the plan or the place is wrong, and a person must act."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What cannot be had at present, and why.

    Attributes:
        instruments: our names of it.
        reason: a `monitor.feeds.reasons.Reason`.
        message: the error in words.
        at: when it failed last.
        within: it is one instrument of an answer that was good otherwise.

    """

    instruments: frozenset[str]
    reason: str
    message: str
    at: Millis
    within: bool = False


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """One feed at one moment; each step returns a new one.

    Attributes:
        feed: the feed's name.
        budget_ms: its freshness budget.
        next_due: when it is asked again, at the earliest.
        last_success: when quotes of it were last stored; None: never in this process.
        observed_at: the newest source time among its accepted quotes.
        failures: those not yet mended, the newest last.
        began: when this process first had the feed.
        breaker: whether it is asked at all.
        delay_ms: how late it tells by contract.
        answered_at: when a question was last answered well.

    """

    feed: str
    budget_ms: Millis
    next_due: Millis = 0
    last_success: Millis | None = None
    observed_at: Millis | None = None
    failures: tuple[Failure, ...] = ()
    began: Millis = 0
    breaker: BreakerState = BreakerState.CLOSED
    delay_ms: Millis = 0
    answered_at: Millis | None = None

    @property
    def error(self) -> str:
        """Return the reason of the newest failure not yet mended; empty when all is well."""
        return self.failures[-1].reason if self.failures else ""

    def link(self, now: Millis) -> Freshness:
        """Return how long ago the provider last answered, whatever the age of its data.

        A quiet or closed market is not a dead link.
        """
        return freshness(self.last_success, self.budget_ms, now)

    def data(self, now: Millis, *, elapsed_ms: Millis | None = None) -> Freshness:
        """Return the age of the newest data by the source's own time.

        `elapsed_ms` is session time, for stocks. A delay by contract is no age. Before the first
        data it is waited for, for one budget from when this process began to ask: who has only
        just started knows of nobody that he is dead.
        """
        if self.observed_at is None:
            in_time = now - self.began <= self.budget_ms
            return Freshness.WAITING if in_time else Freshness.DEAD
        elapsed = now - self.observed_at if elapsed_ms is None else elapsed_ms
        return freshness(self.observed_at, self.budget_ms, now, elapsed_ms=elapsed - self.delay_ms)

    def state(self, now: Millis, *, elapsed_ms: Millis | None = None) -> Freshness:
        """Return how old the feed's data is, as it is shown to people.

        A feed that was told to wait is late, however young its last value: the next one will not
        come when it should. One that was told so before it ever answered is as late as we have
        waited, and dead only when that is long.
        """
        data = self.data(now, elapsed_ms=elapsed_ms)
        if self.error not in _TOLD_TO_WAIT:
            return data
        if self.observed_at is None:
            data = freshness(self.began, self.budget_ms, now)
        return Freshness.LATE if data is Freshness.FRESH else data

    @property
    def refused(self) -> bool:
        """Tell whether the provider refuses us, and has answered nothing since it said so.

        Whatever the age of the data: while the exchange is closed a share's last price stays
        fresh, and a bad key would be seen only at the next open.
        """
        refusals = (it.at for it in self.failures if it.reason in _REFUSED and not it.within)
        said = max(refusals, default=None)
        return said is not None and (self.answered_at is None or self.answered_at <= said)

    def stored(self, at: Millis, observed_at: Millis) -> FeedHealth:
        """Note that quotes were stored; the newest source time never goes back."""
        newest = observed_at if self.observed_at is None else max(self.observed_at, observed_at)
        return replace(self, last_success=at, observed_at=newest)

    def failed(self, failure: Failure) -> FeedHealth:
        """Note a failure; it takes the place of an earlier one of the same instruments."""
        return replace(self, failures=(*self._without(failure.instruments), failure))

    def mended(self, instruments: frozenset[str], at: Millis) -> FeedHealth:
        """Note that a question for these instruments was answered."""
        return replace(self, failures=self._without(instruments), answered_at=at)

    def due(self, moment: Millis) -> FeedHealth:
        """Note when the feed is asked again."""
        return replace(self, next_due=moment)

    def switched(self, breaker: BreakerState) -> FeedHealth:
        """Note the state of its circuit breaker."""
        return replace(self, breaker=breaker)

    def _without(self, instruments: frozenset[str]) -> tuple[Failure, ...]:
        return tuple(kept for kept in self.failures if not kept.instruments <= instruments)
