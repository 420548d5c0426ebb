"""Said again while it fires, less and less often (row E31)."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.pacing.repeating import Repeat, next_repeat

HOUR = 3_600_000


def plan(config: Repeat, fired_at: int, count: int) -> list[int]:
    """Return the first moments of the plan, ms after the fire."""
    moments, now = [], fired_at
    for _ in range(count):
        now = next_repeat(config, fired_at, now)
        moments.append(now - fired_at)
    return moments


def test_one_two_four() -> None:
    """Repeats at 1 h, 2 h, 4 h, and so on, never more than a day apart (row E31)."""
    hours = [1, 2, 4, 8, 16, 32, 56, 80, 104]
    assert plan(Repeat(), 5, len(hours)) == [hour * HOUR for hour in hours]


def test_a_bound_between_two_doublings() -> None:
    """With `most: 3h` the steps grow to three hours and stay there."""
    assert plan(Repeat(most="3h"), 0, 6) == [h * HOUR for h in (1, 2, 4, 7, 10, 13)]


def test_what_was_acknowledged_goes_on_where_the_plan_stands() -> None:
    """An acknowledgement taken back after 5 h is followed by the repeat at 8 h."""
    assert next_repeat(Repeat(), 0, 5 * HOUR) == 8 * HOUR


CONFIGS = st.builds(
    lambda first, factor: Repeat(first=f"{first}m", most=f"{first * factor}m"),
    st.integers(1, 300),
    st.integers(1, 30),
)


@given(CONFIGS, st.integers(0, 10**12), st.integers(0, 400 * 24 * HOUR))
def test_the_plan_is_one(config: Repeat, fired_at: int, passed: int) -> None:
    """Asked at any moment, the next repeat is one of the plan, later, and within the bound."""
    now = fired_at + passed
    following = next_repeat(config, fired_at, now)
    assert now < following <= now + max(config.first_ms, config.most_ms)
    assert next_repeat(config, fired_at, following - 1) == following


@given(CONFIGS, st.integers(2, 40))
def test_the_steps_grow(config: Repeat, count: int) -> None:
    """No step is shorter than the one before it."""
    moments = [0, *plan(config, 0, count)]
    steps = [later - earlier for earlier, later in pairwise(moments)]
    assert steps == sorted(steps)


@pytest.mark.parametrize(
    ("fields", "said"),
    [({"first": "10s"}, "under a minute"), ({"first": "2h", "most": "1h"}, "under `first`")],
)
def test_a_wrong_setting_says_what_is_right(fields: dict[str, object], said: str) -> None:
    """A repeat each few seconds and a bound under the first wait are refused."""
    with pytest.raises(msgspec.ValidationError, match=said):
        msgspec.convert(fields, Repeat)
