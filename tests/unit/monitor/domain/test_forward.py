"""Forward hashprice: epochs and halvings to come, by hand and against a count of every block."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.forward import Outlook, forward_hashprice_btc_ph_day, stretches
from monitor.domain.network import (
    EPOCH_BLOCKS,
    hashprice_btc_ph_day,
    next_halving_height,
    subsidy_btc,
)

DAY_S = 86_400
DIFFICULTY = 146_472_570_620_000.0
FEES = 233_828_005 / 144 / 1e8
REF = Outlook(931_995, DIFFICULTY, FEES, -0.0328, 0.02)

outlooks = st.builds(
    Outlook,
    st.integers(0, 2_000_000),
    st.floats(1, 1e15),
    st.floats(0, 5),
    st.floats(-0.5, 1),
    st.floats(-0.5, 1),
)
horizons_s = st.floats(60, 200 * DAY_S)


def block_by_block(outlook: Outlook, horizon_s: float) -> float:
    """Return the mean hashprice by walking over each block to come: the definition, slowly."""
    height, difficulty, change = outlook.height, outlook.difficulty, outlook.change_ratio
    left_s, earned = horizon_s, 0.0
    while left_s > 0:
        seconds = min(left_s, 600 / (1 + change))
        subsidy = subsidy_btc(height)
        fees = outlook.fees_btc_per_block
        earned += seconds * hashprice_btc_ph_day(subsidy, fees, difficulty)
        left_s -= seconds
        height += 1
        if height % EPOCH_BLOCKS == 0:
            difficulty *= 1 + change
            change = outlook.growth_ratio
    return earned / horizon_s


def test_thirty_days_by_hand() -> None:
    """2.4 at Ref: 10.145 days at today's difficulty, 13.725 at D', the rest at 1.02 D'."""
    now = hashprice_btc_ph_day(3.125, FEES, DIFFICULTY)
    next_epoch = now / (1 - 0.0328)
    first_days = 1_413 * 600 / (1 - 0.0328) / DAY_S
    second_days = 2_016 * 600 / 1.02 / DAY_S
    last_days = 30 - first_days - second_days
    expected = (first_days * now + second_days * next_epoch + last_days * next_epoch / 1.02) / 30
    assert forward_hashprice_btc_ph_day(REF, 30 * DAY_S) == pytest.approx(expected, rel=1e-12)
    assert [round(part.seconds / DAY_S, 3) for part in stretches(REF, 30 * DAY_S)] == [
        10.145,
        13.725,
        6.129,
    ]


def test_before_the_next_retarget_it_is_the_spot() -> None:
    """2.4: nothing changes inside the running epoch."""
    spot = hashprice_btc_ph_day(3.125, FEES, DIFFICULTY)
    assert forward_hashprice_btc_ph_day(REF, 10 * DAY_S) == pytest.approx(spot, rel=1e-12)


def test_a_halving_multiplies_the_subsidy_only() -> None:
    """2.4: around block 840,000 the subsidy part halves by height, the fees stay."""
    flat = Outlook(840_000 - 144, 88e12, 0.5, 0.0)
    half_before, half_after = (hashprice_btc_ph_day(s, 0.5, 88e12) for s in (6.25, 3.125))
    two_days = forward_hashprice_btc_ph_day(flat, 2 * DAY_S)
    assert two_days == pytest.approx((half_before + half_after) / 2, rel=1e-12)
    assert [part.subsidy_btc for part in stretches(flat, 2 * DAY_S)] == [6.25, 3.125]


@pytest.mark.parametrize(
    ("height", "difficulty", "change", "growth"),
    [(-1, 1.0, 0.0, 0.0), (1, 0.0, 0.0, 0.0), (1, 1.0, -0.8, 0.0), (1, 1.0, 0.0, 3.1)],
)
def test_what_no_network_can_do_is_refused(
    height: int, difficulty: float, change: float, growth: float
) -> None:
    """A retarget beyond a factor of four, a negative height, no difficulty."""
    with pytest.raises(ValueError, match=r"no network|consensus"):
        Outlook(height, difficulty, 0.0, change, growth)


@pytest.mark.parametrize("horizon_s", [0.0, -1.0])
def test_a_horizon_is_above_zero(horizon_s: float) -> None:
    """A mean over no time is none."""
    with pytest.raises(ValueError, match="horizon"):
        forward_hashprice_btc_ph_day(REF, horizon_s)


@given(outlooks, horizons_s)
def test_stretches_fill_the_horizon(outlook: Outlook, horizon_s: float) -> None:
    """They add up to the horizon, none is empty, and each holds one subsidy."""
    parts = list(stretches(outlook, horizon_s))
    assert sum(part.seconds for part in parts) == pytest.approx(horizon_s, rel=1e-9)
    assert all(part.seconds > 0 for part in parts)
    assert parts[0].subsidy_btc == subsidy_btc(outlook.height)
    assert parts[0].difficulty == outlook.difficulty


@given(outlooks, st.floats(60, 40 * DAY_S))
def test_the_mean_equals_a_walk_over_every_block(outlook: Outlook, horizon_s: float) -> None:
    """The stretches are a short way to write the same sum."""
    expected = block_by_block(outlook, horizon_s)
    assert forward_hashprice_btc_ph_day(outlook, horizon_s) == pytest.approx(expected, rel=1e-8)


@given(outlooks, horizons_s, st.floats(0, 0.2), st.floats(0.001, 0.2))
def test_more_growth_never_pays_more(
    outlook: Outlook, horizon_s: float, growth: float, more: float
) -> None:
    """Far from a halving, faster growth of difficulty lowers the mean or leaves it."""
    far = next_halving_height(outlook.height) - 100_000
    slow, fast = (
        replace(outlook, height=far, change_ratio=0.0, growth_ratio=ratio)
        for ratio in (growth, growth + more)
    )
    slowly = forward_hashprice_btc_ph_day(slow, horizon_s)
    assert forward_hashprice_btc_ph_day(fast, horizon_s) <= slowly * (1 + 1e-12)
