"""One poll: what is accepted and stamped, and what each failure costs."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from structlog.testing import capture_logs

from monitor.core.clock import ManualClock
from monitor.core.errors import BadQuote, FeedRejected, FeedUnavailable, StoreUnavailable
from monitor.domain.events import BTC_USD, Quote
from monitor.domain.freshness import Freshness
from monitor.feeds.base import Fault
from monitor.feeds.lanes import REJECTED_PAUSE_S
from monitor.feeds.poller import Poller
from tests.unit.monitor.feeds.doubles import NOW, Counts, NoHttp, Script, feed, gives, quote

STOCKS = {"CORZ": "CORZ", "HUT": "HUT", "RIOT": "RIOT"}


@dataclass
class Store:
    """Takes quotes, or is away."""

    batches: list[Sequence[Quote]] = field(default_factory=list)
    away: bool = False

    async def deliver(self, quotes: Sequence[Quote]) -> None:
        """Keep the batch."""
        if self.away:
            raise StoreUnavailable("the store is away")
        self.batches.append(quotes)

    @property
    def values(self) -> list[Decimal]:
        """Return all values in order."""
        return [quote.value for batch in self.batches for quote in batch]


@dataclass
class Bench:
    """A poller with everything around it in hand."""

    script: Script
    clock: ManualClock
    store: Store
    counts: Counts
    poller: Poller

    async def poll_after(self, seconds: float) -> None:
        """Let time pass, then poll."""
        self.clock.advance(seconds)
        await self.poller.poll()


def bench(*steps: Any, **changes: Any) -> Bench:
    """Return a poller over a feed that takes these steps."""
    script, clock, store, counts = Script(list(steps)), ManualClock(NOW), Store(), Counts()
    poller = Poller(
        feed=feed(script, **changes),
        http=NoHttp(),
        deliver=store.deliver,
        clock=clock,
        instruments=counts,
        rng=random.Random(7),
    )
    return Bench(script, clock, store, counts, poller)


def by_symbol(bad: dict[str, Exception]) -> Any:
    """Return a step that answers each symbol, or raises what `bad` says of it."""

    def step(spec: Any) -> Sequence[Quote]:
        (instrument,) = spec.instruments
        if instrument in bad:
            raise bad[instrument]
        return [quote("12.5", NOW, instrument)]

    return step


async def test_a_good_quote_is_stamped_and_handed_over() -> None:
    """It gets our time of receipt and the feed's budget; the source's own time stays."""
    at = bench(gives(quote(at=NOW - 700)))
    await at.poller.poll()
    ((got,),) = at.store.batches
    assert (got.observed_at, got.received_at, got.fresh_ms) == (NOW - 700, NOW, 60_000)
    assert at.counts.success_at == NOW
    assert at.counts.observed_at == {BTC_USD: NOW - 700}
    assert at.poller.health.last_success == NOW
    assert at.poller.health.next_due == NOW + 5_000


async def test_a_declared_delay_travels_with_the_quote_and_is_no_age() -> None:
    """900 s by contract: the quote says so, and the feed is fresh at sixteen minutes."""
    at = bench(gives(quote(at=NOW - 960_000)), delay_s=900.0)
    await at.poller.poll()
    ((got,),) = at.store.batches
    assert got.delay_ms == 900_000
    assert at.poller.health.data(NOW) is Freshness.FRESH
    assert at.poller.health.data(NOW + 1) is Freshness.LATE


async def test_a_quote_three_days_old_is_stored() -> None:
    """Age is no reason to refuse: it is stored with its own time and shows as dead data."""
    at = bench(gives(quote(at=NOW - 3 * 86_400_000)))
    await at.poller.poll()
    assert len(at.store.values) == 1
    assert at.poller.health.data(NOW) is Freshness.DEAD
    assert at.poller.health.link(NOW) is Freshness.FRESH


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (quote("0"), "zero_price"),
        (quote("-5"), "negative"),
        (quote("NaN"), "not_a_number"),
        (quote(at=NOW + 60_000), "future"),
        (quote(at=NOW - 9_000), "older_than_last"),
        (quote(instrument="RIOT"), "wrong_symbol"),
    ],
)
async def test_an_implausible_quote_is_dropped_and_the_last_stays(bad: Quote, reason: str) -> None:
    """It is counted each time, logged once per streak, and never handed over."""
    good = quote("97000", NOW - 1_000)
    at = bench(gives(good), gives(bad), gives(bad), gives(quote("97001", NOW)), gives(bad))
    with capture_logs() as logs:
        for _ in range(5):
            await at.poller.poll()
    assert at.store.values == [Decimal(97000), Decimal(97001)]
    assert at.counts.events["rejected", "venue", reason] == 3
    refusals = [log for log in logs if log["event"] == "feed.quote_refused"]
    assert [log["reason"] for log in refusals] == [reason] * (1 if reason == "wrong_symbol" else 2)
    assert at.poller.last[BTC_USD].value == Decimal(97001)


async def test_throttled_means_silence_for_as_long_as_asked() -> None:
    """After a 429 with Retry-After 30 nobody asks for 30 s; then all goes on."""
    busy = FeedUnavailable("slow down", reason="throttled", retry_after_s=30)
    at = bench(busy, gives(quote(at=NOW)))
    await at.poller.poll()
    for _ in range(5):
        await at.poll_after(5)
    assert len(at.script.asked) == 1
    assert at.counts.events["throttled", "venue"] == 1
    assert at.poller.health.next_due == NOW + 30_000
    await at.poll_after(5)
    assert len(at.script.asked) == 2
    assert at.store.values == [Decimal(97000)]


async def test_throttled_without_a_wish_waits_a_minute() -> None:
    """A 429 that names no time still means a minute of silence."""
    at = bench(FeedUnavailable("slow down", reason="throttled"))
    await at.poller.poll()
    await at.poll_after(59)
    assert len(at.script.asked) == 1
    await at.poll_after(1)
    assert len(at.script.asked) == 2


async def test_an_endless_wish_is_cut_to_an_hour() -> None:
    """No Retry-After can silence a feed for ever."""
    at = bench(FeedUnavailable("never", reason="server_error", retry_after_s=1e12))
    await at.poller.poll()
    assert at.poller.health.next_due == NOW + 3_600_000


async def test_failure_and_recovery_are_logged_at_the_edges() -> None:
    """Ten failures are ten counts; a reason is one warning, a growing wait one line, recovery one."""
    down = FeedUnavailable("no answer", reason="timeout")
    cut = FeedUnavailable("cut", reason="connection")
    at = bench(*[down] * 6, *[cut] * 4, gives(quote(at=NOW)), down, gives(quote(at=NOW)))
    with capture_logs() as logs:
        for _ in range(13):
            await at.poll_after(100)
    lines = [log for log in logs if log["log_level"] != "debug"]
    assert [(log["event"], log.get("failures"), log["log_level"]) for log in lines] == [
        ("feed.poll_failed", 1, "warning"),
        *[("feed.poll_failed", count, "info") for count in (2, 3, 4)],
        ("feed.breaker_opened", 5, "warning"),
        ("feed.poll_failed", 5, "info"),
        ("feed.poll_failed", 7, "warning"),
        ("feed.breaker_closed", None, "info"),
        ("feed.recovered", 10, "info"),
        ("feed.poll_failed", 1, "warning"),
        ("feed.recovered", 1, "info"),
    ]
    assert [log["failures"] for log in logs if log["event"] == "feed.recovered"] == [10, 1]
    assert at.counts.events["failed", "venue", "timeout"] == 7
    assert at.counts.events["failed", "venue", "connection"] == 4
    assert at.poller.health.failures == ()


async def test_the_wait_grows_but_never_past_its_cap() -> None:
    """Each wait is at least a second and at most the cap; the last good value just grows old."""
    at = bench(gives(quote(at=NOW)), FeedUnavailable("down", reason="server_error"))
    await at.poller.poll()
    waits = []
    for _ in range(30):
        before = at.clock.now()
        at.clock.advance_to(at.poller.health.next_due)
        await at.poller.poll()
        waits.append((at.poller.health.next_due - max(before, at.clock.now())) / 1_000)
    assert min(waits) >= 5
    assert 30 < max(waits) <= 60
    assert at.poller.health.link(at.clock.now()) is Freshness.DEAD
    assert at.poller.last[BTC_USD].value == Decimal(97000)


async def test_a_refused_key_pauses_for_long() -> None:
    """Trying again cannot mend a 401, so it is tried four times an hour."""
    at = bench(FeedRejected("no such key", reason="unauthorized"))
    await at.poller.poll()
    await at.poll_after(REJECTED_PAUSE_S - 1)
    assert len(at.script.asked) == 1
    await at.poll_after(1)
    assert len(at.script.asked) == 2
    assert at.poller.health.error == "unauthorized"


async def test_a_bad_answer_is_asked_again_at_the_next_interval() -> None:
    """The provider is there; a broken answer earns no pause."""
    at = bench(BadQuote("cut", reason="not_json"), gives(quote(at=NOW)))
    await at.poller.poll()
    assert at.poller.health.error == "not_json"
    await at.poll_after(5)
    assert at.store.values == [Decimal(97000)]


async def test_one_unknown_symbol_costs_only_itself() -> None:
    """The other symbols are quoted, poll after poll, while the unknown one waits."""
    gone = FeedRejected("no such symbol", reason="not_found")
    at = bench(by_symbol({"CORZ": gone}), instruments=STOCKS, batch=1)
    await at.poller.poll()
    await at.poll_after(5)
    asked = [next(iter(names)) for names in at.script.asked]
    assert asked == ["CORZ", "HUT", "RIOT", "HUT", "RIOT"]
    assert [[quote.instrument for quote in batch] for batch in at.store.batches] == [
        ["HUT", "RIOT"],
        ["HUT", "RIOT"],
    ]
    (failure,) = at.poller.health.failures
    assert (failure.instruments, failure.reason) == (frozenset({"CORZ"}), "not_found")


async def test_a_fault_within_an_answer_costs_that_instrument_alone() -> None:
    """Of an answer about several shares, what can be read counts; the rest is named once."""
    error = BadQuote("venue: RIOT.p is 0, expected a price", reason="zero_price")
    step = gives(quote(instrument="CORZ"), Fault("RIOT", error))
    at = bench(step, step, gives(quote(instrument="RIOT")), instruments=STOCKS)
    with capture_logs() as logs:
        await at.poller.poll()
        await at.poll_after(5)
    assert [entry["event"] for entry in logs] == ["feed.instrument_failed"]
    assert at.counts.events["failed", "venue", "zero_price"] == 2
    (failure,) = at.poller.health.failures
    assert (failure.instruments, failure.reason) == (frozenset({"RIOT"}), "zero_price")
    assert set(at.poller.last) == {"CORZ"}
    await at.poll_after(5)
    assert at.poller.health.failures == ()
    assert set(at.poller.last) == {"CORZ", "RIOT"}


async def test_a_throttled_host_holds_every_symbol() -> None:
    """Once told to slow down, the rest of the symbols is not asked for; what came is stored."""
    busy = FeedUnavailable("slow down", reason="throttled", retry_after_s=30)
    at = bench(by_symbol({"HUT": busy}), instruments=STOCKS, batch=1)
    await at.poller.poll()
    await at.poll_after(5)
    assert [next(iter(names)) for names in at.script.asked] == ["CORZ", "HUT"]
    assert [[quote.instrument for quote in batch] for batch in at.store.batches] == [["CORZ"]]


async def test_a_bug_in_an_adapter_is_counted_and_the_rest_goes_on() -> None:
    """An error that is no feed error stops one symbol, with a traceback in the log."""
    at = bench(by_symbol({"CORZ": KeyError("oops")}), instruments=STOCKS, batch=1)
    with capture_logs() as logs:
        await at.poller.poll()
    assert at.counts.events["failed", "venue", "bug"] == 1
    assert [log["event"] for log in logs] == ["feed.poll_failed"]
    assert isinstance(logs[0]["exc_info"], KeyError)
    assert len(at.store.values) == 2


async def test_a_store_that_is_away_pauses_the_feed_and_loses_nothing_silently() -> None:
    """The quote counts as not seen: a pause, one line, and it is asked for again."""
    at = bench(gives(quote(at=NOW)))
    at.store.away = True
    with capture_logs() as logs:
        await at.poller.poll()
        assert at.poller.health.next_due >= NOW + 1_000
        assert at.poller.last == {}
        for _ in range(3):
            await at.poll_after(120)
        at.store.away = False
        await at.poll_after(120)
    assert at.counts.events["failed", "venue", "store_unavailable"] == 4
    assert [log["event"] for log in logs] == ["feed.store_unavailable", "feed.store_recovered"]
    assert logs[0]["undelivered"] == 1
    assert at.store.values == [Decimal(97000)]
    assert at.poller.health.failures == ()


async def test_the_store_s_memory_binds_the_first_poll() -> None:
    """Started again, the feed does not go behind what was stored before."""
    at = bench(gives(quote("96000", NOW - 5_000)))
    at.poller.last[BTC_USD] = quote("97000", NOW - 1_000)
    await at.poller.poll()
    assert at.store.batches == []
    assert at.counts.events["rejected", "venue", "older_than_last"] == 1


async def test_a_poller_made_anew_remembers_what_was_seen() -> None:
    """After a reload a feed that fails is as old as its last answer, not one never heard of."""
    before, after = (
        bench(gives(quote())),
        bench(FeedUnavailable("away", reason="server_error"), fresh_s=7),
    )
    await before.poller.poll()
    after.poller.resume(before.poller)
    await after.poller.poll()
    health = after.poller.health
    assert health.observed_at == before.poller.health.observed_at is not None
    assert (health.budget_ms, health.last_success) == (7_000, NOW)
    assert after.poller.last == before.poller.last
    assert [failure.message for failure in health.failures] == ["away"]
