"""A stride: reached at exactly its length, whatever binary fractions make of the numbers."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.stride import Stride

PRICES = st.decimals("0.01", "200000", places=2)
SHARES = st.sampled_from([Decimal(it) for it in ("0.01", "0.025", "0.05", "0.1", "0.5")])


@given(PRICES, SHARES)
def test_a_stride_is_reached_at_exactly_its_length(price: Decimal, share: Decimal) -> None:
    """5 % from 1.07 is 1.1235; the nearest double of the product lies above it."""
    stride = Stride(float(share), float(share))
    for edge in (price * (1 + share), price * (1 - share)):
        assert stride.reached(float(price), float(edge))
    inside = share * Decimal("0.999")
    for value in (price * (1 + inside), price * (1 - inside)):
        assert not stride.reached(float(price), float(value))


@pytest.mark.parametrize(("value", "reached"), [(0.0, False), (0.01, True), (-3.0, True)])
def test_zero_is_no_percentage_away_from_itself(value: float, reached: bool) -> None:
    """A value that stays at zero was told at each quote."""
    assert Stride(0.05, 0.05).reached(0.0, value) is reached
