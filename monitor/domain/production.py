"""Coins a mine should have made, block luck, and exact sums of satoshi.

Formulas and worked numbers: docs/formulas.md 4.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

import numpy as np

from monitor.domain.units import PH_PER_EH, SAT_PER_BTC, Values

_Z_95 = 1.959963984540054  # standard normal quantile of 97.5 %


def expected_btc(
    hashprices_btc_ph_day: Iterable[float | None], hashrate_eh_s: float, pool_fee_ratio: float = 0.0
) -> float | None:
    """Return the BTC that a window of days should bring: the sum over its days (4).

    One hashprice per day; `hashrate_eh_s` is the *average operating* one, with uptime in it
    already. A day whose hashprice is unknown (None) makes the sum unknown. With no fee the result
    is before the pool's share.
    """
    total = 0.0
    for hashprice in hashprices_btc_ph_day:
        if hashprice is None:
            return None
        total += hashprice
    return total * hashrate_eh_s * PH_PER_EH * (1 - pool_fee_ratio)


def luck_range_ratio(blocks: Values) -> tuple[Values, Values]:
    """Return how far luck takes an own pool off `blocks` expected ones: 95 %, as shares of them.

    The Poisson interval of Garwood, half the chi-square quantiles of 2n and 2n + 2 degrees, by the
    approximation of Wilson and Hilferty: within 0.2 % of the exact one from 10 blocks on. The
    relative standard deviation is 1 / sqrt(blocks).
    """
    low = blocks * _cubed_quantile(blocks, -_Z_95)
    high = (blocks + 1) * _cubed_quantile(blocks + 1, _Z_95)
    return low / blocks, high / blocks


def _cubed_quantile(blocks: Values, z: float) -> Values:
    """Return a chi-square quantile of 2 x `blocks` degrees, as a share of its mean."""
    spread = 1 / (9 * blocks)
    share: Values = np.maximum(1 - spread + z * np.sqrt(spread), 0.0)
    return share * share * share


def satoshi(btc: Decimal) -> int:
    """Return an amount of BTC in whole satoshi, exactly.

    Raises:
        ValueError: the amount is not finite, or finer than a satoshi.

    """
    # a fraction, since a product of decimals is rounded to the digits of its context
    exact = Fraction(btc) * SAT_PER_BTC if btc.is_finite() else None
    if exact is None or exact.denominator != 1:
        raise ValueError(f"{btc} BTC is no whole number of satoshi")
    return exact.numerator


def sum_satoshi(amounts_btc: Iterable[Decimal]) -> int:
    """Return the sum of amounts of BTC in satoshi: exact, in any order.

    Raises:
        ValueError: an amount is not finite, or finer than a satoshi.

    """
    return sum(satoshi(amount) for amount in amounts_btc)
