"""Company files on the command line: doubtful figures, restatements, former tickers."""

from __future__ import annotations

from pathlib import Path

from tests.command import hashhedge

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "companies"

RIOT = """\
ticker: RIOT
name: Riot Platforms
type: miner
fiscal_year_end: "12-31"
sources:
  q1: {title: First quarter of 2025, published: 2025-05-01}
figures:
  btc_produced:
    - {value: 1_530, unit: BTC, period_from: 2025-01-01, as_of: 2025-03-31, source: q1}
  mining_revenue_usd:
    - {value: 142.9, unit: MUSD, period_from: 2025-01-01, as_of: 2025-03-31, source: q1}
"""


def test_a_doubtful_figure_is_a_warning(tmp_path: Path) -> None:
    """1.429 B in place of 142.9 M: exit 0, words on stderr, and in the JSON (B06)."""
    book = tmp_path / "RIOT.yaml"
    book.write_text(RIOT, encoding="utf-8")
    good = hashhedge("config", "check", "--companies", tmp_path, "-o", "json")
    assert good.code == 0
    assert not [item for item in good.json["warnings"] if "RIOT" in item["where"]]
    book.write_text(RIOT.replace("142.9, unit: MUSD", "1.429, unit: BUSD"), encoding="utf-8")
    said = hashhedge("config", "check", "--companies", tmp_path, "-o", "json")
    assert said.code == 0
    assert f"warning {book}:11: implied price 933,987 outside BTC range" in said.err
    (warning,) = [item for item in said.json["warnings"] if item["company"] == "RIOT"]
    assert "implied price 933,987 outside BTC range" in warning["message"]
    assert (warning["where"], bool(warning["hint"])) == (f"{book}:11", True)
    table = hashhedge("config", "check", "--companies", tmp_path)
    assert table.out.startswith("fine: ")
    assert "implied price" in table.err


def test_a_sum_without_its_period_is_a_warning(tmp_path: Path) -> None:
    """Coins of no period: place and mend on stderr; the books that ship have none such."""
    book = tmp_path / "RIOT.yaml"
    book.write_text(RIOT.replace("period_from: 2025-01-01, ", "", 1), encoding="utf-8")
    said = hashhedge("config", "check", "--companies", tmp_path, "-o", "json")
    assert said.code == 0
    (warning,) = said.json["warnings"]
    assert warning["where"] == f"{book}:9"
    assert warning["message"].startswith("btc_produced to 2025-03-31 is a sum over a period")
    assert "period_from" in warning["hint"]


def test_an_error_goes_before_a_warning(tmp_path: Path) -> None:
    """A figure without a source is an error all the same: exit 2."""
    (tmp_path / "RIOT.yaml").write_text(RIOT.replace(", source: q1", "", 1), encoding="utf-8")
    said = hashhedge("config", "check", "--companies", tmp_path)
    assert (said.code, said.out) == (2, "")
    assert "source" in said.err


def test_an_earlier_day_shows_the_figure_before_its_restatement() -> None:
    """`--as-of` returns what was known then (B22, K05)."""

    def newest(day: str) -> float:
        words = ("company", "show", "HIVE", "--as-of", day, "--companies", FIXTURES, "-o", "json")
        value: float = hashhedge(*words).json["figures"]["total_revenue_usd"][0]["value"]
        return value

    assert newest("2025-11-16") == 115.3e6
    assert newest("2025-11-17") == 112.1e6


def test_a_former_ticker_finds_the_company() -> None:
    """BITF leads to KEEL, and the card says until when that was its ticker."""
    said = hashhedge("company", "show", "bitf", "--companies", FIXTURES)
    assert said.code == 0
    assert said.out.startswith("KEEL")
    assert "ticker BITF until 2026-04-06" in said.out
