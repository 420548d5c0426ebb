"""Funding rates in one unit, and what held for a day."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.funding import (
    DAY_MS,
    HOUR_MS,
    Settled,
    UnevenHistoryError,
    held_over_a_day,
    past_held,
    past_rates,
    per_eight_hours,
)

NOON = 1_768_219_200_000
RATES = st.decimals("-0.02", "0.02", places=8, allow_nan=False)


def settled(rates: list[str], hours: int = 8, last: int = NOON) -> list[Settled]:
    """Return settlements every `hours`, the last one at `last`."""
    count = len(rates)
    return [
        Settled(last - (count - 1 - place) * hours * HOUR_MS, Decimal(rate))
        for place, rate in enumerate(rates)
    ]


@pytest.mark.parametrize(
    ("rate", "hours", "value"),
    [
        ("0.001", 8, "0.001"),
        ("0.000125", 1, "0.001"),  # an hour of it is an eighth (row L07)
        ("0.0005", 4, "0.001"),
        ("-0.0000015186", 1, "-0.0000121488"),
        ("0", 8, "0"),
    ],
)
def test_a_rate_is_turned_to_eight_hours(rate: str, hours: int, value: str) -> None:
    """Rates of any interval compare as fractions for each eight hours."""
    assert per_eight_hours(Decimal(rate), hours * HOUR_MS) == Decimal(value)


@pytest.mark.parametrize("interval_ms", [0, -HOUR_MS, DAY_MS + 1])
def test_no_interval_is_no_rate(interval_ms: int) -> None:
    """Nothing is divided by zero, and no week passes for an interval."""
    with pytest.raises(ValueError, match="no funding interval"):
        per_eight_hours(Decimal("0.001"), interval_ms)


def test_three_periods_of_a_tenth_of_a_percent_hold() -> None:
    """Three settlements of 0.1 % are 0.1 %, and two of them are not (row L07)."""
    three = settled(["0.0001", "0.001", "0.0012", "0.001"])
    assert held_over_a_day(three, NOON) == Decimal("0.001")
    two = settled(["0.0001", "0.0001", "0.0012", "0.001"])
    assert held_over_a_day(two, NOON) == Decimal("0.0001")


def test_hourly_settlements_are_read_as_the_same_day() -> None:
    """Twenty-four hours of 0.0125 % each are three periods of 0.1 % (row L07)."""
    assert held_over_a_day(settled(["0.000125"] * 25, hours=1), NOON) == Decimal("0.001")


def test_a_changed_interval_is_read_right() -> None:
    """A venue that goes over to four hours in the middle of the day is compared all the same."""
    before = settled(["0.001", "0.001"], last=NOON - 16 * HOUR_MS)
    after = settled(["0.0005"] * 4, hours=4)
    assert held_over_a_day([*before, *after], NOON) == Decimal("0.0005") * 8 / 4


def test_signs_that_differ_hold_nothing() -> None:
    """Longs who pay and then are paid: zero; always paid: the rate nearest to it."""
    assert held_over_a_day(settled(["0", "0.001", "-0.001", "0.001"]), NOON) == 0
    assert held_over_a_day(settled(["0", "-0.002", "-0.001", "-0.003"]), NOON) == Decimal("-0.001")


@pytest.mark.parametrize(
    ("rows", "now", "why"),
    [
        ([], NOON, "make no period"),
        (settled(["0.001"]), NOON, "make no period"),
        (settled(["0.001"] * 3), NOON, "do not reach back"),
        (settled(["0.001"] * 4), NOON + 9 * HOUR_MS + 1, "older than a period"),
        (settled(["0.001", "0.001"], hours=48), NOON, "no funding interval"),
        ([*settled(["0.001"] * 4), Settled(NOON, Decimal("0.002"))], NOON, "no funding interval"),
    ],
)
def test_a_history_with_a_hole_says_nothing(rows: list[Settled], now: int, why: str) -> None:
    """Too short, too old, or with two rates of one moment: an error, no number."""
    with pytest.raises(UnevenHistoryError, match=why):
        held_over_a_day(rows, now)


@given(st.lists(RATES, min_size=4, max_size=9), st.permutations(range(4)))
def test_the_order_of_the_rows_does_not_matter(rates: list[Decimal], order: list[int]) -> None:
    """Venues list the newest first or last; what held is never farther from zero than any rate."""
    rows = settled([str(rate) for rate in rates])
    held = held_over_a_day(rows, NOON)
    assert held == held_over_a_day([*(rows[place] for place in order), *rows[4:]], NOON)
    assert all(abs(held) <= abs(row.rate) for row in rows[-3:])


def test_a_past_of_settlements_is_told_as_it_was_seen_then() -> None:
    """Each rate by the time since the one before; what was held needs a whole day before it."""
    rows = [Settled(NOON + n * 4 * HOUR_MS, Decimal(n + 1) / 10_000) for n in range(8)]
    rates = past_rates(reversed(rows))
    assert rates[0] == Settled(rows[1].at, Decimal("0.0004"))
    assert [row.at for row in rates] == [row.at for row in rows[1:]]
    held = past_held(rows)
    assert [row.at for row in held] == [rows[6].at, rows[7].at]
    assert held[0].rate == Decimal("0.0004")  # the least of the six intervals before
    for row in held:
        assert row.rate == held_over_a_day([it for it in rows if it.at <= row.at], row.at)


def test_a_gap_in_a_past_is_left_out() -> None:
    """Two settlements two days apart are no interval."""
    rows = [Settled(NOON, Decimal(1)), Settled(NOON + 2 * DAY_MS, Decimal(1))]
    assert past_rates(rows) == past_held(rows) == []
