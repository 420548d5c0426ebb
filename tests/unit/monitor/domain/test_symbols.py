"""An instrument's name says what it is, and so how long a word on it holds."""

from __future__ import annotations

import pytest

from alerts.topics import MAX_LEVEL_BYTES
from monitor.domain.symbols import MAX_ESCAPED, Kind, Symbol, is_name, rate_name, symbol_of

SHARES = {"HIVE", "RIOT", "BRK-B"}


@pytest.mark.parametrize(
    ("name", "kind", "ticker", "currency"),
    [
        ("BTC-USD", Kind.PAIR, "", ""),
        ("GPU-H100-HOUR", Kind.PAIR, "", ""),
        ("RIOT", Kind.SHARE, "RIOT", "USD"),
        ("BRK-B", Kind.SHARE, "BRK-B", "USD"),
        ("RIOT.previous_close_usd", Kind.SHARE, "RIOT", "USD"),
        ("HIVE-CAD", Kind.LISTING, "HIVE", "CAD"),
        ("DOGE-CAD", Kind.PAIR, "", ""),
        ("USD-CAD", Kind.RATE, "", "CAD"),
        ("network.difficulty", Kind.NETWORK, "", ""),
        ("RIOT.power_price_usd_kwh", Kind.FIGURE, "RIOT", ""),
        ("NOBODY", Kind.PAIR, "", ""),
    ],
)
def test_a_name_says_its_kind(name: str, kind: Kind, ticker: str, currency: str) -> None:
    """Shares and their listings abroad are told by the tickers of the books alone."""
    assert symbol_of(name, SHARES) == Symbol(name, kind, ticker, currency)


def test_a_close_before_today_holds_for_a_session() -> None:
    """A price is old after a quarter of an hour; what it is compared with is not."""
    price, before = (symbol_of(name, SHARES) for name in ("RIOT", "RIOT.previous_close_usd"))
    assert (price.fresh_ms, before.fresh_ms) == (15 * 60_000, 390 * 60_000)


def test_only_shares_grow_old_in_session_time() -> None:
    """A closed exchange makes a share no older; a rate and a pair go on."""
    assert {kind for kind in Kind if kind.in_sessions} == {Kind.SHARE, Kind.LISTING}
    assert rate_name("CAD") == "USD-CAD"


def test_what_may_name_an_instrument() -> None:
    """A name is one level of a topic, which may be as long as the contract of topics says."""
    assert all(map(is_name, ("X", "BTC-USD", "RIOT.previous_close_usd", "A B", "é" * 33)))
    assert not any(map(is_name, ("", "a|b", "#", "GPU/+", "a/b", "a\tb", "\ud800", "X" * 101)))
    assert is_name("é" * (MAX_ESCAPED // 6))
    assert not is_name("é" * (MAX_ESCAPED // 6 + 1))
    assert MAX_ESCAPED == MAX_LEVEL_BYTES
