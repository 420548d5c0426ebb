"""What `explain alert` says of the condition of a rule."""

from __future__ import annotations

import pytest

from alerts.rules.base import Rule
from monitor.cli.alert_answer import condition
from tests.unit.alerts.test_catalogue import rule


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (rule("change", on="RIOT", over="1h", below=-0.03), "RIOT change over 1h below -0.03"),
        (rule("threshold", on="BTC-USD", above=123_456.5), "BTC-USD above 123456.5"),
        (rule("crossing", on="BTC-USD", up=100_000.0), "BTC-USD: crossing up 100000"),
        (rule("band", on="BTC-USD", outside=(9.5, 10.5)), "BTC-USD: band outside 9.5 to 10.5"),
        (rule("stale", on="BTC-USD", unchanged_for="1h"), "unchanged_for 1h"),
        (rule("expression", on="BTC-USD", when="value > 3"), "value > 3"),
    ],
)
def test_a_condition_says_what_is_made_of_the_value_and_its_level(made: Rule, words: str) -> None:
    """A change rule compares the change, not the price (row D19); a level is said as it was given."""
    assert condition(made).endswith(words)
