"""A symbol is read before it is asked for: what is no spot is never taken for it (row A26)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.books import load_companies
from monitor.domain.identity import FUNDS, Nature, found_nature, mismatch

SHARES = frozenset({"CAN", "HIVE", "HUT", "MARA", "RIOT"})


@pytest.mark.parametrize(
    ("instrument", "symbol", "usual", "found", "right"),
    [
        ("BTC-USD", "PI_XBTUSD", "XBTUSD", Nature.PERPETUAL, "BTC-USD: XBTUSD"),
        ("BTC-USD", "PF_XBTUSD", "XBTUSD", Nature.PERPETUAL, "BTC-USD: XBTUSD"),
        ("BTC-USDT", "BTC-USDT-SWAP", "", Nature.PERPETUAL, "BTC-USDT: BTC-USDT"),
        ("BTC-USD", "BTC-PERP-INTX", "BTC-USD", Nature.PERPETUAL, "BTC-USD: BTC-USD"),
        ("BTC-USD", "BTC-PERPETUAL", "", Nature.PERPETUAL, "BTC-USD: BTC-USD"),
        ("BTC-USD", "btcusd-perp", "btcusd", Nature.PERPETUAL, "BTC-USD: btcusd"),
        ("BTC-USD", "BTCGUSDPERP", "", Nature.PERPETUAL, "BTC-USD: BTCUSD"),
        ("BTC-USDT", "BTCUSDT_PERP", "", Nature.PERPETUAL, "BTC-USDT: BTCUSDT"),
        ("BTC-USDT", "BTCUSDT.P", "", Nature.PERPETUAL, "BTC-USDT: BTCUSDT"),
        ("BTC-USDT", "tBTCF0:USTF0", "", Nature.PERPETUAL, "BTC-USDT: tBTCUST"),
        ("BTC-USDT", "BTC/USDT:USDT", "", Nature.PERPETUAL, "BTC-USDT: BTCUSDT"),
        ("BTC-USD", "BTC-USD-240628", "", Nature.FUTURE, "BTC-USD: BTC-USD"),
        ("BTC-USD", "FI_XBTUSD_240628", "XBTUSD", Nature.FUTURE, "BTC-USD: XBTUSD"),
        ("BTC-USD", "BTC-27DEC24", "", Nature.FUTURE, "BTC-USD: BTC-USD"),
        ("BTC-USD", "IBIT", "", Nature.ETF, "BTC-USD: BTCUSD"),
        ("MARA", "MRAL", "", Nature.ETF, "MARA: MARA"),
        ("HUT", "HUT.TO", "", Nature.FOREIGN, "HUT: HUT`, or quote this one as `HUT-CAD"),
        ("HUT-CAD", "HUT", "", Nature.SHARE, "such as `HUT.TO"),
        ("RIOT", "MARA", "", Nature.OTHER, "RIOT: RIOT"),
        ("RIOT", "CAN", "", Nature.ADR, "RIOT: RIOT"),
        ("BTC-USD", "MARA", "", Nature.SHARE, "BTC-USD: BTCUSD"),
    ],
)
def test_another_kind_is_named_with_the_right_symbol(
    instrument: str, symbol: str, usual: str, found: Nature, right: str
) -> None:
    """Each venue's habit for what is no spot, and what to write in its place."""
    wrong = mismatch(instrument, symbol, SHARES, {instrument: usual} if usual else {})
    assert wrong is not None
    assert wrong.found is found
    assert f"`{right}`" in wrong.mend or right in wrong.mend


@pytest.mark.parametrize(
    ("instrument", "symbol"),
    [
        ("BTC-USD", "XBTUSD"),
        ("BTC-USD", "XXBTZUSD"),
        ("BTC-USD", "BTC-USD"),
        ("BTC-USD", "btcusd"),
        ("BTC-USD", "tBTCUSD"),
        ("BTC-USD", "BTC/USD"),
        ("BTC-USDT", "BTC_USDT"),
        ("USDC-USD", "USDCUSD"),
        ("BTC-PERP", "PI_XBTUSD"),
        ("RIOT", "RIOT"),
        ("CAN", "CAN"),
        ("HUT-CAD", "HUT.TO"),
        ("network.height", "/api/blocks/tip/height"),
    ],
)
def test_what_is_meant_passes(instrument: str, symbol: str) -> None:
    """Spot in every venue's spelling, a share by its ticker, a perpetual by that name."""
    assert mismatch(instrument, symbol, SHARES, {}) is None


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_text_breaks_it(instrument: str, symbol: str) -> None:
    """Whatever a person writes, the answer is a mismatch with a mend, or none."""
    wrong = mismatch(instrument, symbol, SHARES, {})
    assert wrong is None or wrong.mend


def test_no_ticker_of_the_books_is_a_fund() -> None:
    """A company of ours must not be refused as somebody's fund."""
    tickers = set(load_companies(4_000_000_000_000))
    assert not tickers & FUNDS
    assert {found_nature(ticker) for ticker in tickers} <= {None, Nature.ADR}
