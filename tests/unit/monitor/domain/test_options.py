"""What an option's name says, the next monthly expiry, max pain."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.clock import parse_iso
from monitor.domain.options import (
    Contract,
    contract,
    is_monthly,
    max_pain_usd,
    next_monthly,
    put_call_ratio,
)

JUNE = parse_iso("2024-06-28T08:00:00Z")


def held(strike: int, open_btc: int, *, is_call: bool = True, at: int = JUNE) -> Contract:
    """Return a contract."""
    return Contract(at, Decimal(strike), is_call, Decimal(open_btc))


def test_a_name_is_taken_apart() -> None:
    """Expiry at 08:00 UTC, strike and kind stand in the name."""
    assert contract("BTC-28JUN24-42000-C", Decimal("364.1")) == Contract(
        JUNE, Decimal(42_000), True, Decimal("364.1")
    )
    assert contract("BTC_USDC-3JAN25-90000-P", Decimal(1)).expires_at == parse_iso(
        "2025-01-03T08:00:00Z"
    )


@pytest.mark.parametrize(
    "name", ["", "BTC-PERPETUAL", "BTC-28JUN24", "BTC-28JUX24-1-C", "BTC-31FEB24-1-C", "28JUN24-1"]
)
def test_no_option_s_name_is_refused(name: str) -> None:
    """Futures, strategies and days that do not exist are no options."""
    with pytest.raises(ValueError, match=r"option|day"):
        contract(name, Decimal(1))


def test_the_last_friday_is_monthly() -> None:
    """Weekly and daily expiries are not."""
    assert is_monthly(JUNE)
    assert not is_monthly(parse_iso("2024-06-21T08:00:00Z"))
    assert not is_monthly(parse_iso("2024-06-29T08:00:00Z"))


def test_the_next_monthly_expiry_is_picked() -> None:
    """Not the nearer weekly one, not the later quarterly, not the past."""
    week, july = parse_iso("2024-06-21T08:00:00Z"), parse_iso("2024-07-26T08:00:00Z")
    every = [held(1, 1, at=at) for at in (week, JUNE, july)]
    assert next_monthly(every, week - 1) == (every[1],)
    assert next_monthly(every, JUNE) == (every[2],)
    assert next_monthly(every, july) == ()


def test_max_pain_is_where_least_is_paid() -> None:
    """By hand: at 100 puts get 10 x 20, at 110 calls 5 x 10 and puts 10 x 10, at 120 calls 5 x 20."""
    book = [held(100, 5), held(120, 10, is_call=False)]
    assert max_pain_usd(book) == 120
    assert max_pain_usd([*book, held(110, 50)]) == 110
    assert max_pain_usd([held(100, 0)]) is None


def test_puts_for_each_call() -> None:
    """Without a call there is no ratio."""
    assert put_call_ratio([held(1, 4), held(2, 3, is_call=False)]) == Decimal("0.75")
    assert put_call_ratio([held(2, 3, is_call=False)]) is None


@given(
    st.lists(st.tuples(st.integers(1, 60), st.integers(0, 50), st.booleans()), max_size=12),
)
def test_no_price_pays_less_than_max_pain(rows: list[tuple[int, int, bool]]) -> None:
    """Neither at a strike nor between two of them."""
    book = [held(strike, amount, is_call=call) for strike, amount, call in rows]
    found = max_pain_usd(book)
    if found is None:
        return

    def paid(price: Decimal) -> Decimal:
        sides = [
            (price - it.strike_usd if it.is_call else it.strike_usd - price, it.open_btc)
            for it in book
        ]
        return sum((max(Decimal(0), gain) * amount for gain, amount in sides), Decimal(0))

    assert all(paid(found) <= paid(Decimal(half) / 2) for half in range(1, 130))
