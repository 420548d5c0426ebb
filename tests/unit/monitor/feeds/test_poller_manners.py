"""A poller's manners: the breaker around its lanes, and what it shows of them."""

from __future__ import annotations

import random
from typing import Any

from structlog.testing import capture_logs

from monitor.core.errors import BadQuote, FeedRejected, FeedUnavailable
from monitor.domain.freshness import Freshness
from monitor.feeds.breaker import THRESHOLD, BreakerState
from monitor.feeds.lanes import feed_rng, waits_s
from monitor.feeds.reasons import Reason
from tests.unit.monitor.feeds.doubles import NOW, gives, quote, spec
from tests.unit.monitor.feeds.test_poller import STOCKS, Bench, bench, by_symbol

DOWN = FeedUnavailable("no answer", reason=Reason.TIMEOUT)


def breaker(at: Bench) -> BreakerState:
    """Return what the poller shows of its breaker now."""
    return at.poller.health.breaker


async def poll_when_due(at: Bench) -> None:
    """Let time pass until the poller wants to ask, then poll."""
    at.clock.advance_to(at.poller.health.next_due)
    await at.poller.poll()


async def test_many_lanes_stop_at_the_threshold() -> None:
    """Of twenty symbols that time out five are asked; then the feed waits, and asks one."""
    names = {f"T{number:02}": f"T{number:02}" for number in range(20)}
    at = bench(DOWN, instruments=names, batch=1)
    await at.poller.poll()
    assert len(at.script.asked) == THRESHOLD
    assert breaker(at) is BreakerState.OPEN
    for probes in range(1, 4):
        await poll_when_due(at)
        assert len(at.script.asked) == THRESHOLD + probes
    # each probe goes to a symbol that failed less, so one bad symbol keeps nobody away
    assert len({next(iter(asked)) for asked in at.script.asked}) == THRESHOLD + 3


async def test_a_probe_that_is_answered_brings_all_lanes_back() -> None:
    """Closed again, every symbol is asked, in the poll of the probe already."""
    bad: dict[str, Exception] = dict.fromkeys(STOCKS, DOWN)
    at = bench(by_symbol(bad), instruments=STOCKS, batch=1)
    with capture_logs() as logs:
        while breaker(at) is BreakerState.CLOSED:
            await poll_when_due(at)
        bad.clear()
        await poll_when_due(at)
        await at.poll_after(60)
    assert breaker(at) is BreakerState.CLOSED
    assert at.poller.health.failures == ()
    assert {got.instrument for batch in at.store.batches for got in batch} == set(STOCKS)
    edges = [log["event"] for log in logs if "breaker" in log["event"]]
    assert edges == ["feed.breaker_opened", "feed.breaker_closed"]


async def test_half_open_is_shown_while_the_probe_is_out() -> None:
    """Whoever looks during the probe sees it."""
    seen = []

    def look(_: Any) -> Any:
        seen.append(at.poller.health.breaker)
        raise DOWN

    at = bench(look)
    for _ in range(THRESHOLD + 1):
        await poll_when_due(at)
    assert seen == [*[BreakerState.CLOSED] * THRESHOLD, BreakerState.HALF_OPEN]


async def test_pages_of_nonsense_open_it_too() -> None:
    """One bad page is asked for again at once; five in a row earn a wait."""
    at = bench(BadQuote("a web page", reason=Reason.NOT_JSON))
    for _ in range(THRESHOLD):
        await at.poll_after(5)
    assert breaker(at) is BreakerState.OPEN
    assert at.poller.health.next_due > at.clock.now() + 1_000
    await at.poll_after(0.5)
    assert len(at.script.asked) == THRESHOLD


async def test_zeros_and_unknown_symbols_do_not_open_it() -> None:
    """The provider answers, so it is there, whatever it says of one instrument."""
    at = bench(BadQuote("zero", reason=Reason.ZERO_PRICE))
    for _ in range(3 * THRESHOLD):
        await at.poll_after(5)
    assert breaker(at) is BreakerState.CLOSED
    assert len(at.script.asked) == 3 * THRESHOLD


async def test_a_seeded_feed_waits_as_foretold() -> None:
    """Each wait in the log is the one `feeds backoff` prints, before and after the breaker opens."""
    at = bench(FeedUnavailable("down", reason=Reason.SERVER_ERROR))
    at.poller._turns.rng = feed_rng(7, spec())
    with capture_logs() as logs:
        for _ in range(9):
            await poll_when_due(at)
    waits = [log["wait_s"] for log in logs if log["event"] == "feed.poll_failed"]
    assert waits == [round(wait, 3) for wait in waits_s(spec(), 7, 9)]


async def test_held_back_is_no_failure_of_the_provider() -> None:
    """Nobody was asked: all lanes wait as long as the budget needs, and the streak does not grow."""
    held = FeedUnavailable("not asked", reason=Reason.HELD_BACK, retry_after_s=40)
    at = bench(held, *[DOWN] * (THRESHOLD - 1), held, gives(quote(at=NOW)))
    await at.poller.poll()
    assert at.poller.health.next_due == NOW + 40_000
    for _ in range(THRESHOLD):
        await poll_when_due(at)
    assert breaker(at) is BreakerState.CLOSED
    assert at.counts.events["failed", "venue", "held_back"] == 2
    assert at.counts.events["throttled", "venue"] == 0
    await poll_when_due(at)
    assert at.poller.health.failures == ()


async def test_a_held_back_probe_leaves_it_open_until_the_budget_allows() -> None:
    """The probe was not made, so nothing is known yet."""
    held = FeedUnavailable("not asked", reason=Reason.HELD_BACK, retry_after_s=90)
    at = bench(*[DOWN] * THRESHOLD, held, gives(quote(at=NOW)))
    for _ in range(THRESHOLD + 1):
        await poll_when_due(at)
    assert breaker(at) is BreakerState.OPEN
    assert at.poller.health.next_due == at.clock.now() + 90_000
    await poll_when_due(at)
    assert breaker(at) is BreakerState.CLOSED


async def test_a_throttled_feed_is_late_and_not_dead() -> None:
    """Told to wait, its next value is late, whether it has given one before or not."""
    busy = FeedUnavailable("slow down", reason=Reason.THROTTLED, retry_after_s=30)
    new, known = bench(busy), bench(gives(quote(at=NOW)), busy)
    await known.poller.poll()
    for at in (new, known):
        await at.poll_after(5)
        for seconds, state in ((1, "late"), (30, "late"), (170, "stale"), (500, "dead")):
            at.clock.advance(seconds)
            assert at.poller.health.state(at.clock.now()) is Freshness(state)


async def test_a_throttled_check_does_not_make_a_living_stream_late() -> None:
    """The stream brings the next value in time, whoever is told to wait; the refusal is shown."""
    busy = FeedUnavailable("slow down", reason=Reason.THROTTLED, retry_after_s=30)
    at = bench(gives(quote(at=NOW)), busy)
    await at.poller.poll()
    await at.poll_after(5)
    poller, now = at.poller, at.clock.now()
    assert poller.current_health().state(now) is Freshness.LATE
    poller.stand_back_for(lambda: frozenset(poller.spec.instruments), check_s=60)
    assert poller.current_health().state(now) is Freshness.FRESH
    assert poller.current_health().error == Reason.THROTTLED
    poller.stand_back_for(frozenset, check_s=60)
    assert poller.current_health().state(now) is Freshness.LATE


async def test_what_is_not_asked_for_beside_its_stream_shows_no_failure() -> None:
    """Nobody would ever mend it; when the stream is gone, it is the last thing that is known."""
    at = bench(FeedUnavailable("no connection", reason=Reason.CONNECTION))
    await at.poller.poll()
    at.poller.stand_back_for(lambda: frozenset(at.poller.spec.instruments), check_s=None)
    assert at.poller.current_health().error == ""
    at.poller.stand_back_for(frozenset, check_s=None)
    assert at.poller.current_health().error == Reason.CONNECTION


async def test_any_other_failure_leaves_the_age_as_it_is() -> None:
    """A feed that never answered and is refused is waited for as long as one that says nothing."""
    at = bench(FeedRejected("no", reason=Reason.UNAUTHORIZED))
    await at.poller.poll()
    health = at.poller.health
    assert health.state(NOW) is Freshness.WAITING
    assert health.state(NOW + health.budget_ms + 1) is Freshness.DEAD


async def test_an_unseeded_feed_draws_its_own_waits() -> None:
    """Two processes must not ask a provider in step."""
    one, two = feed_rng(None, spec()), feed_rng(None, spec())
    assert isinstance(one, random.Random)
    assert one.random() != two.random()
