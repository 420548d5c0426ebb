"""`hashhedge calc` on AI beside the mine, the use of power and valuation: the rows as written."""

from __future__ import annotations

import pytest

from tests.command import hashhedge

HIVE = ("ai_revenue_usd=10.1e6", "mining_revenue_usd=102.1e6")
MACHINE = ("hashprice_usd_ph_day=52.50", "efficiency_j_th=20", "power_price_usd_kwh=0.06")
CONTRACT = ("contracted_ai_revenue_usd_year=1.85e6", "ai_contracted_mw=1")
GPUS = ("gpu_count=4300", "gpu_rental_usd_hour=2.60", "ai_utilisation_ratio=0.5")


@pytest.mark.parametrize(
    ("metric", "value", "within", "unit", "given"),
    [
        ("btc_treasury_usd", 5.25e9, 1, "USD", ("btc_held=50000", "btc_usd=105000")),  # B12
        ("revenue_change_fall_30_ratio", -0.273, 5e-4, "ratio", HIVE),  # C03
        ("mining_revenue_usd_mw_year", 0.958e6, 500, "USD/MW/year", MACHINE),  # C06
        (
            "switch_hashprice_usd_ph_day",
            104.83,
            0.005,
            "USD/PH/day",
            (*MACHINE[1:], *CONTRACT, "ai_gross_margin_ratio=0.75"),
        ),  # C07
        ("ai_revenue_estimate_usd_year", 49.0e6, 5e4, "USD/year", GPUS),  # C11
        (
            "debt_per_ai_contracted_usd_mw",
            10e6,
            1,
            "USD/MW",
            ("debt_usd=1e9", "ai_contracted_mw=100"),
        ),  # C13
    ],
)
def test_worked_numbers(
    metric: str, value: float, within: float, unit: str, given: tuple[str, ...]
) -> None:
    """Each number of the feature rows comes out as printed, with its unit."""
    said = hashhedge("calc", metric, *given, "--output", "json")
    assert said.code == 0
    assert said.json["value"] == pytest.approx(value, abs=within)
    assert (said.json["unit"], said.json["reason"]) == (unit, None)


def test_without_its_debt_a_company_is_worth_its_market_cap_only() -> None:
    """EV of 3.0 B over 1,000 MW is 3.0 M USD/MW, and the table says what it is made of (B13)."""
    given = ("market_cap_usd=3.0e9", "btc_held=0", "btc_usd=105000", "contracted_mw=1000")
    metric = "operating_ev_per_contracted_usd_mw"
    said = hashhedge("calc", metric, *given)
    assert "3,000,000 USD/MW" in said.out
    assert "market cap only" in said.out
    known = hashhedge("calc", metric, *given, "debt_usd=800e6", "cash_usd=300e6")
    assert "3,500,000 USD/MW" in known.out
    assert "market cap only" not in known.out


def test_a_payback_that_never_comes_says_none() -> None:
    """Without an AI profit there is no number of years, and the reason says so (C14)."""
    given = ("ai_capex_usd=300e6", "ai_gross_profit_usd_year=0")
    said = hashhedge("calc", "ai_payback_years", *given)
    assert said.code == 0
    assert "never, without a profit of its AI" in said.out
