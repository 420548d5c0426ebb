"""Waiting before trying again: never over the ceiling, never under what the provider asked."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.backoff import Backoff, retry_after_s
from tests.transitions import AT


@given(st.integers(0, 10_000), st.integers(0, 99), st.floats(0, 600))
def test_a_wait_lies_between_the_floor_and_the_ceiling(
    attempt: int, seed: int, floor_s: float
) -> None:
    """The ceiling doubles up to the cap, however many failures; Retry-After is kept."""
    wait = Backoff(0.5, 30.0).delay_s(attempt, random.Random(seed), floor_s=floor_s)
    assert floor_s <= wait <= max(floor_s, min(30.0, 0.5 * 2.0 ** min(attempt, 40)))


def test_the_ceiling_grows_to_its_cap_and_the_jitter_is_full() -> None:
    """Waits fill the whole range, so that many clients do not come back at once."""
    policy, rng = Backoff(base_s=1.0, cap_s=8.0), random.Random(7)
    for attempt, ceiling in enumerate((1.0, 2.0, 4.0, 8.0, 8.0)):
        waits = [policy.delay_s(attempt, rng) for _ in range(2_000)]
        assert min(waits) < 0.02 * ceiling
        assert 0.98 * ceiling < max(waits) <= ceiling
        assert abs(sum(waits) / len(waits) - ceiling / 2) < 0.05 * ceiling


def test_the_same_dice_give_the_same_waits() -> None:
    """The caller's dice decide, so a test can fix them."""
    waits = [Backoff().delay_s(3, random.Random(5)) for _ in range(2)]
    assert waits[0] == waits[1]


@pytest.mark.parametrize(
    ("text", "wait_s"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("0", 0.0),
        (" 120 ", 120.0),
        ("Mon, 12 Jan 2026 14:57:00 GMT", 60.0),
        ("Mon, 12 Jan 2026 14:55:00 GMT", 0.0),
        ("Mon, 12 Jan 2026 14:57:00", 60.0),
    ],
)
def test_what_a_header_asks_for_is_read(text: str | None, wait_s: float | None) -> None:
    """Whole seconds or a date; a date that has passed asks for nothing, and nonsense says nothing."""
    assert retry_after_s(text, AT) == wait_s
