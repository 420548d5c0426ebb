"""A provider's own count of our budget: what each header means, and how much slower it makes us."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.clock import MINUTE
from monitor.feeds.budget import MAX_WINDOW, Budget, read_budget

NOW = 1_768_229_760_000  # a whole minute
TEXT = st.text(max_size=20) | st.integers(-5, 10**15).map(str) | st.floats().map(str)
NAMES = (
    "x-mbx-used-weight-1m",
    "api-key-use-limit",
    "api-key-max-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-limit",
    "x-ratelimit-reset",
    "ratelimit-remaining",
    "ratelimit-limit",
    "ratelimit-reset",
    "x-bapi-limit-status",
    "x-bapi-limit",
    "x-bapi-limit-reset-timestamp",
)


@pytest.mark.parametrize(
    ("headers", "limit", "left", "resets_in_ms"),
    [
        # Binance counts weights in whole minutes and does not tell the limit
        ({"x-mbx-used-weight-1m": "5400"}, 6_000, 600, 40_000),
        ({"x-mbx-used-weight-1m": "6001"}, 6_000, -1, 40_000),
        # Alpaca tells the reset as unix seconds
        (
            {
                "x-ratelimit-limit": "200",
                "x-ratelimit-remaining": "7",
                "x-ratelimit-reset": "1768229790",
            },
            200,
            7,
            10_000,
        ),
        # the IETF draft as seconds from now, its limit with a policy behind it
        (
            {
                "ratelimit-limit": "100, 100;w=60",
                "ratelimit-remaining": "50",
                "ratelimit-reset": "30",
            },
            100,
            50,
            30_000,
        ),
        # Bybit as unix milliseconds
        (
            {
                "x-bapi-limit": "50",
                "x-bapi-limit-status": "1",
                "x-bapi-limit-reset-timestamp": "1768229783000",
            },
            50,
            1,
            3_000,
        ),
        ({"api-key-max-limit": "30", "api-key-use-limit": "29"}, 30, 1, 40_000),
        # no limit told: ours; no reset, or one out of all reason: the minute
        ({"x-ratelimit-remaining": "5"}, 6_000, 5, 40_000),
        (
            {"x-ratelimit-remaining": "0", "x-ratelimit-limit": "10", "x-ratelimit-reset": "86400"},
            10,
            0,
            40_000,
        ),
    ],
)
def test_each_provider_s_headers_are_understood(
    headers: dict[str, str], limit: float, left: float, resets_in_ms: int
) -> None:
    """Used or left, with or without limit and reset, in each of their ways to write a time."""
    now = NOW + 20_000
    assert read_budget(headers, 6_000, now) == Budget(limit, left, now + resets_in_ms)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-mbx-used-weight-1m": "many"},
        {"x-ratelimit-limit": "200"},
        {"api-key-use-limit": "3", "api-key-max-limit": "0"},
        {"x-ratelimit-remaining": "-1"},
    ],
)
def test_what_makes_no_sense_says_nothing(headers: dict[str, str]) -> None:
    """A header we cannot read is no reason to slow down or to fail."""
    assert read_budget(headers, 60, NOW) is None


@pytest.mark.parametrize(
    ("left", "weight", "wait_s"),
    [
        (50, 1, 0.0),
        (21, 1, 0.0),
        (20, 1, 2.0),  # 40 s for twenty more
        (10, 2, 8.0),  # a heavier one leaves a longer gap
        (5, 1, 40.0),  # used up: not before the next window
        (10, 11, 40.0),
        (0, 1, 40.0),
        (-3, 1, 40.0),
    ],
)
def test_the_nearer_the_end_the_slower(left: float, weight: float, wait_s: float) -> None:
    """Nothing until four fifths are used; then what is left is spread; then we wait."""
    budget = Budget(100, left, NOW + 40_000)
    assert budget.pace_s(NOW, weight) == pytest.approx(wait_s)
    assert budget.pace_s(NOW + 40_000, weight) == 0


@given(st.dictionaries(st.sampled_from(NAMES), TEXT), st.integers(0, 2 * MINUTE))
def test_no_header_makes_us_wait_for_ever(headers: dict[str, str], later: int) -> None:
    """Whatever stands there, the wait is a number from 0 up to an hour."""
    now = NOW + later
    budget = read_budget(headers, 60, now)
    assert budget is None or 0 <= budget.pace_s(now) <= MAX_WINDOW / 1_000


@given(st.floats(0, 99), st.integers(1, 60_000))
def test_whoever_keeps_the_pace_stays_inside_the_budget(left: float, rest_ms: int) -> None:
    """Requests at the told pace never pass what is left of the window."""
    budget = Budget(100, left, NOW + rest_ms)
    pace_s = budget.pace_s(NOW)
    if pace_s:
        assert rest_ms / 1_000 / pace_s <= max(1.0, left) + 1e-6
