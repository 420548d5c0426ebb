"""Splits in a company file: dated, sourced, and the right way round (row A10)."""

from __future__ import annotations

import pytest

from monitor.core.clock import parse_iso
from tests.unit.monitor.books.test_sections import parsed, problems_of

LINE = "corporate_actions:\n  - {{kind: {}, ratio: '{}', effective: {}, source: q1}}\n"


def test_a_split_is_read() -> None:
    """One that is announced for a day to come is one too."""
    company = parsed(LINE.format("reverse_split", "1:10", "2027-01-05"))
    (action,) = company.corporate_actions
    assert (action.price_factor, action.date) == (10.0, parse_iso("2027-01-05"))
    assert str(action) == "1-for-10 reverse split of 2027-01-05"
    assert action.source == "https://example.org/q1"


@pytest.mark.parametrize(
    ("kind", "ratio", "day", "words"),
    [
        ("reverse_split", "10:1", "2026-01-05", "are no reverse split"),
        ("split", "1:10", "2026-01-05", "are no split"),
        ("split", "2:2", "2026-01-05", "are no split"),
        ("split", "0:1", "2026-01-05", "ratio"),
        ("merger", "2:1", "2026-01-05", "merger"),
    ],
)
def test_a_mistake_is_named(kind: str, ratio: str, day: str, words: str) -> None:
    """A split the wrong way round would put every level off by its square."""
    assert words in problems_of(LINE.format(kind, ratio, day))


def test_two_of_one_day_are_refused() -> None:
    """One entry with the whole ratio says it."""
    line = LINE.format("split", "2:1", "2026-01-05")
    assert "two on 2026-01-05" in problems_of(line + line.split("\n", 1)[1])
