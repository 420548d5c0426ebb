"""Network formulas against the worked numbers of docs/formulas.md 1 and 2."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.network import (
    EPOCH_TARGET_S,
    estimate_hashrate,
    fee_share_ratio,
    fees_btc_per_block,
    hashprice_btc_ph_day,
    hashprice_change_ratio,
    implied_hashrate_eh_s,
    next_difficulty,
    next_halving_height,
    project_epoch,
    projection_error_ratio,
    retarget_change_ratio,
    subsidy_btc,
    subsidy_sat,
)
from monitor.domain.units import BLOCKS_PER_DAY, convert

# The reference point: 2026-01-12 14:56 UTC, height 931,995 (docs/formulas.md 0).
DIFFICULTY = 146_472_570_620_000.0
HEIGHT = 931_995
FEES = 233_828_005 / 144 / 1e8
BTC_USD = 91_132.0
HASHPRICE_BTC = hashprice_btc_ph_day(subsidy_btc(HEIGHT), FEES, DIFFICULTY)

positive = st.floats(1e-6, 1e18)


def test_implied_hashrate() -> None:
    """1.1: the reference difficulty implies 1,048.4915 EH/s; features section 0: 908.96."""
    assert round(implied_hashrate_eh_s(DIFFICULTY), 4) == 1_048.4915
    assert round(implied_hashrate_eh_s(126.98e12), 2) == 908.96


def test_estimated_hashrate() -> None:
    """1.2: 144 blocks in 91,633 s give 988.61, unbiased 981.75, interval 833.7 to 1,156.5."""
    estimate = estimate_hashrate(144, 144 * DIFFICULTY, 91_633)
    assert round(estimate.eh_s, 2) == 988.61
    assert round(estimate.unbiased_eh_s, 2) == 981.75
    assert round(estimate.low_eh_s, 1) == 833.7
    assert round(estimate.high_eh_s, 1) == 1_156.5
    under_implied = 1 - estimate.eh_s / implied_hashrate_eh_s(DIFFICULTY)
    assert round(under_implied * 100, 1) == 5.7


@pytest.mark.parametrize(("blocks", "percent"), [(144, 8.3), (1_008, 3.1), (2_016, 2.2)])
def test_estimated_hashrate_standard_error(blocks: int, percent: float) -> None:
    """1.2: the relative standard error is 1/sqrt(n)."""
    estimate = estimate_hashrate(blocks, blocks * DIFFICULTY, 600.0 * blocks)
    # 1,008 gives 3.15 %, which the source prints as 3.1
    assert estimate.standard_error_ratio * 100 == pytest.approx(percent, abs=0.051)


def test_estimated_hashrate_equals_the_vendor_formula() -> None:
    """1.2: (blocks/144) x D x 2^32/600 of a whole day is the same number."""
    vendor = 137 / BLOCKS_PER_DAY * implied_hashrate_eh_s(DIFFICULTY)
    ours = estimate_hashrate(137, 137 * DIFFICULTY, 86_400).eh_s
    assert math.isclose(ours, vendor, rel_tol=1e-14)


@pytest.mark.parametrize(("blocks", "elapsed_s"), [(1, 600.0), (0, 600.0), (144, 0), (144, -5)])
def test_estimated_hashrate_refuses_one_interval(blocks: int, elapsed_s: float) -> None:
    """1.2: never divide by one interval, nor by a time that does not rise."""
    with pytest.raises(ValueError, match="interval"):
        estimate_hashrate(blocks, blocks * DIFFICULTY, elapsed_s)


@pytest.mark.parametrize(
    ("height", "satoshi"),
    [
        (0, 5_000_000_000),
        (209_999, 5_000_000_000),
        (210_000, 2_500_000_000),
        (420_000, 1_250_000_000),
        (630_000, 625_000_000),
        (839_999, 625_000_000),
        (840_000, 312_500_000),
        (931_995, 312_500_000),
        (1_050_000, 156_250_000),  # B08
        (6_929_999, 1),
        (6_930_000, 0),
        (64 * 210_000, 0),
        (10**9, 0),
    ],
)
def test_subsidy(height: int, satoshi: int) -> None:
    """1.3: the subsidy halves by height; block 840,000 itself pays 3.125; 0 from 6,930,000."""
    assert subsidy_sat(height) == satoshi


def test_subsidy_of_a_negative_height_is_refused() -> None:
    """There is no block before the first."""
    with pytest.raises(ValueError, match="negative"):
        subsidy_sat(-1)


def test_next_halving() -> None:
    """1.3: the next halving after the reference point is 1,050,000."""
    assert next_halving_height(HEIGHT) == 1_050_000
    assert next_halving_height(1_050_000) == 1_260_000


def test_fees_per_block() -> None:
    """1.4: an empty block counts as 0, a block not received is left out, none is unknown."""
    assert round(FEES, 6) == 0.016238
    assert fees_btc_per_block([100_000_000, 0]) == 0.5
    assert fees_btc_per_block([100_000_000, None]) == 1.0
    assert fees_btc_per_block([None]) is None
    assert fees_btc_per_block([]) is None


def test_epoch_projection() -> None:
    """1.5: the reference point projects -2.28 % in 1,413 blocks and 10.04 days."""
    epoch = project_epoch(HEIGHT, 370_249)
    assert (epoch.first_height, epoch.blocks, epoch.blocks_left) == (931_392, 603, 1_413)
    assert epoch.first_height + 2016 == 933_408
    assert epoch.pace_s is not None
    assert epoch.change_ratio is not None
    assert epoch.seconds_left is not None
    assert round(epoch.pace_s, 2) == 614.01
    assert round(epoch.change_ratio * 100, 2) == -2.28
    assert round(epoch.seconds_left / 86_400, 2) == 10.04
    assert round(epoch.blocks_left * 600 / 86_400, 2) == 9.81


def test_epoch_projection_of_a13() -> None:
    """Features A13: block 1,000 at 9.5 minutes projects about +5.3 %."""
    change = project_epoch(2016 * 100 + 1_000, 1_000 * 570).change_ratio
    assert change is not None
    assert round(change * 100, 1) == 5.3


def test_epoch_projection_is_null_before_144_blocks() -> None:
    """1.5: before 144 blocks, or when header times do not rise, there is no projection."""
    for epoch in (project_epoch(143, 80_000), project_epoch(500, 0), project_epoch(2016, 0)):
        assert epoch.change_ratio is None
        assert epoch.pace_s is None
        assert epoch.seconds_left is None
        assert epoch.error_ratio is None
    assert project_epoch(144, 80_000).change_ratio is not None


@pytest.mark.parametrize(
    ("blocks", "points"),
    [(144, 9.2), (504, 5.8), (1_008, 3.6), (1_512, 2.1), (1_872, 0.65), (2_015, 0.65), (324, 7.5)],
)
def test_projection_error(blocks: int, points: float) -> None:
    """1.5, error table: the measured points, linear between them, the last one to the end."""
    assert projection_error_ratio(blocks) * 100 == pytest.approx(points)
    assert project_epoch(2_016 + blocks, 600.0 * blocks).error_ratio == pytest.approx(points / 100)


def test_the_projection_keeps_to_a_factor_of_four() -> None:
    """1.5: consensus allows no more, whatever the pace."""
    assert retarget_change_ratio(10.0) == 3
    assert retarget_change_ratio(9_000.0) == -0.75
    assert retarget_change_ratio(np.array([600.0, 570.0])).round(3).tolist() == [0.0, 0.053]


@pytest.mark.parametrize(
    ("elapsed_s", "factor"),
    [
        (EPOCH_TARGET_S, 1.0),
        (EPOCH_TARGET_S / 2, 2.0),
        (1.0, 4.0),
        (-50.0, 4.0),
        (EPOCH_TARGET_S * 9, 0.25),
    ],
)
def test_next_difficulty(elapsed_s: float, factor: float) -> None:
    """1.5: the epoch's time against 1,209,600 s, clipped to a factor of four both ways."""
    assert next_difficulty(1e14, elapsed_s) == 1e14 * factor


def test_hashprice() -> None:
    """2.1: 0.00043142 BTC = 43.142 sat/TH = 39.32 USD/PH/day = 39,316 USD/EH/day."""
    usd = HASHPRICE_BTC * BTC_USD
    assert round(HASHPRICE_BTC, 8) == 0.00043142
    assert round(convert(HASHPRICE_BTC, "BTC/PH/day", "sat/TH/day"), 3) == 43.142
    assert round(usd, 2) == 39.32
    assert round(convert(usd, "USD/PH/day", "USD/TH/day"), 5) == 0.03932
    assert round(convert(usd, "USD/PH/day", "USD/EH/day")) == 39_316


def test_hashprice_of_the_feature_reference() -> None:
    """Features section 0: 51.98 subsidy only, 52.50 with 1 % fees, 26.51 after the halving."""
    assert round(hashprice_btc_ph_day(3.125, 0.0, 126.98e12) * 105_000, 2) == 51.98
    assert round(hashprice_btc_ph_day(3.125, 0.03125, 126.98e12) * 105_000, 2) == 52.50
    halved = hashprice_btc_ph_day(subsidy_btc(1_050_000), 0.03125, 126.98e12) * 105_000
    assert round(halved, 2) == 26.51


def test_hashprice_definition_by_hashrate() -> None:
    """2.1: both printed forms agree, 144 x (S + F) over the implied PH/s."""
    by_hashrate = 144 * (3.125 + FEES) / (implied_hashrate_eh_s(DIFFICULTY) * 1e3)
    assert math.isclose(HASHPRICE_BTC, by_hashrate, rel_tol=1e-14)


def test_a_retarget_moves_hashprice_at_once() -> None:
    """2.4: fees' share 0.52 %; a retarget of -3.28 % is +3.39 % hashprice."""
    assert round(fee_share_ratio(3.125, FEES) * 100, 2) == 0.52
    moved = hashprice_change_ratio(price=0.0, difficulty=-0.0328, fees=0.0, fee_share=0.0052)
    assert round(moved * 100, 2) == 3.39
    after = hashprice_btc_ph_day(3.125, FEES, DIFFICULTY * (1 - 0.0328))
    assert after / HASHPRICE_BTC - 1 == pytest.approx(moved, rel=1e-12)


changes = st.floats(-0.9, 3)


@given(changes, changes, changes, st.floats(0, 30))
def test_hashprice_changes_as_its_parts_do(
    price: float, difficulty: float, fees: float, per_block: float
) -> None:
    """2.4: the change from price, difficulty and fees equals two hashprices compared."""
    share = fee_share_ratio(3.125, per_block)
    said = hashprice_change_ratio(price=price, difficulty=difficulty, fees=fees, fee_share=share)
    before = hashprice_btc_ph_day(3.125, per_block, DIFFICULTY)
    after = hashprice_btc_ph_day(3.125, per_block * (1 + fees), DIFFICULTY * (1 + difficulty))
    assert said == pytest.approx(after * (1 + price) / before - 1, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(("moved", "elasticity"), [("price", 1), ("difficulty", -1), ("fees", 0.2)])
def test_elasticities(moved: str, elasticity: float) -> None:
    """2.4: dln hp = dln P - dln D + phi dln F, here with fees at a fifth of the income."""
    still = {"price": 0.0, "difficulty": 0.0, "fees": 0.0}
    change = hashprice_change_ratio(**(still | {moved: 1e-7}), fee_share=0.2)
    assert change / 1e-7 == pytest.approx(elasticity, abs=1e-6)


@given(st.floats(1e-8, 50), st.floats(0, 50), st.floats(1, 1e18))
def test_hashprice_is_monotonic(subsidy: float, fees: float, difficulty: float) -> None:
    """Hashprice rises with subsidy and fees and falls with difficulty."""
    here = hashprice_btc_ph_day(subsidy, fees, difficulty)
    assert hashprice_btc_ph_day(subsidy + 0.01, fees, difficulty) > here
    assert hashprice_btc_ph_day(subsidy, fees + 0.01 + fees / 100, difficulty) > here
    assert hashprice_btc_ph_day(subsidy, fees, difficulty * 1.01) < here


@given(st.lists(st.tuples(positive, positive, positive), min_size=1, max_size=8))
def test_vector_equals_scalar(rows: list[tuple[float, float, float]]) -> None:
    """One formula serves floats and arrays, bit for bit."""
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    scalars = [hashprice_btc_ph_day(*row) for row in rows]
    assert hashprice_btc_ph_day(*columns).tolist() == scalars
