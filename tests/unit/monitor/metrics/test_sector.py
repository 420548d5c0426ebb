"""Companies side by side in the live table: who is compared with whom, and who is left out."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.compute.plan import MARKET_INPUTS, Plan
from monitor.compute.recompute import Table
from monitor.domain.companies import CompanyType
from monitor.domain.events import Quality, Reading
from tests.worlds import CATALOGUE

TICKERS = ("CIFR", "CLSK", "HIVE", "IREN", "NVDA", "RIOT")
TYPES = tuple(CompanyType.HARDWARE if name == "NVDA" else CompanyType.MINER for name in TICKERS)
CHANGES = {"CIFR": 0.10, "CLSK": -0.05, "HIVE": 0.10, "IREN": 0.0, "NVDA": 0.50, "RIOT": -0.125}
COUNTS = {"CIFR": 3e8, "CLSK": 2e8, "HIVE": 4e8, "IREN": 2e8, "NVDA": 2e10, "RIOT": 2e8}
PLAN = Plan(CATALOGUE)


def put(table: Table, name: str, ticker: str, value: float, quality: int = 0) -> None:
    """Set one input of a company and recompute what depends on it."""
    row = TICKERS.index(ticker)
    table.set(name, row, Reading(value, Quality(quality)))
    table.recompute(PLAN.affected((name,)), [row])


@pytest.fixture
def table() -> Table:
    """Return five miners and a chip maker at 10 USD yesterday, with margins of their own."""
    table = Table(CATALOGUE, TICKERS, TYPES, MARKET_INPUTS)
    table.recompute(tuple(CATALOGUE))
    for ticker in TICKERS:
        put(table, "previous_close_usd", ticker, 10.0)
        put(table, "stock_usd", ticker, 10.0 * (1 + CHANGES[ticker]))
        put(table, "shares_count", ticker, COUNTS[ticker])
        put(table, "ai_revenue_usd", ticker, 10e6)
        put(table, "mining_revenue_usd", ticker, COUNTS[ticker] / 10)
    return table


def shown(table: Table, name: str) -> dict[str, float]:
    """Return a metric's values by ticker, of those who have one."""
    values = table.column(name).values
    return {t: float(v) for t, v in zip(TICKERS, values, strict=True) if np.isfinite(v)}


def one(table: Table, name: str) -> Reading:
    """Return the reading of a sector metric."""
    return table.reading(name, 0)


def test_the_equal_weighted_basket_is_the_mean_of_the_miners(table: Table) -> None:
    """Five miners count a fifth each; the chip maker has neither weight nor influence."""
    assert shown(table, "sector_equal_weight_ratio") == {t: 0.2 for t in TICKERS if t != "NVDA"}
    mean = np.mean([CHANGES[t] for t in TICKERS if t != "NVDA"])
    assert one(table, "sector_equal_change_day_ratio").value == pytest.approx(mean)
    beyond = shown(table, "stock_beyond_sector_day_ratio")
    assert beyond["RIOT"] == pytest.approx(-0.125 - mean)
    assert "NVDA" not in beyond


def test_the_cap_weighted_basket_goes_by_the_value_at_the_close_before(table: Table) -> None:
    """3, 2, 4, 2 and 2 of 13 billion; without its share count a miner drops out of this one only."""
    weights = shown(table, "sector_cap_weight_ratio")
    assert weights == pytest.approx(
        {"CIFR": 3 / 13, "CLSK": 2 / 13, "HIVE": 4 / 13, "IREN": 2 / 13, "RIOT": 2 / 13}
    )
    change = sum(weights[t] * CHANGES[t] for t in weights)
    assert one(table, "sector_cap_change_day_ratio").value == pytest.approx(change)
    put(table, "shares_count", "HIVE", 4e8, Quality.STALE)
    weights = shown(table, "sector_cap_weight_ratio")
    assert weights == pytest.approx({"CIFR": 3 / 9, "CLSK": 2 / 9, "IREN": 2 / 9, "RIOT": 2 / 9})
    reading = table.reading("sector_cap_weight_ratio", TICKERS.index("HIVE"))
    assert (reading.value, reading.reason) == (None, "unusable:shares_count")
    assert len(shown(table, "sector_equal_weight_ratio")) == 5


def test_a_rank_moves_when_one_value_moves_and_ties_stay(table: Table) -> None:
    """AI mix falls with mining revenue: three miners tie for the first place until one passes."""
    assert shown(table, "ai_revenue_mix_rank") == {
        "CIFR": 4,
        "CLSK": 1,
        "HIVE": 5,
        "IREN": 1,
        "RIOT": 1,
    }
    put(table, "ai_revenue_usd", "HIVE", 40e6)
    assert shown(table, "ai_revenue_mix_rank") == {
        "CIFR": 5,
        "CLSK": 2,
        "HIVE": 1,
        "IREN": 2,
        "RIOT": 2,
    }


def test_a_margin_that_moves_passes_others(table: Table) -> None:
    """Cheaper power takes RIOT from the last to the first rank; two equal margins stay a tie (B18)."""
    market = {
        "btc_usd": 105e3,
        "difficulty": 126.98e12,
        "height": 906e3,
        "fees_btc_per_block": 0.03,
    }
    for name, value in market.items():
        table.set(name, 0, Reading(value, Quality.OK))
    table.recompute(PLAN.affected(market))
    prices = {"CIFR": 0.04, "CLSK": 0.05, "HIVE": 0.05, "IREN": 0.06, "RIOT": 0.07}
    for ticker, price in prices.items():
        put(table, "efficiency_j_th", ticker, 20.0)
        put(table, "power_price_usd_kwh", ticker, price)
    ranks = {"CIFR": 1, "CLSK": 2, "HIVE": 2, "IREN": 4, "RIOT": 5}
    assert shown(table, "mining_margin_rank") == ranks
    put(table, "power_price_usd_kwh", "RIOT", 0.03)
    ranks = {"CIFR": 2, "CLSK": 3, "HIVE": 3, "IREN": 5, "RIOT": 1}
    assert shown(table, "mining_margin_rank") == ranks
    z_scores = shown(table, "mining_margin_z_score")
    assert z_scores["CLSK"] == z_scores["HIVE"] == 0
    assert z_scores["CIFR"] == pytest.approx(0.6745)


def test_a_z_score_rests_on_the_median_of_those_it_applies_to(table: Table) -> None:
    """0.25 for four fifths of the miners: the spread is their mean distance, 1.2533 x 1/5 x d."""
    for ticker, mining in (("CIFR", 30e6), ("CLSK", 30e6), ("HIVE", 30e6), ("IREN", 30e6)):
        put(table, "mining_revenue_usd", ticker, mining)
    put(table, "mining_revenue_usd", "RIOT", 10e6)
    assert one(table, "ai_revenue_mix_median_ratio").value == pytest.approx(0.25)
    spread = one(table, "ai_revenue_mix_spread_ratio").value
    assert spread == pytest.approx(1.2533 * 0.25 / 5)
    assert shown(table, "ai_revenue_mix_z_score")["RIOT"] == pytest.approx(5 / 1.2533)
    assert "NVDA" not in shown(table, "ai_revenue_mix_z_score")
    put(table, "mining_revenue_usd", "RIOT", 30e6)
    reading = table.reading("ai_revenue_mix_z_score", 0)
    assert (reading.value, reading.reason) == (None, "no_spread")


def test_too_few_companies_are_not_compared(table: Table) -> None:
    """With two miners left there is a rank and a basket but no median; with one, nothing."""
    for ticker in ("CIFR", "CLSK", "HIVE"):
        put(table, "ai_revenue_usd", ticker, 10e6, Quality.STALE)
        put(table, "stock_usd", ticker, 10.0, Quality.STALE)
    assert shown(table, "ai_revenue_mix_rank") == {"IREN": 1, "RIOT": 1}
    assert one(table, "ai_revenue_mix_median_ratio").reason == "too_few_companies"
    assert one(table, "sector_equal_change_day_ratio").value == pytest.approx(-0.0625)
    put(table, "stock_usd", "IREN", 10.0, Quality.STALE)
    assert one(table, "sector_equal_change_day_ratio").reason == "too_few_companies"
    assert shown(table, "stock_beyond_sector_day_ratio") == {}
