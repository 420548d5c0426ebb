"""`hashhedge market-table`: the table of docs/formulas.md 5 from a folder of closes, by one command."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command import hashhedge
from tests.e2e.playing import history

# beta alone, its R2, joint betas to bitcoin and AI, joint R2, AI's Shapley share
TABLE = {
    "CORZ": (0.57, 0.11, 0.17, 0.70, 0.40, 0.85),
    "WULF": (0.88, 0.13, 0.63, 0.45, 0.19, 0.51),
    "MARA": (1.24, 0.44, 1.15, 0.16, 0.45, 0.16),
}
COLUMNS = (
    "btc_beta_ratio",
    "btc_r2_ratio",
    "joint_btc_beta_ratio",
    "joint_ai_beta_ratio",
    "joint_r2_ratio",
    "ai_explained_share_ratio",
)
WINDOW = ("--from", "2025-06-01", "--to", "2026-05-29")


def test_the_published_table_comes_out() -> None:
    """249 and 250 returns, betas to 0.01 and shares to 0.02, each share inside its interval."""
    words = ("market-table", "--data", history(), *WINDOW, "--tickers", "CORZ,WULF,MARA")
    said = hashhedge(*words, "-o", "json")
    assert said.code == 0, said.err
    shares = {row["ticker"]: row for row in said.json["shares"]}
    assert list(shares) == ["CORZ", "WULF", "MARA"]
    for ticker, printed in TABLE.items():
        row = shares[ticker]
        assert (row["pairs"], row["joint_pairs"]) == (249, 250)
        assert [row[name] for name in COLUMNS] == pytest.approx(printed, abs=0.0055)
        assert row["btc_beta_low_ratio"] < row["btc_beta_ratio"] < row["btc_beta_high_ratio"]
        share = row["ai_explained_share_ratio"]
        assert row["ai_share_low_ratio"] < share < row["ai_share_high_ratio"]


def test_a_short_window_is_refused_with_the_reason() -> None:
    """Thirty returns show a beta; the joint model wants 120, and says so."""
    words = ("market-table", "--data", history(), "--from", "2026-04-15", "--to", "2026-05-29")
    (row,) = hashhedge(*words, "--tickers", "RIOT", "-o", "json").json["shares"]
    assert row["btc_beta_ratio"] is not None
    assert row["ai_explained_share_ratio"] is None
    assert row["ai_share_low_ratio"] is None
    assert row["reasons"]["joint_r2_ratio"] == "too_few_pairs"


def test_a_folder_without_closes_says_what_to_put_there(tmp_path: Path) -> None:
    """Bitcoin alone is no market: exit 2, what lacks, and the columns of a file that has it."""
    (tmp_path / "btc.csv").write_text("date,close,source\n2026-01-01,90000,x\n")
    said = hashhedge("market-table", "--data", tmp_path)
    assert said.code == 2
    assert "no daily closes of NVDA, CRWV" in said.err
    assert "ticker, date, adj_close" in said.err
