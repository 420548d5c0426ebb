"""Counts as people say them."""

from __future__ import annotations

import pytest

from monitor.cli.feed_streams import named
from monitor.core.plurals import counted


@pytest.mark.parametrize(
    ("count", "words", "said"),
    [
        (1, ("alert",), "1 alert"),
        (0, ("alert",), "0 alerts"),
        (2_000, ("alert",), "2,000 alerts"),
        (2, ("company", "companies"), "2 companies"),
        (1, ("company", "companies"), "1 company"),
    ],
)
def test_one_is_no_plural(count: int, words: tuple[str, ...], said: str) -> None:
    """Only one is said in the singular."""
    assert counted(count, *words) == said


def test_a_feed_is_named_once() -> None:
    """Most messages begin with the feed's name; others get it."""
    assert named("kraken", "kraken: the answer is too large") == "kraken: the answer is too large"
    assert named("kraken", "no answer") == "kraken: no answer"
    assert named("kraken", "kraken: closed", " stream") == "kraken stream: closed"
