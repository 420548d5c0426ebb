"""Sections 1, 2 and 4 of docs/formulas.md against recorded history: what was printed comes out."""

from __future__ import annotations

import math
from itertools import pairwise
from statistics import fmean, median

import pytest

from monitor.domain.network import (
    EPOCH_BLOCKS,
    ERROR_BLOCKS,
    ERROR_RATIOS,
    fees_btc_per_block,
    found_hashrate_eh_s,
    hashprice_btc_ph_day,
    implied_hashrate_eh_s,
    next_difficulty,
    project_epoch,
    subsidy_sat,
)
from monitor.domain.production import expected_btc
from tests.history import NetworkDay, days_of, needs_data, network_days, rows

pytestmark = needs_data


@pytest.fixture(scope="module")
def blocks() -> dict[int, tuple[int, int]]:
    """Return header time and fees in satoshi of each recorded block."""
    return {
        int(row["height"]): (int(row["time_unix"]), int(row["fee_sat"]))
        for row in rows("btc_blocks.csv")
    }


@pytest.fixture(scope="module")
def vendor() -> list[dict[str, float]]:
    """Return Coin Metrics' days that have a hashrate."""
    days = []
    for row in rows("coinmetrics_btc_daily.csv"):
        if float(row["HashRate"] or 0) and row["FeeTotNtv"]:
            days.append({name: float(value) for name, value in row.items() if name in VENDOR})
            days[-1]["year"] = float(row["date"][:4])
    return days


VENDOR = {"BlkCnt", "DiffMean", "HashRate", "FeeTotNtv", "IssTotNtv"}


# ------------------------------------------------------------------ 1. network


def test_the_vendors_hashrate_is_ours(vendor: list[dict[str, float]]) -> None:
    """1.2: Coin Metrics' HashRate equals n D 2^32 over a day, worst day 7e-9."""
    worst = max(
        abs(found_hashrate_eh_s(d["BlkCnt"], d["DiffMean"], 86_400) * 1e6 / d["HashRate"] - 1)
        for d in vendor
    )
    assert len(vendor) > 4_000
    assert worst < 8e-9


def test_header_times_run_back(blocks: dict[int, tuple[int, int]]) -> None:
    """1.2: 446 negative and 13 zero intervals of 65,114, the longest 8,354 s."""
    late = [height for height in blocks if height > 15_000]
    gaps = [blocks[b][0] - blocks[a][0] for a, b in pairwise(late) if b == a + 1]
    assert len(gaps) == 65_114
    assert sum(gap < 0 for gap in gaps) == 446
    assert sum(gap == 0 for gap in gaps) == 13
    assert max(gaps) == 8_354


def test_empty_blocks_count(blocks: dict[int, tuple[int, int]]) -> None:
    """1.4: 249 blocks without a fee are 0 and not missing."""
    assert sum(fee == 0 for height, (_, fee) in blocks.items() if height > 15_000) == 249


def test_fee_share_of_144_blocks(blocks: dict[int, tuple[int, int]]) -> None:
    """Features A14: the mean fee over the subsidy is the sum of fees over that of subsidies."""
    last = range(931_995 - 143, 931_996)
    fees = [blocks[height][1] for height in last]
    mean = fees_btc_per_block(fees)
    assert mean is not None
    assert sum(fees) == 233_828_005
    shared = sum(fees) / sum(subsidy_sat(height) for height in last)
    assert round(mean / 3.125, 4) == round(shared, 4) == 0.0052


def test_the_reference_epoch(blocks: dict[int, tuple[int, int]]) -> None:
    """1.5: 603 blocks in 370,249 s project -2.28 %; it became -3.28 % at 933,408."""
    start = blocks[931_392][0]
    projected = project_epoch(931_995, blocks[931_995][0] - start)
    assert projected.pace_s == 370_249 / 603
    assert round((projected.change_ratio or 0) * 100, 2) == -2.28
    assert round((next_difficulty(1, blocks[933_407][0] - start) - 1) * 100, 2) == -3.28


def test_the_band_of_the_projection(blocks: dict[int, tuple[int, int]]) -> None:
    """1.5: RMS 9.2, 5.8, 3.6, 2.1 and 0.65 points over the 27 whole epochs on record."""
    firsts = [
        height
        for height in range(10 * EPOCH_BLOCKS, max(blocks), EPOCH_BLOCKS)
        if height in blocks and height + EPOCH_BLOCKS - 1 in blocks
    ]
    assert len(firsts) == 27
    for into, expected in zip(ERROR_BLOCKS, ERROR_RATIOS, strict=True):
        errors = []
        for first in firsts:
            start, height = blocks[first][0], first + int(into)
            became = next_difficulty(1, blocks[first + EPOCH_BLOCKS - 1][0] - start) - 1
            projected = project_epoch(height, blocks[height][0] - start).change_ratio
            assert projected is not None
            errors.append(projected - became)
        rms = math.sqrt(fmean(error * error for error in errors))
        assert rms == pytest.approx(expected, abs=5e-4), into


# ------------------------------------------------------------------ 2. hashprice


def test_luck_cancels_where_both_sides_are_realised(vendor: list[dict[str, float]]) -> None:
    """2.3: day revenue over *estimated* hashrate is hashprice at the day's mean fee, to 7e-9."""
    for d in vendor:
        realised = (d["IssTotNtv"] + d["FeeTotNtv"]) / (d["HashRate"] / 1e3)
        subsidy, fees = d["IssTotNtv"] / d["BlkCnt"], d["FeeTotNtv"] / d["BlkCnt"]
        assert realised == pytest.approx(
            hashprice_btc_ph_day(subsidy, fees, d["DiffMean"]), rel=1e-8
        )


def test_mixing_the_two_keeps_the_luck(vendor: list[dict[str, float]]) -> None:
    """2.3: day revenue over *implied* hashrate is off by 7.6 % in the median, 44 % at worst."""
    errors = []
    for d in vendor:
        if d["year"] < 2017:
            continue
        revenue = d["IssTotNtv"] + d["FeeTotNtv"]
        mixed = revenue / (implied_hashrate_eh_s(d["DiffMean"]) * 1e3)
        subsidy, fees = d["IssTotNtv"] / d["BlkCnt"], d["FeeTotNtv"] / d["BlkCnt"]
        errors.append(abs(mixed / hashprice_btc_ph_day(subsidy, fees, d["DiffMean"]) - 1))
    assert median(errors) == pytest.approx(0.076, abs=5e-4)
    assert max(errors) == pytest.approx(0.44, abs=5e-3)


@pytest.mark.parametrize(
    ("year", "printed", "error", "subsidy_only", "implied"),
    [
        ("2021", 314.61, 0.0024, -0.057, 0.0139),
        ("2022", 123.88, -0.0011, -0.016, 0.0169),
        ("2023", 74.73, 0.0034, -0.065, 0.0309),
    ],
)
def test_year_means_and_the_usual_mistakes(
    year: str, printed: float, error: float, subsidy_only: float, implied: float
) -> None:
    """2.5: the mean of a year against Luxor's, and what two common shortcuts would cost."""

    def without_fees(day: NetworkDay) -> float:
        return hashprice_btc_ph_day(day.subsidy_btc, 0.0, day.difficulty) * day.btc_usd

    def over_implied(day: NetworkDay) -> float:
        return day.hashprice_usd_ph_day * day.blocks / 144

    days = days_of(year)
    ours = fmean(day.hashprice_usd_ph_day for day in days)
    assert ours / printed - 1 == pytest.approx(error, abs=5e-4)
    assert abs(ours / printed - 1) < 0.005
    assert fmean(map(without_fees, days)) / printed - 1 == pytest.approx(subsidy_only, abs=1e-3)
    assert fmean(map(over_implied, days)) / printed - 1 == pytest.approx(implied, abs=1e-3)


def test_means_of_other_spans() -> None:
    """2.5: 53.90 over the winter of 2024/25 to -0.07 %; JPMorgan's 57.2 of January to +1.6 %."""
    days = network_days()
    winter = [it for name, it in days.items() if "2024-12-28" <= name <= "2025-03-28"]
    mean = fmean(day.hashprice_usd_ph_day for day in winter)
    assert mean / 53.90 - 1 == pytest.approx(-0.0007, abs=5e-5)
    january = fmean(day.hashprice_usd_ph_day for day in days_of("2025-01"))
    assert january / 57.2 - 1 == pytest.approx(0.016, abs=5e-4)


def test_fees_come_in_bursts() -> None:
    """2.5: on the day of the halving of 2024 fees carry hashprice to 193 USD/PH/day."""
    day = network_days()["2024-04-20"]
    assert round(day.hashprice_usd_ph_day) == 193
    assert hashprice_btc_ph_day(3.125, 0.0, day.difficulty) * day.btc_usd < 60


# ------------------------------------------------------------------ 4. production

IREN = "monthly updates: irisenergy.gcs-web.com/node/9536, advfn.com 94322551, 94670330, 95051491"
RIOT = "monthly updates: advfn.com 94315352, 94499759"
MARA = "July 2024 update: stocktitan.net/news/MARA"


@pytest.mark.parametrize(
    ("source", "month", "btc", "hashrate_eh_s", "percent"),
    [
        (IREN, "2024-02", 310, 6.299, 99.9),
        (IREN, "2024-03", 353, 7.107, 99.8),
        (IREN, "2024-04", 358, 8.238, 100.6),
        (IREN, "2024-05", 230, 9.414, 99.0),
        (IREN, "2024-06", 233, 9.316, 99.8),
        (IREN, "2024-07", 222, 9.008, 100.0),
        (IREN, "2024-08", 245, 10.9, 100.0),
        (IREN, "2024-09", 347, 16.5, 99.5),
        (IREN, "2024-10", 439, 19.9, 99.3),
        (RIOT, "2023-07", 410, 5.4, 99.8),
        (RIOT, "2023-08", 333, 4.5, 99.0),
        (RIOT, "2024-06", 255, 11.4, 89.3),
        (RIOT, "2024-07", 370, 15.5, 96.9),
        (RIOT, "2024-08", 322, 14.5, 98.8),
        (MARA, "2024-07", 692, 27.5, 102.1),
    ],
)
def test_reported_production_against_expected(
    source: str, month: str, btc: float, hashrate_eh_s: float, percent: float
) -> None:
    """4: IREN 99.0 to 100.6 %, RIOT 99.8, 99.0, 89.3, 96.9, 98.8 %, MARA 102.1 %."""
    days = days_of(month)
    assert len(days) >= 29
    expected = expected_btc((day.hashprice_btc_ph_day for day in days), hashrate_eh_s)
    assert expected is not None
    assert round(btc / expected * 100, 1) == percent, source


def test_a_quarter_against_expected() -> None:
    """4: IREN's quarter to March 2025, 1,514 BTC at 29.4 EH/s, is 99.8 % of expected."""
    days = [day for month in ("2025-01", "2025-02", "2025-03") for day in days_of(month)]
    expected = expected_btc((day.hashprice_btc_ph_day for day in days), 29.4)
    assert len(days) == 90
    assert expected is not None
    assert round(1_514 / expected * 100, 1) == 99.8


def test_deployed_hashrate_does_not_work() -> None:
    """4: Riot's 23.3 EH/s deployed in July 2024 would have made half as much again."""
    days = days_of("2024-07")
    expected = expected_btc((day.hashprice_btc_ph_day for day in days), 23.3)
    assert expected is not None
    assert 370 / expected < 0.65
    assert round(15.5 / 23.3 * 100, 1) == 66.5
