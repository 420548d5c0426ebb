"""Sector stress from recorded days: Puell's multiple and hash ribbons to three decimals (B16)."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from monitor.compute.history import HISTORY_INPUTS
from monitor.compute.recompute import Table
from monitor.domain.companies import CompanyType
from monitor.domain.events import Quality, Reading
from monitor.domain.market_days import DAY, MarketDays, Midnight
from monitor.domain.network import EPOCH_BLOCKS
from tests.worlds import CATALOGUE

DATA = Path(__file__).resolve().parents[4].parent / "shared" / "data"

needs_data = pytest.mark.skipif(
    not DATA.is_dir() and os.environ.get("CI") != "true",
    reason="the recorded data sets are not beside the repository",
)


def recorded() -> Iterator[tuple[str, Midnight, float, float]]:
    """Yield each day from 2017 on: date, its midnight, and Coin Metrics' issuance and hashrate."""
    with (DATA / "coinmetrics_btc_daily.csv").open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    heights = np.cumsum([int(row["BlkCnt"]) for row in rows])  # the first block counts as none
    epochs = heights // EPOCH_BLOCKS
    # a day without a retarget has one difficulty, that of its epoch
    difficulty = {
        epochs[day]: float(rows[day]["DiffMean"])
        for day in range(1, len(rows))
        if epochs[day] == epochs[day - 1] and rows[day]["DiffMean"]
    }
    for day, row in enumerate(rows):
        if row["date"] >= "2017-01-01":
            midnight = Midnight(
                (day + 1) * DAY,
                float(row["PriceUSD"]),
                float(heights[day]),
                difficulty[epochs[day]],
            )
            yield row["date"], midnight, float(row["IssTotUSD"]), float(row["HashRate"])


@needs_data
def test_puell_and_ribbons_of_recorded_days() -> None:
    """From 2018 to 2021 both ratios are those of Coin Metrics' own series, to three decimals.

    The low of December 2018 (0.376), the crash of March 2020, the halving of May 2020 and the
    high of March 2021 are among them.
    """
    known = {"2018-12-05": 0.376, "2020-03-16": 0.475, "2020-05-12": 0.494, "2021-03-13": 3.176}
    days, issued, hashrates, seen = MarketDays(), [], [], {}
    for date, midnight, issuance_usd, hashrate_ths in recorded():
        days = days.sampled(midnight)
        issued.append(issuance_usd)
        hashrates.append(hashrate_ths)
        if len(issued) <= 366:
            continue
        readings = days.statistics()
        given = {name: item.value for name, item in readings.items() if item.value is not None}
        puell = CATALOGUE.evaluate("puell_ratio", given).value
        ribbon = CATALOGUE.evaluate("hash_ribbon_ratio", given).value
        assert puell == pytest.approx(issued[-1] / np.mean(issued[-365:]), abs=0.0005), date
        assert ribbon == pytest.approx(
            np.mean(hashrates[-30:]) / np.mean(hashrates[-60:]), abs=0.0005
        ), date
        seen[date] = puell
    assert {date: round(seen[date] or 0, 3) for date in known} == known


def table(companies: int = 3) -> Table:
    """Return a table of miners with nothing in it."""
    tickers = [f"M{n}" for n in range(companies)]
    return Table(CATALOGUE, tickers, [CompanyType.MINER] * companies, HISTORY_INPUTS)


def test_the_sector_sells_what_its_members_sell() -> None:
    """300 of 400 and 150 of 100 coins: 450 of 500. Who says only one of the two is left out."""
    miners = table()
    for row, (sold, mined) in enumerate([(300.0, 400.0), (150.0, 100.0), (900.0, None)]):
        miners.set("btc_sold", row, Reading(sold, Quality.OK))
        if mined is not None:
            miners.set("btc_produced", row, Reading(mined, Quality.OK))
    miners.recompute(list(CATALOGUE))
    assert miners.reading("sector_coins_sold_ratio", 0).value == pytest.approx(0.9)
    assert miners.reading("coins_sold_ratio", 1).value == pytest.approx(1.5)
    assert miners.reading("coins_sold_ratio", 2).reason == "missing:btc_produced"


def test_a_sector_that_says_nothing_has_no_ratio() -> None:
    """Without a company that reports both there is no ratio and no count of signs, by name."""
    miners = table()
    miners.recompute(list(CATALOGUE))
    assert miners.reading("sector_coins_sold_ratio", 0).reason == "too_few_companies"
    assert miners.reading("miner_stress_count", 0).value is None


def test_a_stale_report_is_not_added_up() -> None:
    """Only figures that a rule may fire on take part in the sector's ratio."""
    miners = table()
    for row, quality in enumerate((Quality.OK, Quality.STALE)):
        miners.set("btc_sold", row, Reading(100.0 + row, quality))
        miners.set("btc_produced", row, Reading(200.0, Quality.OK))
    miners.recompute(list(CATALOGUE))
    assert miners.reading("sector_coins_sold_ratio", 0).value == pytest.approx(0.5)


def test_before_a_year_is_sampled_the_multiple_says_why() -> None:
    """Too few days are named, through the ratio and the count of signs."""
    miners = table()
    for name, reading in MarketDays().statistics().items():
        miners.set(name, 0, reading)
    miners.recompute(list(CATALOGUE))
    found = miners.reading("puell_ratio", 0)
    assert (found.value, found.reason) == (None, "too_few_days")
