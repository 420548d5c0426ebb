"""Lanes: how instruments are split, and how long each failure holds them."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.errors import BadQuote, FeedError, FeedRejected, FeedUnavailable
from monitor.feeds.lanes import MAX_PAUSE_S, backoff_of, lanes_of, pause_s
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
    """Whatever the error and however often, the pause is a finite number up to an hour."""
    error = kind("x", reason=reason)
    if isinstance(error, FeedUnavailable):
        error.retry_after_s = wish
    wait = pause_s(error, failures, backoff_of(spec()), random.Random(1))
    assert 0 <= wait <= MAX_PAUSE_S
