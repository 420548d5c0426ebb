"""Company files on the command line: doubtful figures, restatements, former tickers."""

from __future__ import annotations

from pathlib import Path

import pytest

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


HEAD = RIOT[: RIOT.index("figures:")] + "figures:\n"
Q4, Q1 = "period_from: 2024-10-01, as_of: 2024-12-31", "period_from: 2025-01-01, as_of: 2025-03-31"


def history(fact: str, *figures: str) -> str:
    """Return a section of figures."""
    return f"  {fact}:\n" + "".join(f"    - {{{it}, source: q1}}\n" for it in figures)


@pytest.mark.parametrize(
    ("section", "code", "words"),
    [
        pytest.param(
            history(
                "hashrate_installed_eh_s",
                "value: 42.5, unit: EH/s, as_of: 2024-12-31",
                "value: 42_500, unit: TH/s, as_of: 2025-03-31",
            ),
            2,
            "is 1/1,000 of hashrate_installed_eh_s of 42.5 EH/s to 2024-12-31; expected 8.5 to 212",
            id="TH for EH",
        ),
        pytest.param(
            history("hashrate_installed_eh_s", "value: 42_500, unit: TH/s, as_of: 2025-03-31"),
            0,
            "is very little; expected 0.1 to 500 EH/s",
            id="TH for EH, without a history",
        ),
        pytest.param(
            history(
                "btc_produced", f"value: 1_500, unit: BTC, {Q4}", f"value: 150, unit: BTC, {Q1}"
            ),
            2,
            "is 1/9.78 of btc_produced of 1,500 BTC to 2024-12-31, by the day; expected 293 to 7,337",
            id="coins by ten",
        ),
        pytest.param(
            history(
                "mining_revenue_usd",
                f"value: 142, unit: MUSD, {Q4}",
                f"value: 1.4, unit: BUSD, {Q1}",
            ),
            2,
            "is 10.1 times mining_revenue_usd of 142,000,000 USD",
            id="revenue by ten",
        ),
        pytest.param(
            history("power_price_usd_kwh", "value: 45, unit: USD/kWh, as_of: 2025-03-31"),
            2,
            "expected -0.25 to 0.5 USD/kWh",
            id="a price of MWh for kWh",
        ),
        pytest.param(
            history("uptime_ratio", "value: 93, unit: ratio, as_of: 2025-03-31"),
            2,
            "expected 0 to 1 ratio",
            id="percent for fraction",
        ),
        pytest.param(
            history("uptime_ratio", 'value: 0.93, unit: "%", as_of: 2025-03-31'),
            0,
            "is very little; expected 0.1 to 1 ratio",
            id="fraction for percent",
        ),
        pytest.param(
            history("efficiency_j_th", "value: -17.5, unit: J/TH, as_of: 2025-03-31"),
            2,
            "expected 5 to 120 J/TH",
            id="a negative efficiency",
        ),
        pytest.param(
            history(
                "btc_produced", "value: 500, unit: BTC, period_from: 2025-03-01, as_of: 2025-03-31"
            )
            + history("mining_revenue_usd", f"value: 142.9, unit: MUSD, {Q1}"),
            0,
            "of different periods: mining_revenue_usd 2025-01-01 to 2025-03-31 stands beside btc_produced"
            " 2025-03-01 to 2025-03-31; expected one period",
            id="mixed periods",
        ),
        pytest.param(
            history(
                "total_revenue_usd",
                "value: 300, unit: MUSD, period_from: 2024-01-01, as_of: 2024-12-31",
            ),
            0,
            "a year, and the fiscal year of RIOT ends on 03-31",
            id="a fiscal year read as calendar",
        ),
    ],
)
def test_a_slip_is_refused_or_flagged_with_the_range(
    tmp_path: Path, section: str, code: int, words: str
) -> None:
    """Refused with exit 2 where it cannot be, else a warning; place, range and mend either way."""
    head = HEAD.replace("12-31", "03-31") if "fiscal" in words else HEAD
    book = tmp_path / "RIOT.yaml"
    book.write_text(head + section, encoding="utf-8")
    said = hashhedge("config", "check", "--companies", tmp_path)
    assert said.code == code
    assert said.err.startswith(f"{'error' if code else 'warning'} {book}:")
    assert words in said.err
    assert "to fix: " in said.err


def test_a_jump_that_is_meant_is_said_to_be(tmp_path: Path) -> None:
    """`jump: true` at the figure lets it stand."""
    section = history(
        "btc_produced", f"value: 1_500, unit: BTC, {Q4}", f"value: 150, unit: BTC, {Q1}, jump: true"
    )
    (tmp_path / "RIOT.yaml").write_text(HEAD + section, encoding="utf-8")
    said = hashhedge("config", "check", "--companies", tmp_path)
    assert (said.code, said.err) == (0, "")


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
