"""`hashhedge stress`: the worked table on the page, its rows for programs, the words for mistakes."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from tests.command import hashhedge

GIVEN = (
    "hashrate_eh_s=18.6",
    "efficiency_j_th=17.5",
    "power_price_usd_kwh=0.045",
    "pool_fee_ratio=0.005",
    "hashprice_btc_ph_day=0.000431418166",
    "mining_fixed_cost_usd_year=70e6",
    "ai_gross_profit_usd_year=60e6",
)
WORDS = ("stress", "RIOT", *GIVEN, "--market", "btc_usd=91132")


def test_the_page_has_the_worked_table(tmp_path: Path) -> None:
    """The table of docs/formulas.md 5 stands on 80 columns."""
    said = hashhedge(*WORDS, cwd=tmp_path)
    assert said.code == 0, said.err
    for number in ("67.27 M", "14.15 M", "-38.96 M", "-65.52 M", "-92.08 M", "-70.00 M"):
        assert number in said.out
    for number in ("1.54x", "0.92x", "0.65x", "0.86x", "25.3 %", "47.9 %", "47,461"):
        assert number in said.out
    assert max(map(len, said.out.splitlines())) <= 80


def test_csv_has_a_row_for_each_case_and_fall(tmp_path: Path) -> None:
    """Falls of one's own choice; a reason stands in its own column."""
    said = hashhedge(*WORDS, "--falls", "10,70%", "-o", "csv", cwd=tmp_path)
    rows = list(csv.DictReader(io.StringIO(said.out)))
    assert [(row["case"], row["fall_ratio"]) for row in rows] == [
        ("difficulty_fixed", "0.1"),
        ("difficulty_fixed", "0.7"),
        ("difficulty_follows", "0.1"),
        ("difficulty_follows", "0.7"),
    ]
    assert (rows[0]["coverage"], rows[0]["coverage_reason"]) == ("", "no_loss")
    assert float(rows[1]["coverage"]) > 0


def test_without_a_service_the_market_is_marked(tmp_path: Path) -> None:
    """The invented market is said in the second line and in the answer for programs."""
    said = hashhedge("stress", "RIOT", cwd=tmp_path)
    assert "SYNTHETIC" in said.out.splitlines()[1]
    found = hashhedge("stress", "RIOT", "-o", "json", cwd=tmp_path).json
    assert found["market"]["origin"] == "synthetic"


def test_the_page_says_what_hashrate_and_fixed_cost_are(tmp_path: Path) -> None:
    """Basis and day of what the book knows; of a number given it is said that nobody said it."""
    page = " ".join(hashhedge("stress", "RIOT", cwd=tmp_path).out.split())
    assert "interest not in it, as of 20" in page
    assert "hashrate_eh_s: " in page
    given = " ".join(hashhedge(*WORDS, cwd=tmp_path).out.split())
    assert "whether SG&A and interest are in it is not said, given" in given


@pytest.mark.parametrize(
    ("words", "mend"),
    [
        (("RIOTT",), "RIOT"),
        (("RIOT", "--falls", "20,much"), "0%,20%,40%,50%,60%"),
        (("RIOT", "--falls", "120"), "0%,20%,40%,50%,60%"),
        (("RIOT", "--falls", "0.2"), "20%, or 0.2%"),
        (("RIOT", "mining_fixed_cost=7"), "mining_fixed_cost_usd_year"),
        (("RIOT", *GIVEN[:5], "mining_fixed_cost_usd_year=-5"), "of -5 is not plausible"),
    ],
)
def test_what_cannot_be_meant_exits_2(words: tuple[str, ...], mend: str, tmp_path: Path) -> None:
    """A name, a fall, a negative cost: what is wrong, where, and how to write it."""
    said = hashhedge("stress", *words, cwd=tmp_path)
    assert (said.code, said.out) == (2, "")
    assert mend in said.err
