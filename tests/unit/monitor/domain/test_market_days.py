"""Days of the network: volatility, issuance and Puell's mean, hashrate and its ribbons."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain.events import Quality
from monitor.domain.market_days import DAY, MAX_SILENT_DAYS, MarketDays, Midnight

START = 20_000 * DAY
DIFFICULTY = 126.98e12


def sampled(days: MarketDays, midnights: list[Midnight]) -> MarketDays:
    """Return the days after some more midnights."""
    for midnight in midnights:
        days = days.sampled(midnight)
    return days


def steady(count: int, *, height: int = 900_000, blocks: int = 144) -> list[Midnight]:
    """Return midnights at 100,000 USD with as many blocks each day."""
    return [
        Midnight(START + day * DAY, 100_000.0, height + day * blocks, DIFFICULTY)
        for day in range(count)
    ]


@settings(max_examples=30)
@given(st.lists(st.floats(-0.2, 0.2), min_size=20, max_size=50))
def test_volatility_is_the_spread_of_the_last_30_daily_returns(returns: list[float]) -> None:
    """Sample standard deviation of log returns over at most 30 days."""
    prices = 100_000 * np.exp(np.cumsum([0.0, *returns]))
    days = sampled(
        MarketDays(),
        [Midnight(START + d * DAY, float(p), None, None) for d, p in enumerate(prices)],
    )
    found = days.statistics()["btc_volatility_day_ratio"]
    assert found.quality is Quality.OK
    assert found.value == pytest.approx(np.std(returns[-30:], ddof=1), rel=1e-9, abs=1e-12)


def test_a_volatility_needs_20_returns() -> None:
    """With 19 there is none, by name."""
    few = sampled(MarketDays(), steady(20)).statistics()["btc_volatility_day_ratio"]
    assert (few.value, few.quality, few.reason) == (None, Quality.MISSING, "too_few_days")
    enough = sampled(MarketDays(), steady(21)).statistics()
    assert enough["btc_volatility_day_ratio"].value == 0.0


def test_a_day_counts_if_both_its_ends_are_known() -> None:
    """A midnight without a price, or none at all, costs the days on either side of it."""
    holed = steady(10)
    holed[4] = Midnight(holed[4].at, None, None, None)
    del holed[7]
    days = sampled(MarketDays(), holed)
    assert days.returns.values.count == 9 - 2 - 2
    assert days.hashrate.values.count == 9 - 2 - 2


def test_issuance_counts_the_blocks_there_were() -> None:
    """150 blocks at 3.125 BTC and 100,000 USD: 46,875,000 USD; the mean needs 365 days."""
    days = sampled(MarketDays(), steady(366, blocks=150))
    found = days.statistics()
    assert found["issuance_usd_day"].value == 150 * 3.125 * 100_000
    assert found["issuance_mean_365_usd_day"].value == pytest.approx(46_875_000)
    fewer = sampled(MarketDays(), steady(365, blocks=150)).statistics()
    assert fewer["issuance_mean_365_usd_day"].reason == "too_few_days"
    assert fewer["issuance_usd_day"].value == 46_875_000


def test_a_halving_inside_a_day_pays_each_block_its_own_subsidy() -> None:
    """From 1,049,950: 49 blocks at 3.125 before the halving, 95 at 1.5625 from 1,050,000 on."""
    days = sampled(MarketDays(), steady(2, height=1_049_950))
    found = days.statistics()["issuance_usd_day"].value
    assert found == (49 * 3.125 + 95 * 1.5625) * 100_000


def test_hashrate_by_hand() -> None:
    """144 blocks in a day show what the difficulty implies: 908.96 EH/s; 72 show half of it."""
    for blocks, expected in ((144, 908.96), (72, 454.48)):
        days = sampled(MarketDays(), steady(61, blocks=blocks))
        found = days.statistics()
        assert found["hashrate_mean_60_eh_s"].value == pytest.approx(expected, abs=0.005)
        assert found["hashrate_mean_30_eh_s"].value == pytest.approx(expected, abs=0.005)


def test_a_retarget_inside_a_day_counts_each_block_at_its_own_difficulty() -> None:
    """From 906,990 (a multiple of 2016 is 907,200): 209 blocks of old and 91 of new difficulty."""
    first = Midnight(START, 1.0, 906_990, 100e12)
    second = Midnight(START + DAY, 1.0, 907_290, 110e12)
    (row,) = sampled(MarketDays(), [first, second]).hashrate.values.rows
    work = 209 * 100e12 + 91 * 110e12
    assert row[0] == pytest.approx(work * 2**32 / 86_400 / 1e18, rel=1e-12)


@pytest.mark.parametrize("height", [899_000, 900_000, 900_001, 1_000_000])
def test_a_height_that_cannot_be_true_counts_for_nothing(height: int) -> None:
    """A height that fell, stood still or leapt by an epoch in a day is a feed's error."""
    midnights = [*steady(1), Midnight(START + DAY, 100_000.0, height, DIFFICULTY)]
    days = sampled(MarketDays(), midnights)
    assert days.issuance.values.count == days.hashrate.values.count == 0
    assert days.returns.values.count == 1


def test_ribbons_cross_when_hashrate_leaves() -> None:
    """30 days at 144 blocks, then 30 at 120: means of 30 and 60 days by hand."""
    busy = steady(31)
    quiet = [
        Midnight(busy[-1].at + d * DAY, 100_000.0, 904_320 + 120 * d, DIFFICULTY)
        for d in range(1, 31)
    ]
    found = sampled(MarketDays(), busy + quiet).statistics()
    short, long = found["hashrate_mean_30_eh_s"].value, found["hashrate_mean_60_eh_s"].value
    assert short is not None
    assert long is not None
    assert short / long == pytest.approx(120 / 132)


def test_what_was_not_sampled_for_days_is_stale() -> None:
    """After three days without a sample the last means are marked, and still shown."""
    days = sampled(MarketDays(), steady(61))
    last = START + 60 * DAY
    silent = [Midnight(last + day * DAY, None, None, None) for day in range(1, 5)]
    assert len(silent) == MAX_SILENT_DAYS + 1
    fresh = sampled(days, silent[:-1]).statistics()["hashrate_mean_60_eh_s"]
    stale = sampled(days, silent).statistics()["hashrate_mean_60_eh_s"]
    assert (fresh.quality, stale.quality) == (Quality.OK, Quality.STALE)
    assert stale.value == fresh.value
    assert stale.observed_at == last


@given(st.integers(1, 40), st.integers(0, 40))
def test_saved_and_taken_back_it_goes_on_identically(first: int, second: int) -> None:
    """Through JSON and back nothing is lost, not a bit."""
    moved = [
        Midnight(START + d * DAY, 1e5 * math.exp(math.sin(d) / 9), 9e5 + 141 * d, DIFFICULTY)
        for d in range(first + second)
    ]
    days = sampled(MarketDays(), moved[:first])
    restored = msgspec.json.decode(msgspec.json.encode(days), type=MarketDays)
    assert restored == days
    assert sampled(restored, moved[first:]) == sampled(days, moved[first:])


def rented(day: int, price: float | None) -> Midnight:
    """Return a midnight that knows no more than a rental price."""
    return Midnight(START + day * DAY, None, None, None, price)


def test_the_rental_price_of_30_days_ago() -> None:
    """Day 30 looks back at day 0, day 31 at day 1; a gap takes the price before it (row C19)."""
    name = "gpu_rental_30_days_ago_usd_hour"
    days = sampled(MarketDays(), [rented(day, 2.60 + day / 100) for day in range(30)])
    assert days.statistics()[name].reason == "too_few_days"
    for day, before in ((30, 2.60), (31, 2.61), (32, 2.62)):
        days = days.sampled(rented(day, 2.10))
        assert days.statistics()[name].value == before
    holed = sampled(MarketDays(), [rented(0, 2.60), *(rented(day, None) for day in range(1, 40))])
    assert holed.statistics()[name].reason == "too_few_days"
    within = sampled(MarketDays(), [rented(0, 2.60), *(rented(day, None) for day in range(1, 34))])
    assert within.statistics()[name].value == 2.60
    assert len(sampled(days, [rented(day, 2.0) for day in range(33, 200)]).rentals) == 34
