"""What a person writes into a watch list, and what of it is something (row L35)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.watchlist import Recognised, recognised, words_of

TICKERS = {"RIOT": "RIOT", "KEEL": "KEEL", "BITF": "KEEL"}
INSTRUMENTS = frozenset({"BTC-USD", "network.difficulty"})


def test_tickers_old_and_new_instruments_and_charts_spelling() -> None:
    """A former ticker finds its company; an exchange before the colon is left out; each once."""
    found = recognised(
        ["NASDAQ:RIOT", "riot", "BITF", "BTC-USD", "network.difficulty", "GPU-H100-HOUR", "RIOTT"],
        TICKERS,
        INSTRUMENTS,
    )
    assert found == Recognised(
        ("RIOT", "KEEL", "BTC-USD", "network.difficulty", "GPU-H100-HOUR"),
        ("GPU-H100-HOUR",),
        ("RIOTT",),
    )


def test_a_plain_list() -> None:
    """One a line or parted by commas, remarks left out."""
    text = "# mine\nRIOT, HUT\n\nNASDAQ:CORZ;BTC-USD  # and bitcoin\n"
    assert words_of(text) == ["RIOT", "HUT", "NASDAQ:CORZ", "BTC-USD"]


@given(st.text(max_size=200))
def test_every_word_is_told_of(text: str) -> None:
    """Nothing that a person wrote is lost without a word."""
    words = words_of(text)
    found = recognised(words, TICKERS, INSTRUMENTS)
    assert bool(words) is bool(found.symbols or found.unknown)
