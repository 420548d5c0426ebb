"""Hashprice and margin after the coming retarget, against the same computed anew."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.calculating import reason_of, value_of

mines = st.fixed_dictionaries(
    {
        "difficulty": st.floats(1e6, 1e15),
        "efficiency_j_th": st.floats(5, 150),
        "power_price_usd_kwh": st.floats(0.001, 0.5),
        "pool_fee_ratio": st.floats(0, 0.2),
    }
)


@given(mines, st.floats(-0.5, 1))
def test_the_next_epoch_is_the_margin_at_the_next_difficulty(
    mine: dict[str, float], change: float
) -> None:
    """Features B07: looking ahead equals computing anew with D (1 + change)."""
    network = {"height": 931_995, "fees_btc_per_block": 0.05, "btc_usd": 91_132.0}
    now = mine | network
    then = now | {"difficulty": now["difficulty"] * (1 + change)}
    ahead = value_of("next_epoch_margin_usd_ph_day", now | {"retarget_change_ratio": change})
    assert ahead == pytest.approx(value_of("mining_margin_usd_ph_day", then), rel=1e-9, abs=1e-9)


def test_the_next_epoch_knows_a_halving_before_it() -> None:
    """2.4 and B08: 672 blocks before the retarget the subsidy halves; hashprice follows it."""
    here = {"difficulty": 86e12, "fees_btc_per_block": 0.5, "retarget_change_ratio": 0.02}
    ahead = value_of("next_epoch_hashprice_btc_ph_day", here | {"height": 839_000})
    then = {"difficulty": 86e12 * 1.02, "fees_btc_per_block": 0.5, "height": 840_672}
    assert ahead == pytest.approx(value_of("hashprice_btc_ph_day", then), rel=1e-12)


@pytest.mark.parametrize("growth", [-0.76, 3.01])
def test_growth_beyond_consensus_is_refused(growth: float) -> None:
    """2.4: a retarget moves difficulty by a factor of four at most."""
    numbers = {
        "height": 931_995,
        "difficulty": 146e12,
        "fees_btc_per_block": 0.016,
        "retarget_change_ratio": 0.0,
        "btc_usd": 91_132,
        "difficulty_growth_ratio": growth,
    }
    assert reason_of("forward_90d_hashprice_usd_ph_day", numbers) == "invalid_change"
