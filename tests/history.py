"""Recorded market data beside the repository: rows of a set, and the network day by day."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from monitor.domain.network import hashprice_btc_ph_day

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"
HALVINGS = (("2020-05-11", 12.5), ("2024-04-20", 6.25), ("9999", 3.125))
"""The first day that no longer had this subsidy."""

needs_data = pytest.mark.skipif(
    not DATA.is_dir() and os.environ.get("CI") != "true",
    reason="the recorded data sets are not beside the repository",
)


def rows(name: str) -> Iterator[dict[str, str]]:
    """Yield the rows of one recorded data set."""
    with (DATA / name).open(newline="", encoding="utf-8") as lines:
        yield from csv.DictReader(lines)


@dataclass(frozen=True, slots=True)
class NetworkDay:
    """One UTC day: difficulty, blocks found, fees in BTC of all of them, BTC close in USD."""

    day: str
    difficulty: float
    blocks: int
    fees_btc: float
    btc_usd: float

    @property
    def subsidy_btc(self) -> float:
        """Return the subsidy; the halving days' own mix is left out."""
        return next(subsidy for until, subsidy in HALVINGS if self.day < until)

    @property
    def hashprice_btc_ph_day(self) -> float:
        """Return the day's hashprice with fees over its real blocks."""
        return hashprice_btc_ph_day(self.subsidy_btc, self.fees_btc / self.blocks, self.difficulty)

    @property
    def hashprice_usd_ph_day(self) -> float:
        """Return it at the day's close."""
        return self.hashprice_btc_ph_day * self.btc_usd


@cache
def network_days() -> Mapping[str, NetworkDay]:
    """Return the days since 2017 for which difficulty, fees and price are all known."""
    price = {row["date"]: float(row["close"]) for row in rows("btc_price_daily.csv")}
    days = {}
    for row in rows("blockchaincom_network_daily.csv"):
        day = row["date"]
        if day < "2017" or day not in price or not float(row["difficulty"] or 0):
            continue
        fees = row["fees_btc"] or row["fees_usd"]
        if not fees:
            continue
        difficulty = float(row["difficulty"])
        # the vendor's hashrate is made of the day's blocks: n / 144 x difficulty x 2^32 / 600
        blocks = float(row["hashrate_ths"]) * 1e12 * 86_400 / (difficulty * 2**32)
        btc = float(fees) if row["fees_btc"] else float(fees) / price[day]
        days[day] = NetworkDay(day, difficulty, round(blocks), btc, price[day])
    return days


def days_of(prefix: str) -> list[NetworkDay]:
    """Return the days whose date begins with `prefix`: a month or a year."""
    return [day for name, day in network_days().items() if name.startswith(prefix)]
