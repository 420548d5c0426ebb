"""Which company has which metric: what does not apply is absent, and AI needs no mine."""

from __future__ import annotations

import pytest

from monitor.compute.plan import MARKET_INPUTS
from monitor.compute.recompute import Table
from monitor.domain.companies import CompanyType
from monitor.domain.events import Quality
from tests.worlds import CATALOGUE


@pytest.mark.parametrize(
    "name",
    [
        "ai_revenue_mix_ratio",
        "ai_gross_margin_ratio",
        "fixed_cost_coverage_ratio",
        "contracted_coverage_ratio",
        "ai_mw_share_ratio",
        "ai_revenue_usd_mw_year",
        "ai_gross_profit_usd_mw_year",
        "ai_payback_years",
        "stress_coverage_fall_60_ratio",
    ],
)
def test_without_a_mine_ai_is_still_measured(name: str) -> None:
    """Hashrate 0 takes away the margin and the switch, not what AI earns."""
    numbers = {
        "hashrate_eh_s": 0.0,
        "efficiency_j_th": 20.0,
        "power_price_usd_kwh": 0.06,
        "hashprice_btc_ph_day": 0.0005,
        "btc_usd": 100_000.0,
        "ai_revenue_usd": 20e6,
        "mining_revenue_usd": 0.0,
        "ai_revenue_usd_year": 80e6,
        "ai_gross_profit_usd_year": 60e6,
        "mining_fixed_cost_usd_year": 70e6,
        "contracted_ai_revenue_usd_year": 100e6,
        "total_revenue_usd_year": 80e6,
        "ai_energised_mw": 50.0,
        "energised_mw": 50.0,
        "ai_contracted_mw": 60.0,
        "ai_capex_usd": 300e6,
    }
    value = CATALOGUE.evaluate(name, numbers).value
    assert value is not None
    assert value > 0
    for gone in ("mining_margin_usd_mw_day", "switch_hashprice_usd_ph_day", "ai_live_mix_ratio"):
        assert CATALOGUE.evaluate(gone, numbers).reason == "no_mining"


TYPES = tuple(CompanyType)


@pytest.mark.parametrize(
    ("name", "types"),
    [
        ("ai_revenue_mix_ratio", {CompanyType.MINER, CompanyType.AI_HOST}),
        ("break_even_drawdown_with_ai_ratio", {CompanyType.MINER}),
        ("switch_hashprice_usd_ph_day", {CompanyType.MINER}),
        ("ai_payback_years", {CompanyType.MINER, CompanyType.AI_HOST}),
        ("mnav_ev_to_nav_ratio", {CompanyType.TREASURY}),
        ("sector_equal_weight_ratio", {CompanyType.MINER}),
        ("mining_margin_rank", {CompanyType.MINER}),
    ],
)
def test_what_does_not_apply_to_a_type_is_absent(name: str, types: set[CompanyType]) -> None:
    """A maker, a chip company or a treasury has no AI mix and no drawdown: absent, not unknown."""
    table = Table(CATALOGUE, [kind.value for kind in TYPES], TYPES, MARKET_INPUTS)
    table.recompute(tuple(CATALOGUE))
    for row, kind in enumerate(TYPES):
        reading = table.reading(name, row)
        absent = (reading.quality, reading.reason) == (Quality.NOT_APPLICABLE, "not_applicable")
        assert absent is (kind not in types), (kind, reading)
