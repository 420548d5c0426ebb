"""The circuit breaker: closed, open, one probe, and never stuck."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.breaker import COUNTED, THRESHOLD, Breaker, BreakerState
from monitor.feeds.reasons import Reason
from monitor.telemetry.catalogue import BREAKER_STATES
from tests.unit.monitor.feeds.doubles import NOW


def broken() -> Breaker:
    """Return a breaker that has just opened for ten seconds."""
    breaker = Breaker()
    for _ in range(THRESHOLD):
        assert not breaker.is_due_to_open
        breaker = breaker.failed()
    assert breaker.is_due_to_open
    return breaker.opened(NOW + 10_000)


def test_it_opens_after_failures_in_a_row_and_lets_one_probe_through() -> None:
    """Before its time nobody is asked; then the request that finds it due is the probe."""
    breaker = broken()
    assert breaker.admitting(NOW + 9_999) is None
    probe = breaker.admitting(NOW + 10_000)
    assert probe is not None
    assert probe.state is BreakerState.HALF_OPEN
    assert probe.answered() == Breaker()


def test_a_failed_probe_opens_it_again() -> None:
    """One failure is enough now, and the streak goes on."""
    probe = broken().admitting(NOW + 10_000)
    assert probe is not None
    again = probe.failed()
    assert again.is_due_to_open
    assert again.failures == THRESHOLD + 1
    assert again.opened(NOW + 40_000).admitting(NOW + 39_999) is None


def test_an_answer_between_begins_the_count_anew() -> None:
    """Four failures, an answer, four failures: still closed."""
    breaker = Breaker()
    for _ in range(THRESHOLD - 1):
        breaker = breaker.failed()
    breaker = breaker.answered()
    for _ in range(THRESHOLD - 1):
        breaker = breaker.failed()
    assert breaker.state is BreakerState.CLOSED
    assert not breaker.is_due_to_open


def test_a_bad_symbol_does_not_count() -> None:
    """What the provider says about one instrument says that the provider is there."""
    assert not COUNTED & {Reason.NOT_FOUND, Reason.ZERO_PRICE, Reason.MISSING_FIELD, Reason.BUG}
    assert Reason.HELD_BACK not in COUNTED


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 60_000)), max_size=60))
def test_it_never_stays_open(story: list[tuple[bool, int]]) -> None:
    """Whatever happens, it admits again at the moment it named; and an answer always closes it."""
    breaker, now = Breaker(), NOW
    for works, wait in story:
        now = max(now, breaker.until)
        probe = breaker.admitting(now)
        assert probe is not None
        breaker = probe.answered() if works else probe.failed()
        if works:
            assert breaker == Breaker()
        elif breaker.is_due_to_open:
            breaker = breaker.opened(now + wait)
            assert breaker.admitting(now) is None


def test_the_metric_has_the_same_words() -> None:
    """The label's closed set is the states."""
    assert tuple(BreakerState) == BREAKER_STATES
