"""Companies, rules and feeds on the command line: the cards of the article, the words for mistakes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.command import Said, hashhedge

ROOT = Path(__file__).resolve().parents[2]
TICKERS = sorted(path.stem for path in (ROOT / "monitor/books/companies").glob("*.yaml"))


def card(ticker: str, *words: str) -> Any:
    """Return a company's card as JSON."""
    said = hashhedge("company", "show", ticker, *words, "--output", "json")
    assert said.code == 0, said.err
    return said.json


def test_every_company_is_listed() -> None:
    """Each company of the book is there with name, type and AI status."""
    rows = hashhedge("company", "list", "--output", "json").json
    assert sorted(row["ticker"] for row in rows) == TICKERS
    assert {"CAN", "CORZ", "CRWV", "HIVE", "HUT", "IREN", "MARA", "RIOT"} < set(TICKERS)
    assert all(row["name"] and row["type"] and row["newest"] for row in rows)


def test_core_scientific() -> None:
    """CORZ: 291.7 M USD a year of contract, revenue down 55.7 % (row B23)."""
    text = yaml.safe_dump(card("CORZ"))
    article = card("CORZ")["article"]
    assert re.search(r"2916\d{5}|291\.[67]", text)
    (change,) = [c for c in article["changes"] if c["fact"] == "total_revenue_usd"]
    assert change["change_ratio"] == pytest.approx(-0.557, abs=0.0005)
    assert "takeover_talks" in {event["kind"] for event in card("CORZ")["events"]}


def test_coreweave_is_depended_on() -> None:
    """CRWV: who depends on it is named, with the contracts (row B24)."""
    dependants = {edge["company"] for edge in card("CRWV")["dependents"]}
    assert "CORZ" in dependants
    assert "CRWV" in {edge["counterparty"] for edge in card("CORZ")["depends_on"]}


def test_hut_8() -> None:
    """HUT: production down 76.7 %, a treasury, and both parts of the fee apart (row B25)."""
    found = card("HUT")
    derived = found["article"]["derived"]
    assert derived["btc_produced_change_ratio"]["value"] == pytest.approx(-0.767, abs=0.0005)
    assert derived["btc_treasury_usd"]["value"] == 10_273 * 105_000
    assert {"fixed_fee", "revenue_share"} <= set(found["contracts"][0])
    assert any(
        c["fixed_fee"]["agreed"] and c["revenue_share"]["agreed"] for c in found["contracts"]
    )


def test_hive() -> None:
    """HIVE: total near 112.2 M, AI share 9 %, goal progress 10.1 % (row B26)."""
    derived = card("HIVE")["article"]["derived"]
    values = [item["value"] for item in derived.values()]
    for wanted in (112.2e6, 0.09, 0.101):
        assert any(value == pytest.approx(wanted, rel=0.002) for value in values), (wanted, derived)


def test_iren() -> None:
    """IREN: AI share 2.5 % at 93,399 USD per BTC, and the class action is flagged (row B27)."""
    found = card("IREN")
    values = [item["value"] for item in found["article"]["derived"].values()]
    assert any(value == pytest.approx(0.0248, abs=0.0002) for value in values)
    assert "litigation" in {flag["kind"] for flag in found["flags"] + found["article"]["flags"]}


def test_riot() -> None:
    """RIOT on the article's day: AI MW only under study, nothing contracted (row B28)."""
    found = card("RIOT", "--as-of", "2025-07-17")
    stages = found["ai_mw_by_stage"]
    assert {stage for stage, item in stages.items() if item["entries"]} == {"evaluating"}
    ratios = {item["name"]: item["value"] for item in found["hedge_ratios"]}
    assert ratios["contracted_coverage_ratio"] == 0
    assert found["article"]["numbers"]["btc_held"] == 19_225


def test_mara() -> None:
    """MARA: contracted 0, status prepared, treasury 5.25 B at 105,000 (row B29)."""
    found = card("MARA", "--as-of", "2025-07-17")
    assert found["ai_status"]["status"] == "prepared"
    ratios = {item["name"]: item["value"] for item in found["hedge_ratios"]}
    assert ratios["contracted_coverage_ratio"] == 0
    article = {item["name"]: item["value"] for item in found["article"]["hedge_ratios"]}
    assert article["contracted_coverage_ratio"] == 0
    assert "btc_treasury_usd" in {item["name"] for item in found["treasury"]}


def test_canaan() -> None:
    """CAN is a maker: its margin fields are absent, its AI exit has a date (row B30)."""
    found = card("CAN")
    assert found["type"] == "asic_maker"
    assert found["mining"] == []
    assert "mining_margin" not in yaml.safe_dump(found)
    assert found["ai_status"]["status"] == "exited"
    assert found["ai_status"]["since"].startswith("2025-0")


@pytest.mark.parametrize("ticker", TICKERS)
def test_every_figure_has_a_date_and_a_source(ticker: str) -> None:
    """No number on a card is without its day and where it was read (row A15)."""
    figures = [item for history in card(ticker)["figures"].values() for item in history]
    assert figures
    assert all(item["as_of"] and item["source"] and item["unit"] for item in figures)


def test_the_past_is_shown_as_it_was_known() -> None:
    """`--as-of` shows nothing that was reported later (row B22)."""
    newest = max(
        f["as_of"] for h in card("RIOT", "--as-of", "2025-07-17")["figures"].values() for f in h
    )
    assert newest <= "2025-07-17"


# ---------------------------------------------------------------- mistakes in company files

GOOD = """\
ticker: ACME
name: Acme Mining
type: miner
cik: "0001234567"
fiscal_year_end: "12-31"
listings: ["Nasdaq:ACME"]
sources:
  report: {title: Invented report, url: "https://example.com/acme"}
figures:
  efficiency_j_th:
    - {value: 18.2, unit: J/TH, as_of: 2025-06-30, source: report}
"""


def test_a_good_company_file_is_fine(tmp_path: Path) -> None:
    """A file is all it takes to add a company (row B34)."""
    (tmp_path / "ACME.yaml").write_text(GOOD, encoding="utf-8")
    rows = hashhedge("company", "list", "--companies", tmp_path, "-o", "json").json
    assert "ACME" in {row["ticker"] for row in rows}
    assert len(rows) == len(TICKERS) + 1


def checked(folder: Path, text: str) -> Said:
    """Check a folder with one company file."""
    (folder / "ACME.yaml").write_text(text, encoding="utf-8")
    return hashhedge("config", "check", "--companies", folder)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (" as_of: 2025-06-30,", "", "as_of"),  # A15: a figure without a date
        (", source: report", "", "source"),
        ("value: 18.2", "value: 18200", "5 to 120 J/TH"),  # B20: a factor of 1000
        ("value: 18.2, unit: J/TH", "value: 20000, unit: mJ/TH", "expected 5 to 120 J/TH"),  # B20
        ("unit: J/TH", "unit: kWh", "cannot convert"),
        ("value: 18.2", "value: -18.2", "efficiency"),
        ("efficiency_j_th", "eficiency_j_th", "efficiency_j_th"),
        ("type: miner", "type: minor", "miner"),
        ("name: Acme Mining\n", "", "name"),
        ("figures:", "figures: [", "ACME.yaml"),
        ("2025-06-30", "2099-06-30", "2099"),
    ],
)
def test_a_bad_company_file_is_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    """File, line, cause and mend; exit 2 (rows A15 and B20)."""
    assert old in GOOD
    said = checked(tmp_path, GOOD.replace(old, new, 1))
    assert (said.code, said.out) == (2, "")
    assert re.search(r"ACME\.yaml:\d+", said.err)
    assert words in said.err


# ---------------------------------------------------------------- rules and feeds


def test_a_misspelt_key_in_a_rulebook(tmp_path: Path) -> None:
    """`rules check` exits 2 and names file, line and the nearest key (row E01)."""
    book = tmp_path / "rules.yaml"
    book.write_text("rules:\n  - id: a\n    type: threshold\n    on: BTC-USD\n    abvoe: 1\n")
    said = hashhedge("rules", "check", book)
    assert (said.code, said.out) == (2, "")
    assert f"{book}:5" in said.err
    assert "did you mean `above`?" in said.err


def test_all_rules_that_cannot_work_are_named(tmp_path: Path) -> None:
    """Two mistakes of meaning come back together."""
    book = tmp_path / "rules.yaml"
    rule = "  - {id: %s, type: threshold, on: %s, above: 1%s}\n"
    book.write_text(
        "rules:\n"
        + rule % ("a", "mining_margin_rato", "")
        + rule % ("b", "mining_margin_ratio", ", companies: [RIOTT]")
    )
    said = hashhedge("rules", "check", book)
    assert said.code == 2
    assert "did you mean `mining_margin_ratio`?" in said.err
    assert "did you mean `RIOT`?" in said.err


def test_a_rule_that_is_refused_to_all_it_names_is_doubted(tmp_path: Path) -> None:
    """No mNAV of RIOT will ever come, so the rule is quiet for ever: a doubt with the reason (B12)."""
    book = tmp_path / "rules.yaml"
    rule = "  - {id: %s, type: threshold, on: mnav_cap_to_nav_ratio, above: 2, companies: [%s]}\n"
    book.write_text("rules:\n" + rule % ("a", "RIOT") + rule % ("b", "RIOT, MSTR"))
    said = hashhedge("rules", "check", book, "-o", "json")
    (doubt,) = said.json["doubts"]
    assert doubt.startswith(f"{book}:2: rule `a` can never fire")
    assert "Name companies of type treasury" in doubt


def test_the_default_rulebook_is_fine() -> None:
    """What is shipped passes its own check and lists with levels and versions."""
    assert hashhedge("rules", "check", "-o", "json").json["rules"] > 0
    rows = hashhedge("rules", "list", "--output", "json").json
    assert "below 0.25, recover 0.3" in {row["condition"] for row in rows}
    fields = {"id", "on", "levels", "condition", "for", "severity", "companies", "version", "note"}
    assert fields == set(rows[0])
    assert "mining-margin-thin" in {row["id"] for row in rows}


def test_feeds_are_listed_with_key_and_licence() -> None:
    """Each provider's name, interval, instruments, key and licence are there."""
    rows = {row["feed"]: row for row in hashhedge("feeds", "list", "-o", "json").json}
    assert {"coinbase", "kraken", "bitstamp", "mempool", "yahoo", "finnhub"} <= set(rows)
    assert rows["finnhub"]["key"]
    assert rows["bitstamp"]["instruments"] == ["BTC-USD"]
    assert all(row["licence"] for row in rows.values())


def test_the_list_of_feeds_stays_a_page_or_two() -> None:
    """At 80 columns a feed of many series has one word for them, and no key is broken."""
    text = hashhedge("feeds", "list", env={"COLUMNS": "80"}).out
    assert "perp.* (6)" in text
    assert "perp.binance" not in text
    assert "ERCOT_SUBSCRIPTION_KEY" in text
    assert len(text.splitlines()) < 100


def test_the_sample_adapter_passes() -> None:
    """The adapter of the docs keeps the contract, offline (row A20)."""
    rows = hashhedge("feeds", "test", ROOT / "docs/samples/gemini", "-o", "json").json
    assert rows
    assert all(row["passed"] for row in rows)


def test_an_adapter_that_is_not_there_exits_2(tmp_path: Path) -> None:
    """A wrong path is a mistake of the person's, said as such."""
    said = hashhedge("feeds", "test", tmp_path / "nothing")
    assert said.code == 2
    assert "nothing" in said.err


def test_a_bad_feeds_book_names_the_nearest(tmp_path: Path) -> None:
    """An unknown feed and an unknown field are both named."""
    book = tmp_path / "feeds.yaml"
    book.write_text("feeds:\n  krakken: {}\n  coinbase: {intervall_s: 5}\n")
    said = hashhedge("config", "check", "--feeds", book)
    assert said.code == 2
    assert "did you mean `kraken`?" in said.err
    assert "did you mean `interval_s`?" in said.err


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CORZ.hardware_margin_ratio", 0.421),
        ("IREN.hardware_margin_ratio", 0.742),
        ("IREN.ai_total_revenue_mix_ratio", 0.0308),
    ],
)
def test_cost_and_revenue_are_of_one_quarter(name: str, value: float) -> None:
    """A newer revenue without its cost leaves the quarter that has both (domain.md 3)."""
    said = hashhedge("explain", name, "--as-of", "2026-11-01", "-o", "json").json
    assert said["value"] == pytest.approx(value, abs=5e-4)
