"""Expected production, block luck and exact satoshi (docs/formulas.md 4 and 0)."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.production import expected_btc, luck_range_ratio, satoshi, sum_satoshi
from monitor.domain.quantiles import chi_square_quantile

HASHPRICE = 0.0004314181657


def test_a_day_at_the_reference_point() -> None:
    """4: 20 EH/s at 93 % uptime, pool fee 0.5 %: 7.984 BTC a day."""
    day = expected_btc([HASHPRICE], 18.6, 0.005)
    assert day is not None
    assert round(day, 3) == 7.984


def test_a_window_is_the_sum_of_its_days() -> None:
    """4: each day counts at its own hashprice; without a fee the pool's share is still in it."""
    assert expected_btc([0.0004, 0.0005, 0.0006], 10.0) == pytest.approx(15.0)
    assert expected_btc([], 10.0) == 0.0


def test_an_unknown_day_makes_the_window_unknown() -> None:
    """0: null in any required input gives null out, never a smaller sum."""
    assert expected_btc([0.0004, None, 0.0006], 10.0) is None


@given(st.lists(st.floats(1e-7, 1e-2), max_size=40), st.floats(0, 500), st.floats(0, 0.5))
def test_expected_production_scales(
    hashprices: list[float], hashrate_eh_s: float, pool_fee_ratio: float
) -> None:
    """Twice the hashrate makes twice the coins; the pool's fee is its share of them."""
    whole = expected_btc(hashprices, hashrate_eh_s)
    doubled = expected_btc(hashprices, 2 * hashrate_eh_s)
    kept = expected_btc(hashprices, hashrate_eh_s, pool_fee_ratio)
    assert whole is not None
    assert doubled == pytest.approx(2 * whole)
    assert kept == pytest.approx(whole * (1 - pool_fee_ratio))


def garwood(blocks: float) -> tuple[float, float]:
    """Return the exact interval, from the chi-square quantiles themselves."""
    low = chi_square_quantile(0.025, 2 * blocks) / 2
    high = chi_square_quantile(0.975, 2 * blocks + 2) / 2
    return low / blocks, high / blocks


def test_luck_of_201_blocks() -> None:
    """4, MARA July 2024: 7 % is one standard deviation, so 95 % lie within -13.3 and +14.8 %."""
    low, high = luck_range_ratio(201.0)
    assert round(1 / math.sqrt(201), 2) == 0.07
    assert (round(low, 3), round(high, 3)) == (0.867, 1.148)


@pytest.mark.parametrize("blocks", [10, 76.6, 201, 666, 4_320])
def test_the_interval_is_the_poisson_one(blocks: float) -> None:
    """Within 0.2 % of the exact interval from 10 blocks on."""
    assert luck_range_ratio(float(blocks)) == pytest.approx(garwood(blocks), rel=2e-3)


@given(st.lists(st.floats(0.1, 1e5), min_size=1, max_size=8))
def test_luck_holds_one_and_narrows(blocks: list[float]) -> None:
    """The interval is around 1, narrower with more blocks, and one formula serves arrays."""
    low, high = luck_range_ratio(np.array(blocks))
    assert ((low >= 0) & (low < 1) & (high > 1)).all()
    more_low, more_high = luck_range_ratio(2 * np.array(blocks))
    assert ((more_low >= low) & (more_high < high)).all()
    assert [luck_range_ratio(n)[1] for n in blocks] == pytest.approx(high.tolist(), rel=1e-12)


def test_a_tenth_and_two_tenths_are_three_tenths() -> None:
    """Features B21: 0.1 + 0.2 BTC are 30,000,000 sat, which floats miss."""
    assert 0.1 + 0.2 != 0.3
    assert sum_satoshi([Decimal("0.1"), Decimal("0.2")]) == 30_000_000 == satoshi(Decimal("0.3"))


def test_a_day_of_subsidies_sums_exactly() -> None:
    """144 subsidies and fees of any size keep their last satoshi."""
    fees = [Decimal(n).scaleb(-8) for n in range(1, 145)]
    assert sum_satoshi([*fees, *[Decimal("3.125")] * 144]) == 144 * 312_500_000 + 144 * 145 // 2


@pytest.mark.parametrize(
    "amount", ["0.000000001", "NaN", "Infinity", "20999999.000000010000000000000000001"]
)
def test_what_is_no_satoshi_is_refused(amount: str) -> None:
    """An amount finer than a satoshi is a slip; no digit is rounded away to make it fit."""
    with pytest.raises(ValueError, match="whole number of satoshi"):
        satoshi(Decimal(amount))


@given(st.lists(st.integers(-21 * 10**14, 21 * 10**14), max_size=60))
def test_sums_do_not_depend_on_the_order(amounts: list[int]) -> None:
    """Integer satoshi add up exactly, whichever comes first."""
    coins = [Decimal(amount).scaleb(-8) for amount in amounts]
    assert sum_satoshi(coins) == sum(amounts) == sum_satoshi(sorted(coins))
