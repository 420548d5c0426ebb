"""Answers as CSV: one header, one row a record, nothing made up for what is unknown."""

from __future__ import annotations

import csv
import io

import pytest

from monitor.cli.output import age, as_csv, number, short


def rows(text: str) -> list[dict[str, str]]:
    """Return what a reader of CSV finds."""
    return list(csv.DictReader(io.StringIO(text)))


def test_a_list_of_records_has_a_column_for_each_name() -> None:
    """A record without a field has it empty; an unknown is empty too, never 0."""
    data = [{"ticker": "RIOT", "value": 0.5}, {"ticker": "HUT", "value": None, "why": "stale"}]
    assert rows(as_csv(data)) == [
        {"ticker": "RIOT", "value": "0.5", "why": ""},
        {"ticker": "HUT", "value": "", "why": "stale"},
    ]


def test_an_answer_around_one_list_gives_that_list() -> None:
    """What `--output json` nests in an object is found; other fields are for JSON."""
    data = {"as_of": "2026-01-12", "rows": [{"a": 1}, {"a": 2}], "none": []}
    assert rows(as_csv(data)) == [{"a": "1"}, {"a": "2"}]


def test_anything_else_is_one_row() -> None:
    """Nested values stand there as JSON, text with commas in quotes."""
    data = {"metric": "a, b", "inputs": {"x": 1}, "list": [1, 2]}
    assert rows(as_csv(data)) == [{"metric": "a, b", "inputs": '{"x": 1}', "list": "[1, 2]"}]


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (1.4647e14, "difficulty", "146.5 T"),
        (1_854_501_301, "USD", "1.855 B"),
        (-38_960_000, "USD/year", "-38.96 M"),
        (836_400, "USD/day", "836,400"),
        (0.451, "ratio", "45.1 %"),
        (0.0123, "ratio", "1.23 %"),
        (-0.0005, "ratio", "-0.05 %"),
        (0.09994, "ratio", "9.99 %"),
        (0.099996, "ratio", "10.0 %"),
        (4.389, "x", "4.39x"),
        (2_000_000.0, "x", "2,000,000.00x"),
        (2.0, "rank", "2"),
    ],
)
def test_a_large_number_has_a_letter(value: float, unit: str, words: str) -> None:
    """From a million on in four digits; a ratio in percent, a rank without decimals."""
    assert short(value, unit) == words


def test_a_count_has_no_parts() -> None:
    """Graphics processors and ranks are whole; a price keeps its cents."""
    assert (number(4_300, "count"), number(52.5, "USD/PH/day")) == ("4,300", "52.50")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "-"), (5, "5 s"), (119.9, "120 s"), (120, "2 min"), (7_200, "2 h"), (200_000, "2 d")],
)
def test_an_age_is_told_in_whole_units(seconds: float | None, words: str) -> None:
    """Seconds up to two minutes, then minutes, hours, days; unknown is a dash."""
    assert age(seconds) == words
