"""Ages: every boundary, and session time in place of wall time."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.events import Quote
from monitor.domain.freshness import Freshness, State, freshness, is_fresh, quote_age, state_of
from monitor.telemetry.catalogue import FEED_STATES

NOW = 1_768_229_760_000
MINUTE = 60_000
DAY = 86_400_000


@pytest.mark.parametrize(
    ("age_s", "state"),
    [
        (-2, "fresh"),
        (0, "fresh"),
        (60, "fresh"),
        (61, "late"),
        (180, "late"),
        (181, "stale"),
        (600, "stale"),
        (601, "dead"),
        (3 * 86_400, "dead"),
    ],
)
def test_a_sixty_second_budget(age_s: int, state: str) -> None:
    """A value stops being fresh one second after its budget, then goes late, stale, dead."""
    assert freshness(NOW - age_s * 1_000, MINUTE, NOW) == state


def test_never_seen_is_dead() -> None:
    """No value at all is the worst state, not an error."""
    assert freshness(None, MINUTE, NOW) is Freshness.DEAD


def test_session_time_replaces_wall_time() -> None:
    """Friday's close is fresh on Sunday where only session time counts."""
    assert freshness(NOW - 2 * DAY, MINUTE, NOW, elapsed_ms=0) is Freshness.FRESH
    assert freshness(NOW - 2 * DAY, MINUTE, NOW) is Freshness.DEAD


@given(st.integers(0, 10 * DAY), st.integers(0, 10 * DAY), st.integers(1, DAY))
def test_growing_older_never_makes_it_better(age: int, more: int, budget: int) -> None:
    """The state is monotone in age."""
    order = list(Freshness)
    younger = freshness(NOW - age, budget, NOW)
    older = freshness(NOW - age - more, budget, NOW)
    assert order.index(older) >= order.index(younger)


def test_a_quote_brings_its_own_budget() -> None:
    """A quote's own budget wins over the default of its class."""
    quote = Quote(instrument="RIOT", value=Decimal(12), observed_at=NOW - 90_000, source="yahoo")
    slow = Quote(
        instrument="RIOT",
        value=Decimal(12),
        observed_at=NOW - 90_000,
        source="yahoo",
        fresh_ms=300_000,
    )
    assert not is_fresh(quote, NOW, MINUTE)
    assert is_fresh(slow, NOW, MINUTE)
    assert is_fresh(quote, NOW, MINUTE, elapsed_ms=30_000)


def test_a_delay_by_contract_is_no_age() -> None:
    """A 15-minute quote is fresh at 16 minutes by a budget of one, and late a moment after."""
    held = Quote(
        instrument="RIOT",
        value=Decimal(12),
        observed_at=NOW - 16 * MINUTE,
        source="slow",
        fresh_ms=MINUTE,
        delay_ms=15 * MINUTE,
    )
    assert quote_age(held, NOW, DAY) is Freshness.FRESH
    assert quote_age(held, NOW + 1, DAY) is Freshness.LATE


@pytest.mark.parametrize(
    ("age", "what", "state"),
    [
        (Freshness.FRESH, {}, State.FRESH),
        (Freshness.FRESH, {"delayed": True}, State.DELAYED),
        (Freshness.LATE, {"delayed": True}, State.LATE),
        (Freshness.LATE, {"degraded": True, "delayed": True}, State.DEGRADED),
        (Freshness.FRESH, {"degraded": True, "disputed": True}, State.DISPUTED),
        (Freshness.WAITING, {"delayed": True}, State.WAITING),
        (Freshness.DEAD, {"disputed": True}, State.DEAD),
        (Freshness.FRESH, {"refused": True, "delayed": True}, State.REFUSED),
        (Freshness.DEAD, {"refused": True}, State.REFUSED),
    ],
)
def test_the_worst_is_said(age: Freshness, what: dict[str, bool], state: State) -> None:
    """One word per value: what forbids most is the one."""
    assert state_of(age, **what) is state


def test_every_state_is_a_label() -> None:
    """What a feed can be called is what Prometheus may be told."""
    assert tuple(State) == FEED_STATES
