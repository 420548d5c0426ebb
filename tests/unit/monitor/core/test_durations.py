"""Spans in words for people."""

from __future__ import annotations

import pytest

from monitor.core.durations import duration_ms, span_words


@pytest.mark.parametrize(
    ("span", "words"),
    [
        ("0s", "0 s"),
        ("20s", "20 s"),
        ("59s", "59 s"),
        ("1m", "1 min"),
        ("5m59s", "5 min"),
        ("120m", "2 h"),
        ("1h30m", "1 h 30 min"),
        ("2d", "2 d"),
        ("2d3h4m", "2 d 3 h"),
        ("1d4m", "1 d 4 min"),
    ],
)
def test_a_span_is_said_in_two_units_at_most(span: str, words: str) -> None:
    """Less than a minute is never 0 min."""
    assert span_words(duration_ms(span)) == words
