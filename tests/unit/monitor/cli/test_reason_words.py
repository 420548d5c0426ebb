"""What a terminal says where there is no number: words, never a code with underscores."""

from __future__ import annotations

import pytest

from alerts.reasons import Reason
from monitor.cli.reason_words import flagged, lacking, said
from monitor.feeds.reasons import Reason as FailureReason
from tests.worlds import CATALOGUE

GUARDED = sorted({guard.reason for metric in CATALOGUE for guard in metric.guards})
OTHERS = sorted(
    {*Reason, *FailureReason, "not_applicable", "same_period", "mixed_period", "no_quote"}
)


@pytest.mark.parametrize("reason", [*GUARDED, *OTHERS])
def test_every_reason_has_words(reason: str) -> None:
    """Only the name of an input, which is to be given or looked up, keeps its underscores."""
    _, _, name = reason.partition(":")
    words = said(reason)
    assert words
    assert "_" not in words.replace(name, "")
    assert name in words


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("missing:power_price_usd_kwh", "missing power_price_usd_kwh"),
        ("negative:btc_held", "btc_held is below 0"),
        ("no_loss", "no loss"),
        ("same_period", "nothing was filed since"),
        ("outside_window", "outside window"),
        ("", ""),
        (None, ""),
    ],
)
def test_a_reason_in_words(reason: str | None, words: str) -> None:
    """What is missing says so, with the name."""
    assert said(reason) == words


def test_what_lacks_is_named_before_the_reason() -> None:
    """All that is missing stands behind the word, not only the first of it."""
    assert lacking(["a_usd", "b_usd"], "missing:a_usd") == "missing a_usd, b_usd"
    assert lacking([], "no_mining") == "no mining"


@pytest.mark.parametrize(
    ("flag", "words"),
    [
        ("mixed_period: a_usd to 2025-03-31", "of different periods: a_usd to 2025-03-31"),
        ("mixed_basis: a_mw gross", "on different bases: a_mw gross"),
        ("basis=installed", "hashrate: installed"),
        ("above_expected", "above what the hashrate could be expected to make"),
        ("outside 95 to 102 %: look", "outside 95 to 102 %: look"),
    ],
)
def test_what_limits_a_value_in_words(flag: str, words: str) -> None:
    """The code gives way, the names of inputs and what is in words already stay."""
    assert flagged(flag) == words
