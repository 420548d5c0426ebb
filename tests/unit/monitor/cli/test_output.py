"""Answers as CSV: one header, one row a record, nothing made up for what is unknown."""

from __future__ import annotations

import csv
import io

from monitor.cli.output import as_csv


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
