"""Doubts: implied price, years that end elsewhere, expired levels, wrong units, mixed periods."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.clock import DAY, parse_iso
from monitor.domain.companies import Companies, Company, CompanyType
from monitor.domain.contracts import Contract
from monitor.domain.facts import FACTS
from monitor.domain.figures import Confidence, Figure
from monitor.domain.fiscal import ends_fiscal_year, misnamed
from monitor.domain.guards import (
    doubts,
    implied_price_usd,
    likely_units,
    mixed_basis,
    mixed_period,
    strangers,
)
from monitor.domain.price_history import btc_range_usd
from monitor.domain.risk_levels import RiskKind, RiskLevel
from monitor.domain.units import Range

NOW = parse_iso("2026-11-01")


def figure(  # what the guards look at
    fact: str,
    value: float,
    start: str = "2025-01-01",
    end: str = "2025-03-31",
    *,
    basis: str = "",
    note: str = "",
) -> Figure:
    """Return a figure of a period, by default the first quarter of 2025."""
    return Figure(
        fact=fact,
        value=value,
        as_of=parse_iso(end),
        source="s",
        title="t",
        confidence=Confidence.CONFIRMED,
        basis=basis,
        note=note,
        period_start=parse_iso(start),
        where="RIOT.yaml:31",
    )


def company(*figures: Figure, year_end: str = "12-31") -> Company:
    """Return a company with these figures."""
    by_fact: dict[str, tuple[Figure, ...]] = {}
    for item in figures:
        by_fact[item.fact] = (*by_fact.get(item.fact, ()), item)
    return Company(
        ticker="RIOT",
        name="A company",
        type=CompanyType.MINER,
        fiscal_year_end=year_end,
        figures=by_fact,
    )


def test_the_implied_price_of_riots_quarter() -> None:
    """142.9 M USD over 1,530 BTC are 93,399 USD, a price that BTC had (B06)."""
    revenue, coins = figure("mining_revenue_usd", 142.9e6), figure("btc_produced", 1_530)
    assert implied_price_usd(revenue, coins) == pytest.approx(93_399, abs=0.5)
    assert doubts(company(revenue, coins), NOW) == ()


def test_a_factor_of_ten_is_doubted() -> None:
    """1.429 B by mistake: the price is named with the range, at the figure's place (B06)."""
    revenue, coins = figure("mining_revenue_usd", 1.429e9), figure("btc_produced", 1_530)
    (doubt,) = doubts(company(revenue, coins), NOW)
    assert "implied price 933,987 outside BTC range 79,000 to 106,000 USD" in doubt.problem
    assert doubt.where == "RIOT.yaml:31"
    assert "factor of ten" in doubt.hint
    assert doubts(company(revenue, coins), parse_iso("2025-03-30")) == ()


@given(st.floats(1_000, 1e6))
def test_a_price_is_doubted_exactly_outside_the_range(price: float) -> None:
    """Whatever the price, it is doubted where no close of the quarter's range reaches it."""
    figures = figure("mining_revenue_usd", price * 1_000), figure("btc_produced", 1_000)
    assert bool(doubts(company(*figures), NOW)) == (not 79_000 <= price <= 106_000)


def test_the_implied_price_compares_one_period_only() -> None:
    """Revenue of a quarter over coins of a month, or none mined, is no price."""
    revenue = figure("mining_revenue_usd", 142.9e6)
    month = figure("btc_produced", 500, "2025-03-01")
    assert implied_price_usd(revenue, month) is None
    coins = replace(figure("btc_produced", 1_000), basis="owned sites, part of the company")
    assert implied_price_usd(revenue, coins) is None
    assert implied_price_usd(revenue, figure("btc_produced", 0)) is None
    assert implied_price_usd(replace(revenue, period_start=None), month) is None
    assert not [it for it in doubts(company(revenue, month), NOW) if "implied" in it.problem]


def test_the_price_range_takes_whole_quarters() -> None:
    """A day has its quarter's range, a longer period that of all its quarters; a gap has none."""
    day = parse_iso("2025-02-03")
    assert btc_range_usd(day, day) == Range(79_000, 106_000)
    assert btc_range_usd(day, parse_iso("2025-07-01")) == Range(76_300, 123_500)
    assert btc_range_usd(parse_iso("2019-12-31"), day) is None
    assert btc_range_usd(day, parse_iso("2028-07-01")) is None


def test_a_quarter_newer_than_the_prices_has_a_wide_range() -> None:
    """The figure entered next is of a quarter no table has: a slip by ten is seen all the same."""
    first, last = parse_iso("2026-07-01"), parse_iso("2026-09-30")
    assert btc_range_usd(first, last) == Range(29_250, 249_800)
    assert btc_range_usd(parse_iso("2026-04-01"), last) == Range(29_250, 249_800)
    assert btc_range_usd(first, parse_iso("2028-06-30")) == Range(29_250, 249_800)
    revenue = replace(figure("mining_revenue_usd", 43.4e6, "2026-07-01"), as_of=last)
    coins = replace(figure("btc_produced", 4_100, "2026-07-01"), as_of=last)
    (doubt,) = doubts(company(revenue, coins), last + 1)
    assert "implied price 10,585 outside BTC range 29,250 to 249,800 USD" in doubt.problem
    assert doubts(company(revenue, replace(coins, value=410)), last + 1) == ()


@pytest.mark.parametrize(
    "fact", ["ai_revenue_usd", "btc_produced", "energy_used_mwh", "capex_usd", "power_credits_usd"]
)
def test_a_sum_without_its_period_is_doubted(fact: str) -> None:
    """A revenue, coins or energy since an unknown day is named with its place and the mend."""
    item = figure(fact, 1e6 if fact.endswith("usd") else 500)
    assert doubts(company(item), NOW) == ()
    (doubt,) = doubts(company(replace(item, period_start=None)), NOW)
    assert doubt.problem.startswith(f"{fact} to 2025-03-31 is a sum over a period")
    assert (doubt.where, "period_from" in doubt.hint) == ("RIOT.yaml:31", True)


@pytest.mark.parametrize("fact", ["cash_usd", "btc_held", "ai_revenue_usd_year", "shares_count"])
def test_a_state_or_a_rate_needs_no_period(fact: str) -> None:
    """Cash, coins held and a yearly rate are of one day, and a live sum is somebody's own word."""
    item = replace(figure(fact, 5e6 if fact != "btc_held" else 500), period_start=None)
    assert doubts(company(item), NOW) == ()
    live = replace(figure("ai_revenue_usd", 1e6), period_start=None, expires=NOW + DAY)
    assert doubts(company(live), NOW) == ()


@pytest.mark.parametrize(
    ("start", "end", "basis", "note", "doubted"),
    [
        ("2024-04-01", "2025-03-31", "", "", False),
        ("2025-01-01", "2025-12-31", "", "", True),
        ("2025-01-01", "2025-12-31", "calendar year", "", False),
        ("2025-01-01", "2025-12-31", "", "trailing twelve months", False),
        ("2025-07-01", "2025-09-30", "", "Q2 FY2026", False),
        ("2025-04-01", "2025-06-30", "", "Q2 FY2026", True),
        ("2025-04-01", "2025-06-30", "FY26 Q1", "", False),
        ("2025-04-01", "2026-03-31", "", "FY2025", True),
        ("2025-04-01", "2026-03-31", "", "FY2026", False),
    ],
)
def test_a_fiscal_year_read_as_calendar_is_doubted(
    start: str, end: str, basis: str, note: str, doubted: object
) -> None:
    """HIVE's year ends in March: a year or a fiscal name that ends elsewhere is named."""
    item = figure("total_revenue_usd", 1e8, start, end, basis=basis, note=note)
    found = doubts(company(item, year_end="03-31"), NOW)
    assert bool(found) == doubted
    for doubt in found:
        assert "03-31" in doubt.problem
        assert end in doubt.problem


def test_fiscal_ends_know_months_and_weekdays() -> None:
    """The end of February, a quarter of a June year, and a year that ends on a Sunday in January."""
    assert ends_fiscal_year(parse_iso("2024-02-29"), "02-28")
    assert ends_fiscal_year(parse_iso("2026-01-25"), "01-31")
    assert not ends_fiscal_year(parse_iso("2026-02-28"), "01-31")
    assert misnamed("Q3 FY25", parse_iso("2025-03-31"), "06-30") == ""
    assert misnamed("Q3 FY2025", parse_iso("2025-09-30"), "06-30") == (
        "it is called Q3 FY2025, which ends on 2025-03-31"
    )
    assert misnamed("no name at all", parse_iso("2025-03-31"), "06-30") == ""


def test_an_expired_level_is_a_doubt() -> None:
    """A judgement that ran out asks for a new one; one that stands does not."""
    level = RiskLevel(
        risk=RiskKind.POWER,
        level="high",
        reason="r",
        date=NOW - 90 * DAY,
        author="A. Desk",
        expires=NOW - 30 * DAY,
        source="s",
    )
    (doubt,) = doubts(replace(company(), risks=(level,)), NOW)
    assert doubt.problem == "the level of power by A. Desk expired on 2026-10-02"
    assert doubts(replace(company(), risks=(level,)), NOW - 31 * DAY) == ()


@pytest.mark.parametrize(
    ("fact", "value", "units"),
    [
        ("hashrate_installed_eh_s", 30, ("PH/s", "EH/s")),
        ("power_price_usd_kwh", 60, ("USD/MWh",)),
        ("pool_fee_ratio", 5, ("%", "bps")),
        ("efficiency_j_th", -18.5, ()),
        ("energy_used_mwh", 350_000_000, ("Wh", "kWh")),
    ],
)
def test_the_usual_slip_of_a_unit_is_found(fact: str, value: float, units: tuple[str, ...]) -> None:
    """TH for EH, MWh for kWh, percent for fraction: the units in which the number would do."""
    assert likely_units(FACTS[fact], value) == units


def test_mixed_periods_are_flagged_with_both_dates() -> None:
    """Sums of two periods in one metric are named by their ends, or by their whole periods."""
    quarter, month = figure("ai_revenue_usd", 1e6), figure("btc_produced", 5, "2025-03-01")
    year = figure("mining_revenue_usd", 1e6, "2024-01-01", "2024-12-31")
    assert mixed_period({"ai": quarter, "mining": year}) == (
        "mixed_period: ai to 2025-03-31, mining to 2024-12-31"
    )
    assert mixed_period({"ai": quarter, "coins": month}) == (
        "mixed_period: ai 2025-01-01 to 2025-03-31, coins 2025-03-01 to 2025-03-31"
    )
    assert mixed_period({"ai": quarter, "same": figure("mining_revenue_usd", 2e6)}) == ""


def test_a_hashrate_of_another_time_than_the_coins_is_flagged() -> None:
    """Coins of a quarter over the machines at the end of another say nothing; of its own they do."""
    coins = figure("btc_produced", 1_530)
    own = figure("hashrate_average_operating_eh_s", 30)
    later = replace(own, period_start=None, as_of=parse_iso("2026-03-31"))
    assert mixed_period({"coins": coins, "rate": own}) == ""
    assert mixed_period({"coins": coins, "rate": later}) == (
        "mixed_period: coins to 2025-03-31, rate to 2026-03-31"
    )


def test_mixed_bases_of_power_are_flagged() -> None:
    """Gross beside critical IT is named; nil power has no basis."""
    gross = figure("contracted_mw", 100, basis="gross")
    it = figure("ai_contracted_mw", 50, basis="critical IT")
    assert mixed_basis({"all": gross, "ai": it}) == "mixed_basis: all gross, ai critical IT"
    assert mixed_basis({"all": gross, "ai": replace(it, value=0)}) == ""


@pytest.mark.parametrize(
    ("price", "doubted"), [(0.0047, True), (0.02, False), (0, False), (-0.01, False)]
)
def test_a_very_small_power_price_is_a_doubt(price: float, doubted: bool) -> None:
    """A price between what nobody pays and what somebody does is most likely in another unit."""
    found = Company(
        ticker="RIOT",
        name="Riot",
        type=CompanyType.MINER,
        fiscal_year_end="12-31",
        figures={"power_price_usd_kwh": (figure("power_price_usd_kwh", price),)},
    )
    assert [doubt.where for doubt in doubts(found, NOW)] == ["RIOT.yaml:31"] * doubted


def test_a_contract_with_oneself_is_a_doubt() -> None:
    """Nobody is one's own customer: the ticker is another's."""
    own = Contract(name="Big", stages=(), counterparty_ticker="RIOT")
    riot = Company(
        ticker="RIOT",
        name="Riot",
        type=CompanyType.MINER,
        fiscal_year_end="12-31",
        contracts=(own, replace(own, name="Small", counterparty_ticker="AMD")),
    )
    assert [doubt.problem for doubt in doubts(riot, NOW)] == ["contract `Big` is with RIOT itself"]


def test_a_payer_that_no_book_has_is_a_doubt() -> None:
    """A slip of the pen is told from a payer who needs no book, and the near ticker is named."""
    corz = replace(
        company(),
        ticker="CORZ",
        contracts=(
            Contract(name="A", stages=(), counterparty_ticker="CRVW", where="CORZ.yaml:9"),
            Contract(name="B", stages=(), counterparty_ticker="MSFT"),
            Contract(name="C", stages=(), counterparty_ticker="CRWV"),
        ),
    )
    books = Companies({"CORZ": corz, "CRWV": replace(company(), ticker="CRWV")})
    (doubt,) = strangers(books)
    assert (doubt.company, doubt.where) == ("CORZ", "CORZ.yaml:9")
    assert "CRVW" in doubt.problem
    assert "did you mean CRWV?" in doubt.hint
