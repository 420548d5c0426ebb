"""What the default books say: the worked numbers, sums that must agree, and what must be absent."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import yaml

from monitor.books import load_companies
from monitor.books.company_book import default_directory
from monitor.core.clock import parse_iso
from monitor.domain.companies import (
    Company,
    CompanyType,
    EventKind,
    Figure,
    dependencies_of,
    dependents_of,
    fact_at,
    iso_day,
)
from monitor.domain.contracts import mw_by_stage
from monitor.domain.guards import doubts

NOW = parse_iso("2026-11-01")
ARTICLE_DAY = parse_iso("2025-07-17")
COMPANIES = load_companies(NOW)
PRICES = Path(__file__).resolve().parents[4].parent / "shared" / "data" / "btc_price_daily.csv"
DAY = 86_400_000


def figures(ticker: str, fact: str) -> dict[tuple[str, int], Figure]:
    """Return a fact's figures by last day and length of the period, 0 for a state on one day."""
    history = COMPANIES[ticker].figures[fact]
    return {(iso_day(figure.as_of), figure.period_days or 0): figure for figure in history}


def value(ticker: str, fact: str, day: str, days: int = 0) -> float:
    """Return the value of a fact for a day, and for a period of so many days."""
    return figures(ticker, fact)[day, days].value


# ---------------------------------------------------------------- worked numbers


def test_riot_sold_at_93_399() -> None:
    """142.9 M USD for 1,530 BTC in the first quarter of 2025 (features.md B27, B28)."""
    revenue = value("RIOT", "mining_revenue_usd", "2025-03-31", 90)
    coins = value("RIOT", "btc_produced", "2025-03-31", 90)
    assert (revenue, coins) == (142.9e6, 1_530)
    assert round(revenue / coins) == 93_399


def test_iren_made_1_514_coins_and_3_6_m_of_ai_revenue() -> None:
    """The third quarter of its FY25, at Riot's price: AI share 2.5 % (features.md B27)."""
    coins = value("IREN", "btc_produced", "2025-03-31", 90)
    ai_revenue = value("IREN", "ai_revenue_usd", "2025-03-31", 90)
    assert (coins, ai_revenue) == (1_514, 3.6e6)
    assert ai_revenue / (ai_revenue + coins * 93_399) == pytest.approx(0.0248, abs=0.00005)


def test_hive_has_8_7_percent_of_ai() -> None:
    """FY2025, to March: 10.0 of 115.3 M USD (domain.md 5 row 1)."""
    ai_revenue = value("HIVE", "ai_revenue_usd", "2025-03-31", 365)
    total = value("HIVE", "total_revenue_usd", "2025-03-31", 365)
    assert (ai_revenue, total) == (10.0e6, 115.3e6)
    assert round(ai_revenue / total, 3) == 0.087


def test_core_scientific_is_to_earn_291_7_m_a_year() -> None:
    """3.5 B USD over 12 years; 8.7 B over as many is 725 M (domain.md 5 row 7, features.md B23)."""
    contract = next(c for c in COMPANIES["CORZ"].contracts if c.name == "CoreWeave June 2024")
    assert contract.run_rate_usd_year == pytest.approx(291.667e6, rel=1e-5)
    given = fact_at(COMPANIES["CORZ"], "contracted_ai_revenue_usd_year", parse_iso("2024-12-31"))
    assert given is not None
    assert given.value == pytest.approx(8.7e9 / 12)


def test_the_layers_of_a_coin_add_up_to_the_printed_cost() -> None:
    """CleanSpark's energy, other cash cost and depreciation make 66,058 and 86,428 USD."""
    layers = ("power_cost_usd_btc", "other_cash_cost_usd_btc", "non_cash_cost_usd_btc")
    for day, days, printed in (("2024-12-31", 92, 66_058), ("2025-06-30", 91, 86_428)):
        assert sum(value("CLSK", layer, day, days) for layer in layers) == printed


@pytest.mark.parametrize(
    ("ticker", "day", "days", "printed"),
    [("CLSK", "2025-06-30", 91, 98_753), ("IREN", "2025-03-31", 90, 93_000)],
)
def test_revenue_over_coins_is_the_printed_revenue_of_a_coin(
    ticker: str, day: str, days: int, printed: float
) -> None:
    """The company's own revenue per BTC agrees with its revenue and its coins within 0.3 %."""
    revenue = value(ticker, "mining_revenue_usd", day, days)
    assert revenue / value(ticker, "btc_produced", day, days) == pytest.approx(printed, rel=0.003)


# ---------------------------------------------------------------- sums that must agree


@pytest.mark.parametrize(
    ("ticker", "fact", "slack"),
    [
        ("RIOT", "btc_produced", 0),
        ("CORZ", "total_revenue_usd", 0.001),
        ("CORZ", "mining_revenue_usd", 0.001),
        ("CORZ", "ai_revenue_usd", 0.003),
    ],
)
def test_nine_months_are_their_quarters(ticker: str, fact: str, slack: float) -> None:
    """To September 2025, up to the rounding of quarters that were printed in millions."""
    ends = (("2025-03-31", 90), ("2025-06-30", 91), ("2025-09-30", 92))
    quarters = sum(value(ticker, fact, day, days) for day, days in ends)
    assert quarters == pytest.approx(value(ticker, fact, "2025-09-30", 273), rel=slack)


@pytest.mark.parametrize(
    ("months", "quarter"),
    [
        ((("2024-07-31", 31), ("2024-08-31", 31), ("2024-09-30", 30)), ("2024-09-30", 92)),
        ((("2024-10-31", 31), ("2024-11-30", 30), ("2024-12-31", 31)), ("2024-12-31", 92)),
        ((("2025-01-31", 31), ("2025-02-28", 28), ("2025-03-31", 31)), ("2025-03-31", 90)),
    ],
)
def test_irens_months_make_its_quarters(
    months: tuple[tuple[str, int], ...], quarter: tuple[str, int]
) -> None:
    """Three months of AI revenue are the quarter's, to the printed tenth of a million."""
    made = sum(value("IREN", "ai_revenue_usd", *month) for month in months)
    assert made == pytest.approx(value("IREN", "ai_revenue_usd", *quarter), abs=0.05e6)


def test_mara_sold_what_left_its_treasury() -> None:
    """53,822 less 15,133 are 38,689 coins at 31 March 2026."""
    sold = value("MARA", "btc_sold", "2026-03-31", 90)
    before, after = (value("MARA", "btc_held", day) for day in ("2025-12-31", "2026-03-31"))
    assert before - sold == after


def mined() -> Iterator[tuple[str, Figure, Figure]]:
    """Yield each company's mining revenue and coins of one and the same period.

    CleanSpark hosted machines elsewhere until 2025: the coins of its own sites are fewer than those
    that its revenue is of.
    """
    for ticker, company in COMPANIES.items():
        coins = {
            (item.period_start, item.as_of): item
            for item in company.figures.get("btc_produced", ())
            if "part of the company" not in item.basis
        }
        for revenue in company.figures.get("mining_revenue_usd", ()):
            found = coins.get((revenue.period_start, revenue.as_of))
            if found is not None:
                yield ticker, revenue, found


@pytest.mark.skipif(
    not PRICES.is_file() and os.environ.get("CI") != "true",
    reason="no prices beside the repository",
)
def test_revenue_over_coins_is_the_price_of_the_period() -> None:
    """The implied price of a quarter is within 3 % of the market's mean, of a year within 7 %.

    A factor of ten, a wrong quarter or a fiscal year read as a calendar one would stand out.
    """
    with PRICES.open(encoding="utf-8", newline="") as lines:
        closes = {row["date"]: float(row["close"]) for row in csv.DictReader(lines)}
    checked = 0
    for ticker, revenue, coins in mined():
        assert revenue.period_start is not None
        days = range(revenue.period_start, revenue.as_of + 1, DAY)
        mean = sum(closes[iso_day(day)] for day in days) / len(days)
        slack = 0.03 if revenue.is_quarter else 0.07
        implied = revenue.value / coins.value
        assert implied == pytest.approx(mean, rel=slack), (ticker, iso_day(revenue.as_of))
        checked += 1
    assert checked >= 20


@pytest.mark.parametrize("company", COMPANIES.values(), ids=lambda company: company.ticker)
def test_the_default_books_raise_no_doubt(company: Company) -> None:
    """`config check` has nothing to warn of in what is shipped."""
    assert doubts(company, NOW) == ()


# ---------------------------------------------------------------- fiscal years, names, types


@pytest.mark.parametrize(
    ("ticker", "year_end", "first", "last"),
    [
        ("HIVE", "03-31", "2024-04-01", "2025-03-31"),
        ("IREN", "06-30", "2024-07-01", "2025-06-30"),
        ("CLSK", "09-30", "2024-10-01", "2025-09-30"),
        ("APLD", "05-31", "2025-06-01", "2025-08-31"),
        ("NVDA", "01-31", "2026-01-26", "2026-04-26"),
    ],
)
def test_a_fiscal_year_is_told_in_true_dates(
    ticker: str, year_end: str, first: str, last: str
) -> None:
    """A year that ends in March is no calendar year; NVIDIA's quarters are thirteen weeks."""
    assert COMPANIES[ticker].fiscal_year_end == year_end
    spans = {
        (iso_day(item.period_start), iso_day(item.as_of))
        for item in COMPANIES[ticker].figures["total_revenue_usd"]
        if item.period_start is not None
    }
    assert (first, last) in spans


def test_nvidias_quarters_end_on_sundays() -> None:
    """The last Sunday of January closes its year, thirteen weeks later the first quarter ends."""
    for item in COMPANIES["NVDA"].figures["total_revenue_usd"]:
        assert date.fromisoformat(iso_day(item.as_of)).isoweekday() == 7
        assert item.period_days == 13 * 7


def test_bitfarms_is_keel() -> None:
    """The old ticker finds the company, and its event says from which day the new one holds."""
    keel = COMPANIES.find("BITF")
    assert keel is COMPANIES["KEEL"]
    (renaming,) = [event for event in keel.events if event.kind is EventKind.RENAMING]
    assert iso_day(renaming.at) == "2026-04-06"


_MINES = re.compile(
    "hashrate|mining|^btc_produced|^btc_sold|efficiency|power_price|pool_fee|uptime"
)


def test_what_does_not_apply_to_a_type_is_absent() -> None:
    """Hosts, treasuries and suppliers have no mining figure, not even a zero; makers may mine."""
    for company in COMPANIES.values():
        if company.type in {CompanyType.MINER, CompanyType.ASIC_MAKER}:
            continue
        assert [fact for fact in company.figures if _MINES.search(fact)] == [], company.ticker


def test_bitmain_has_no_share() -> None:
    """A private company loads with its figure and without an exchange (features.md B32)."""
    bitmain = COMPANIES["BITMAIN"]
    assert (bitmain.listings, bitmain.listed) == ((), False)
    assert list(bitmain.figures) == ["asic_share_ratio"]
    assert all(company.listed for company in COMPANIES.values() if company is not bitmain)


# ---------------------------------------------------------------- contracts and who depends on whom


def test_coreweave_carries_three_landlords() -> None:
    """Its fall is news for CORZ, GLXY and APLD, once each has signed (features.md B24)."""
    edges = {edge.company for edge in dependents_of(COMPANIES, "CRWV", NOW)}
    assert edges == {"APLD", "CORZ", "GLXY"}
    before = {edge.company for edge in dependents_of(COMPANIES, "CRWV", ARTICLE_DAY)}
    assert before == {"CORZ"}


def test_nvidia_is_a_tenant_too() -> None:
    """IREN depends on Microsoft and NVIDIA."""
    edges = dependencies_of(COMPANIES["IREN"], NOW)
    assert [edge.counterparty for edge in edges] == ["MSFT", "NVDA"]


@pytest.mark.parametrize(("ticker", "when"), [("RIOT", ARTICLE_DAY), ("KEEL", NOW), ("CLSK", NOW)])
def test_a_plan_is_no_contract(ticker: str, when: int) -> None:
    """Power that is looked at stands under `evaluating`, and nothing is contracted (B28)."""
    company = COMPANIES[ticker]
    assert [stage.value for stage in mw_by_stage(company.contracts, when)] == ["evaluating"]
    for fact in ("ai_contracted_mw", "contracted_ai_revenue_usd_year"):
        found = fact_at(company, fact, when)
        assert found is not None
        assert found.value == 0


@pytest.mark.parametrize(
    ("ticker", "power_mw", "usd_year"),
    [
        ("CIFR", 468, 5.5e9 / 15 + 3e9 / 10),
        ("GLXY", 526, 1e9),
        ("IREN", 260, 9.7e9 / 5 + 3.4e9 / 5),
        ("WYFI", 40, 86.5e6),
        ("APLD", 1_620, None),
        ("WULF", 839, None),
    ],
)
def test_contracts_add_up_where_all_are_disclosed(
    ticker: str, power_mw: float, usd_year: float | None
) -> None:
    """The sums of contracts in force, and no later sum that would leave one out."""
    company = COMPANIES[ticker]
    power = fact_at(company, "ai_contracted_mw", NOW)
    assert power is not None
    assert power.value == power_mw
    if usd_year is not None:
        money = fact_at(company, "contracted_ai_revenue_usd_year", NOW)
        assert money is not None
        assert money.value == pytest.approx(usd_year)


# ---------------------------------------------------------------- dates and sources


def company_files() -> list[Path]:
    """Return the default files."""
    return sorted(default_directory().glob("*.yaml"))


@pytest.mark.parametrize("path", company_files(), ids=lambda path: path.stem)
def test_every_source_is_used_and_has_a_title(path: Path) -> None:
    """No paper is listed that nothing refers to, and none is a bare address."""
    text = path.read_text(encoding="utf-8")
    sources = yaml.safe_load(text)["sources"]
    for name, source in sources.items():
        assert re.search(rf"source: {re.escape(name)}[,}}\n]", text), name
        assert source["title"]


@pytest.mark.parametrize("company", COMPANIES.values(), ids=lambda company: company.ticker)
def test_nothing_is_dated_in_the_future_or_without_a_source(company: Company) -> None:
    """Figures, steps, events and flags lie before September 2026 and name where they were read."""
    moments = [figure.as_of for history in company.figures.values() for figure in history]
    moments += [event.at for event in company.events]
    stages = [step for contract in company.contracts for step in contract.stages]
    moments += [step.since for step in stages] + [step.since for step in company.ai_status]
    moments += [flag.since for flag in company.flags]
    assert max(moments) < parse_iso("2026-09-01")
    sources = [(f.source, f.title) for history in company.figures.values() for f in history]
    sources += [(step.source, step.title) for step in stages]
    sources += [(step.source, step.title) for step in company.ai_status]
    sources += [(event.source, event.title) for event in company.events]
    assert all(source and title for source, title in sources)
