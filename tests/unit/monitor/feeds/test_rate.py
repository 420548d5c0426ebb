"""The token bucket keeps its promise in every window of a minute."""

from __future__ import annotations

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.rate import TokenBucket

START = 1_768_229_760_000


def test_a_burst_then_the_refill() -> None:
    """Sixty a minute: fifteen at once, then one each 4/3 second."""
    bucket = TokenBucket(60)
    waits = [bucket.take(START) for _ in range(17)]
    assert waits[:15] == [0.0] * 15
    assert waits[15:] == pytest.approx([4 / 3, 8 / 3])


def test_a_slow_limit_is_one_each_interval() -> None:
    """One a minute lets the second go after a minute."""
    bucket = TokenBucket(1)
    assert bucket.take(START) == 0.0
    assert bucket.take(START) == pytest.approx(60.0)


def test_who_is_not_admitted_reserves_nothing() -> None:
    """Knocking while the bucket is empty makes nobody wait longer."""
    bucket = TokenBucket(60)
    assert [bucket.admit(START) for _ in range(15)] == [0.0] * 15
    assert [bucket.admit(START) for _ in range(3)] == pytest.approx([4 / 3] * 3)
    assert bucket.admit(START + 1_334) == 0.0


def test_a_clock_set_back_refills_nothing() -> None:
    """Going back in time and forth again earns only the time that passed after."""
    bucket = TokenBucket(4)
    bucket.take(START)
    assert bucket.take(START - 3_600_000) > 0
    assert bucket.take(START - 3_600_000) > 0


@given(
    st.integers(1, 300),
    st.lists(st.integers(0, 20_000), min_size=1, max_size=200),
)
def test_no_window_of_a_minute_holds_more(per_minute: int, gaps: list[int]) -> None:
    """Whenever the requests come, each window of sixty seconds holds at most the limit."""
    bucket = TokenBucket(per_minute)
    sent = sorted(START + gap + bucket.take(START + gap) * 1_000 for gap in accumulate(gaps))
    allowed = max(per_minute, 2)  # a limit of one has no smaller whole number to stay under
    for index, first in enumerate(sent):
        window = [moment for moment in sent[index:] if moment < first + 60_000 - 1]
        assert len(window) <= allowed
