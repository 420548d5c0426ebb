"""Lanes: how instruments are split, and how long each failure holds them."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.errors import BadQuote, FeedError, FeedRejected, FeedUnavailable
from monitor.feeds.lanes import (
    FORBIDDEN_PAUSE_S,
    MAX_PAUSE_S,
    MAX_THROTTLED_PAUSE_S,
    backoff_of,
    grows,
    lanes_of,
    pause_s,
    waits_s,
)
from monitor.feeds.reasons import Reason
from tests.unit.monitor.feeds.doubles import spec

NAMES = {name: name.lower() for name in ("CORZ", "HUT", "RIOT", "MARA", "IREN")}


@pytest.mark.parametrize(("batch", "sizes"), [(None, [5]), (1, [1] * 5), (2, [2, 2, 1])])
def test_instruments_are_split_in_order(batch: int | None, sizes: list[int]) -> None:
    """Every instrument is in exactly one lane, with its own symbol, in the declared order."""
    lanes = lanes_of(spec(instruments=NAMES, batch=batch))
    assert [len(lane.instruments) for lane in lanes] == sizes
    assert [item for lane in lanes for item in lane.spec.instruments.items()] == list(NAMES.items())


def test_a_slow_feed_backs_off_for_minutes() -> None:
    """A feed of each five seconds waits a minute at most, one of each minute five."""
    assert backoff_of(spec(interval_s=5)).cap_s == 60
    assert backoff_of(spec(interval_s=60)).cap_s == 300


@given(
    st.sampled_from(list(Reason)),
    st.sampled_from([FeedUnavailable, FeedRejected, BadQuote]),
    st.integers(1, 1_000),
    st.none() | st.floats(allow_nan=True, allow_infinity=True),
)
def test_every_pause_is_bounded(
    reason: Reason, kind: type[FeedError], failures: int, wish: float | None
) -> None:
    """Whatever the error and however often: an hour at most, three days after a 429 or a ban."""
    error = kind("x", reason=reason)
    if isinstance(error, FeedUnavailable):
        error.retry_after_s = wish
    wait = pause_s(error, failures, backoff_of(spec()), random.Random(1))
    throttled = kind is FeedUnavailable and reason is Reason.THROTTLED
    assert 0 <= wait <= (MAX_THROTTLED_PAUSE_S if throttled else MAX_PAUSE_S)


def test_a_forbidden_feed_waits_the_ten_minutes_that_providers_ask_for() -> None:
    """The SEC without a contact and Bybit when asked too fast answer 403, not 429."""
    error = FeedRejected("no contact", reason=Reason.FORBIDDEN)
    assert pause_s(error, 1, backoff_of(spec()), random.Random(1)) == FORBIDDEN_PAUSE_S == 600


def test_a_seed_makes_the_waits_repeatable() -> None:
    """The same seed and feed give the same waits; another feed or seed gives others."""
    waits = waits_s(spec(), 7, 6)
    assert waits == waits_s(spec(), 7, 9)[:6]
    assert waits != waits_s(spec(name="other"), 7, 6)
    assert waits != waits_s(spec(), 8, 6)
    assert all(1 <= wait <= 60 for wait in waits)


def test_the_wait_stops_growing_at_its_cap() -> None:
    """5, 10, 20, 40 and 60 seconds at most; from the sixth failure on nothing changes."""
    backoff = backoff_of(spec(interval_s=5))
    assert [grows(failures, backoff) for failures in range(8)] == [False, *[True] * 5, False, False]
