"""`hashhedge compare` and `history`: the pages, the rows for programs, the words for mistakes."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from tests.command import Said, hashhedge

SYNTHETIC = ("--market", "synthetic")


def rows(said: Said) -> list[dict[str, str]]:
    """Return what a reader of CSV finds."""
    assert said.code == 0, said.err
    return list(csv.DictReader(io.StringIO(said.out)))


def test_a_comparison_prints_the_basis_of_the_hashrate(tmp_path: Path) -> None:
    """Installed and operating hashrates stand in one column with their names (row A16)."""
    said = hashhedge("compare", "margin", *SYNTHETIC, cwd=tmp_path)
    assert "installed" in said.out
    assert "average" in said.out
    assert "SYNTHETIC" in said.out
    found = rows(hashhedge("compare", "margin", *SYNTHETIC, "-o", "csv", cwd=tmp_path))
    basis = {row["company"]: row["basis"] for row in found}
    assert basis["IREN"] == "average operating"
    assert {row["market"] for row in found} == {"synthetic"}


def test_without_words_it_compares_what_matters_first(tmp_path: Path) -> None:
    """One row a company, several metrics, and JSON has every metric's rows with rank and reason."""
    said = hashhedge("compare", *SYNTHETIC, cwd=tmp_path)
    assert max(map(len, said.out.splitlines())) <= 80
    assert "RIOT" in said.out
    found = hashhedge("compare", *SYNTHETIC, "-o", "json", cwd=tmp_path).json
    names = [part["metric"] for part in found["metrics"]]
    assert names[0] == "mining_margin_ratio"
    assert len(names) > 1
    for part in found["metrics"]:
        for row in part["rows"]:
            assert (row["value"] is None) <= bool(row["reason"])
            assert row["ranked"] or row["rank"] is None


def test_without_a_market_nothing_is_made_up(tmp_path: Path) -> None:
    """No service and no numbers given: the margins are unknown, and the page says what to do."""
    said = hashhedge("compare", "margin", cwd=tmp_path)
    assert said.code == 0
    assert "--market synthetic" in said.out
    found = hashhedge(
        "compare", "margin", "--tickers", "RIOT,hive", "-o", "json", cwd=tmp_path
    ).json
    (part,) = found["metrics"]
    assert {row["company"] for row in part["rows"]} == {"RIOT", "HIVE"}
    assert all(row["value"] is None for row in part["rows"])


@pytest.mark.parametrize(
    ("words", "mend"),
    [
        (("compare", "mining_margin_ration"), "mining_margin_ratio"),
        (("compare", "hashprice_usd_ph_day"), "one value in all"),
        (("compare", "margin", "--tickers", "RIOTT"), "RIOT"),
        (("compare", "margin", "--market", "btc=1"), "btc_usd"),
        (("history", "IREN.gpu_cont"), "gpu_count"),
        (("history", "IRENN.gpus"), "IREN"),
        (("history", "gpus"), "TICKER.FACT"),
        (("history", "IREN.gpus", "--as-of", "soon"), "2025-07-17"),
    ],
)
def test_a_misspelt_word_is_mended(words: tuple[str, ...], mend: str, tmp_path: Path) -> None:
    """Exit 2, nothing on stdout, and the nearest name or the right form."""
    said = hashhedge(*words, cwd=tmp_path)
    assert (said.code, said.out) == (2, "")
    assert mend in said.err


def test_the_graphics_processors_of_iren(tmp_path: Path) -> None:
    """248 at the start of 2024, 4,300 in July 2025, 17.3 times; then nothing newer (row C12)."""
    words = ("history", "IREN.gpus", "--as-of", "2025-07-17")
    said = hashhedge(*words, cwd=tmp_path)
    assert "2024-01-31" in said.out
    assert "2025-07-03" in said.out
    assert "17.34 x" in said.out
    found = rows(hashhedge(*words, "-o", "csv", cwd=tmp_path))
    assert (found[0]["value"], found[-1]["value"]) == ("248.0", "4300.0")
    assert {row["company"] for row in found} == {"IREN"}
    assert all(row["source"].startswith("https://") for row in found)


def test_companies_stand_by_the_coins_they_hold(tmp_path: Path) -> None:
    """On the day after the reports of March 2026 Strategy is first and MARA second (row L21)."""
    asked = ("compare", "btc_held_rank", "--as-of", "2026-04-20", "--ascending", "-o", "csv")
    found = {row["company"]: row["value"] for row in rows(hashhedge(*asked, cwd=tmp_path))}
    assert (float(found["MSTR"]), float(found["MARA"])) == (1, 2)
    card = hashhedge("company", "show", "MARA", "-o", "json", cwd=tmp_path).json
    assert card["figures"]["btc_held"][0]["unit"] == "BTC"
    assert "btc_treasury_usd" in {entry["name"] for entry in card["treasury"]}


@pytest.mark.parametrize(
    "words",
    [
        ("compare", "mnav_cap_to_nav_ratio"),
        ("compare", "mnav_cap_to_nav_ratio", "--tickers", "RIOT"),
        ("compare", "margin", "mnav_cap_to_nav_ratio", "--tickers", "RIOT,MSTR"),
        ("calc", "mnav_cap_to_nav_ratio", "market_cap_usd=4e9", "btc_held=1e4"),
        ("explain", "RIOT.mnav_cap_to_nav_ratio"),
        ("company", "show", "RIOT"),
    ],
)
def test_a_refused_metric_says_why_wherever_it_stands(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    """A miner has no mNAV, and no page calls it missing: the words stand there (rows B12, B31)."""
    said = hashhedge(*words, cwd=tmp_path)
    assert said.code == 0
    text = " ".join(said.out.split())
    assert "mNAV compares a company with the coins it holds" in text
    assert "missing btc_held: RIOT" not in text
    assert "not applicable: RIOT" not in text
    found = hashhedge(*words, "-o", "json", cwd=tmp_path)
    assert "it misleads there" in found.out
