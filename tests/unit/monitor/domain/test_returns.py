"""Monthly returns: last close over last close, and nothing where one is missing (row L29)."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest

from monitor.domain.returns import monthly_returns, yearly_returns

FILE = Path(__file__).resolve().parents[5] / "shared" / "data" / "btc_price_daily.csv"


def closes(start: date, *values: float) -> dict[date, float]:
    """Return one close a day."""
    return {start + timedelta(days=place): value for place, value in enumerate(values)}


def test_two_months_and_a_third_so_far() -> None:
    """The first has no month before it; the last is the return so far."""
    days = closes(date(2025, 1, 1), *[100.0] * 31, *[110.0] * 28, *[99.0] * 5)
    found = [(item.month, item.ratio, item.whole) for item in monthly_returns(days)]
    assert found == [
        (1, None, True),
        (2, pytest.approx(0.1), True),
        (3, pytest.approx(-0.1), False),
    ]


def test_a_gap_at_the_end_of_a_month_is_no_return() -> None:
    """Without the end of February neither February nor March can be told."""
    days = closes(date(2025, 1, 1), *[100.0] * 40)
    days |= closes(date(2025, 3, 1), *[120.0] * 61)
    found = {item.month: item.ratio for item in monthly_returns(days)}
    assert found == {1: None, 2: None, 3: None, 4: pytest.approx(0.0)}


def test_years() -> None:
    """December over December; the running year so far, the first none."""
    days = closes(date(2024, 12, 1), *[100.0] * 31, *[150.0] * 365, *[120.0] * 10)
    years = yearly_returns(monthly_returns(days))
    assert years == {2024: None, 2025: pytest.approx(0.5), 2026: pytest.approx(-0.2)}


def test_nothing_gives_nothing() -> None:
    """No close, no month."""
    assert monthly_returns({}) == []
    assert yearly_returns([]) == {}


@pytest.mark.skipif(not FILE.exists(), reason="the reference history is not at hand")
def test_the_months_of_the_reference_history() -> None:
    """2024 and 2025 as worked out apart from this code, in percent."""
    with FILE.open(encoding="utf-8") as file:
        days = {date.fromisoformat(r["date"]): float(r["close"]) for r in csv.DictReader(file)}
    months = monthly_returns(days)
    found = {
        year: [
            round(item.ratio * 100, 2)
            for item in months
            if item.year == year and item.ratio is not None
        ]
        for year in (2024, 2025)
    }
    assert found == {
        2024: [0.88, 44.15, 16.02, -14.87, 11.12, -6.85, 3.07, -8.86, 7.29, 11.23, 37.09, -3.19],
        2025: [9.5, -17.62, -2.12, 14.28, 11.11, 2.33, 8.11, -6.5, 5.22, -3.88, -17.29, -3.41],
    }
