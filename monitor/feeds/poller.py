"""One poll of one feed: fetch, accept, stamp, hand over; and what follows a failure. Hops 2 to 4.

The schedule calls `poll` at each interval; a feed that must wait answers at once without asking
anybody. Whatever goes wrong is counted each time, logged once per streak, and shown in `health`;
the last good value stays where it is and grows old in plain sight.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

import structlog

from monitor.core.clock import SECOND, Clock, Millis
from monitor.core.errors import FeedError, StoreUnavailable
from monitor.domain.events import Quote
from monitor.domain.notices import Notice
from monitor.feeds.base import (
    Fault,
    Feed,
    FeedSpec,
    Fetched,
    Http,
    faults_of,
    notices_of,
    quotes_of,
)
from monitor.feeds.breaker import BreakerState
from monitor.feeds.endpoint_check import EndpointCheck
from monitor.feeds.gate import Deliver, Gate
from monitor.feeds.health import Failure, FeedHealth
from monitor.feeds.instruments import FeedInstruments
from monitor.feeds.lanes import Lane, after
from monitor.feeds.reasons import Reason
from monitor.feeds.turns import Turns

log = structlog.get_logger(__name__)

Announce = Callable[[Sequence[Notice]], Awaitable[int]]


@dataclass(slots=True, kw_only=True)
class Poller:
    """The poll of one feed and its memory: lanes, last good quotes, health.

    Attributes:
        feed: the provider.
        http: the client bound to it.
        deliver: takes the accepted quotes of one poll; raises StoreUnavailable when it cannot.
        clock: now.
        instruments: what is counted.
        rng: draws the jitter of the backoff.
        announce: takes the accepted notices of one poll, as `deliver` does; None: nobody listens.
        last: the last good quote per instrument; may be filled from the store at the start.
        check: whether its endpoints agree.
        health: how the feed is doing, replaced whole at each step.
        gate: what its quotes pass, shared with the stream of this source.

    """

    feed: Feed
    http: Http
    deliver: Deliver
    clock: Clock
    instruments: FeedInstruments
    rng: random.Random
    announce: Announce | None = None
    last: dict[str, Quote] = field(default_factory=dict)
    health: FeedHealth = field(init=False)
    gate: Gate = field(init=False)
    check: EndpointCheck = field(init=False)
    _streamed: Callable[[], frozenset[str]] = field(init=False, default=frozenset)
    _check_s: float | None = field(init=False, default=None)
    _turns: Turns = field(init=False)
    _store_failures: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        spec = self.feed.spec
        self._turns = Turns(spec, self.rng)
        budget_ms = round(spec.fresh_s * SECOND)
        delay_ms = round(spec.delay_s * SECOND)
        self.health = FeedHealth(spec.name, budget_ms, began=self.clock.now(), delay_ms=delay_ms)
        self.check = EndpointCheck(self.feed, budget_ms, self.instruments)
        self.gate = Gate(
            name=spec.name,
            budget_ms=self.health.budget_ms,
            delay_ms=delay_ms,
            deliver=self.deliver,
            clock=self.clock,
            instruments=self.instruments,
            last=self.last,
        )

    @property
    def spec(self) -> FeedSpec:
        """Return the feed's declaration."""
        return self.feed.spec

    def resume(self, earlier: Poller) -> None:
        """Go on where an `earlier` poller of the same feed stood, before the books were read anew.

        What it saw stays seen, with its age; what failed is tried anew.
        """
        self.last.update(earlier.last)
        seen = earlier.current_health()
        self.health = replace(
            self.health,
            last_success=seen.last_success,
            observed_at=seen.observed_at,
            began=seen.began,
        )

    def stand_back_for(
        self, streamed: Callable[[], frozenset[str]], *, check_s: float | None
    ) -> None:
        """Ask rarely for what a living stream of this source brings.

        `streamed` tells what it brings now; that is asked for each `check_s` seconds as a check,
        or not at all with None.
        """
        self._streamed, self._check_s = streamed, check_s

    def refused(self) -> bool:
        """Tell whether the provider refuses us, and no stream of it goes on meanwhile."""
        return self.health.refused and not self._streamed()

    def current_health(self) -> FeedHealth:
        """Return how the source is doing: what was asked for and what its stream brought."""
        gate, health = self.gate, self.health
        if gate.stored_at is None or gate.observed_at is None:
            return health
        latest = max(gate.stored_at, health.last_success or gate.stored_at)
        return health.stored(latest, gate.observed_at)

    async def poll(self) -> None:
        """Ask every lane that is due and hand over what may be believed.

        No failure of the provider, the adapter or the store leaves here.
        """
        began = self.clock.now()
        if not any(self._is_due(lane, began) for lane in self._turns.lanes):
            return
        accepted: list[Quote] = []
        told: list[Notice] = []
        for lane in self._turns.in_order():
            # asked anew for each lane: a failure in one may have put all of them on hold
            if not self._is_due(lane, self.clock.now()):
                continue
            found = await self._ask(lane)
            if found is not None:
                accepted += self.gate.accept(quotes_of(found), lane.instruments)
                told += self.gate.accept_notices(notices_of(found), lane.instruments)
                if self.spec.notices:
                    self._answered()
        if accepted:
            await self._hand_over(accepted)
        if told and self.announce is not None:
            await self._tell(told, self.announce)
        await self.check.run(self.http, accepted, self.clock.now())
        now = self.clock.now()
        self.instruments.polled(self.spec.name, (now - began) / SECOND)
        soonest = max(self._turns.soonest(), after(began, self.spec.interval_s))
        self.health = self.health.due(soonest)

    def _is_due(self, lane: Lane, now: Millis) -> bool:
        if not self._turns.admits(lane, now):
            return False
        if not lane.instruments <= self._streamed():
            return True
        check_s = self._check_s
        return check_s is not None and (lane.asked is None or after(lane.asked, check_s) <= now)

    async def _ask(self, lane: Lane) -> Sequence[Fetched] | None:
        """Return what a lane brought, None when it failed."""
        self._turns.asking(lane, self.clock.now())
        self._show_breaker()
        try:
            found = await self.feed.fetch(self.http, lane.spec)
        except FeedError as error:
            self._fail(lane, error, error.reason)
        except Exception as error:  # noqa: BLE001 - the loop boundary: an adapter's bug stops one lane, not the feed
            self._fail(lane, error, Reason.BUG)
        else:
            self._mend(lane)
            self._note_faults(lane, faults_of(found))
            return found
        return None

    def _fail(self, lane: Lane, error: Exception, reason: str) -> None:
        name, now = self.spec.name, self.clock.now()
        wait = self._turns.failed(lane, error, reason, now)
        self._show_breaker()
        self.instruments.failed(name, reason)
        if reason == Reason.THROTTLED:
            self.instruments.throttled(name)
        message = str(error) or type(error).__name__
        self.health = self.health.failed(Failure(lane.instruments, reason, message, now))
        # Each reason is a warning once per streak. The waits are lines while they can still grow,
        # so that a seeded run can be compared with `hashhedge feeds backoff`; then they are noise.
        write = log.info if wait.grew else log.debug
        if reason not in lane.reasons:
            lane.reasons.add(reason)
            write = log.warning
        write(
            "feed.poll_failed",
            feed=name,
            instruments=sorted(lane.instruments),
            reason=reason,
            error=message,
            failures=wait.failures,
            wait_s=round(wait.seconds, 3),
            exc_info=error if reason == Reason.BUG else None,
        )

    def _show_breaker(self) -> None:
        """Show the breaker's state; opening and closing are one line each."""
        before, now = self.health.breaker, self._turns.breaker
        self.health = self.health.switched(now.state)
        if before is BreakerState.CLOSED and now.state is BreakerState.OPEN:
            log.warning("feed.breaker_opened", feed=self.spec.name, failures=now.failures)
        elif before is not BreakerState.CLOSED and now.state is BreakerState.CLOSED:
            log.info("feed.breaker_closed", feed=self.spec.name)

    def _mend(self, lane: Lane) -> None:
        failures = lane.failures
        self._turns.answered(lane)
        self._show_breaker()
        if failures:
            names = sorted(lane.instruments)
            log.info("feed.recovered", feed=self.spec.name, instruments=names, failures=failures)
        lane.reasons.clear()
        self.health = self.health.mended(lane.instruments, self.clock.now())

    def _note_faults(self, lane: Lane, faults: Sequence[Fault]) -> None:
        """Show what one answer did not give, each instrument under its own reason."""
        name, now = self.spec.name, self.clock.now()
        for fault in faults:
            reason, message = fault.error.reason, str(fault.error)
            self.instruments.failed(name, reason)
            instruments = frozenset({fault.instrument})
            self.health = self.health.failed(
                Failure(instruments, reason, message, now, within=True)
            )
            if (fault.instrument, reason) not in lane.faults:
                log.warning(
                    "feed.instrument_failed",
                    feed=name,
                    instrument=fault.instrument,
                    reason=reason,
                    error=message,
                )
        lane.faults = {(fault.instrument, fault.error.reason) for fault in faults}

    def _answered(self) -> None:
        """Note a good answer of a feed whose answers may hold nothing new."""
        self.instruments.succeeded(self.spec.name, now := self.clock.now())
        self.health = self.health.stored(now, now)

    async def _tell(self, notices: Sequence[Notice], announce: Announce) -> None:
        try:
            news = await announce(notices)
        except StoreUnavailable as error:
            self._pause_for_store(notices, error)
        else:
            if news:
                log.info("feed.notices", feed=self.spec.name, news=news)

    async def _hand_over(self, quotes: Sequence[Quote]) -> None:
        name = self.spec.name
        try:
            await self.gate.hand_over(quotes)
        except StoreUnavailable as error:
            self._pause_for_store(quotes, error)
            return
        if self._store_failures:
            log.info("feed.store_recovered", feed=name, failures=self._store_failures)
            self._store_failures = 0
        newest = max(quote.observed_at for quote in quotes)
        self.health = self.health.stored(self.clock.now(), newest)

    def _pause_for_store(self, items: Sequence[Quote | Notice], error: StoreUnavailable) -> None:
        # `last` stays: what was not stored was not seen, so the next poll brings it again.
        self._store_failures += 1
        now = self.clock.now()
        wait_s = self._turns.paused(error, self._store_failures, now)
        missed = frozenset(it.instrument if isinstance(it, Quote) else it.subject for it in items)
        failure = Failure(missed, Reason.STORE_UNAVAILABLE, str(error), now)
        self.health = self.health.failed(failure)
        self.instruments.failed(self.spec.name, Reason.STORE_UNAVAILABLE)
        if self._store_failures == 1:
            log.warning(
                "feed.store_unavailable",
                feed=self.spec.name,
                error=str(error),
                undelivered=len(items),
                wait_s=round(wait_s, 3),
            )
