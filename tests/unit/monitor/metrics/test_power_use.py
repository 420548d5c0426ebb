"""What a megawatt earns: the switch between two uses, and the events that hang on it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.compute.firms import Firm
from monitor.compute.step import Step
from monitor.domain.companies import CompanyType
from monitor.domain.contracts import Contract, Stage, StageStep
from monitor.domain.events import Quality, Reading
from monitor.domain.stress import DAYS_PER_YEAR
from tests.worlds import (
    CATALOGUE,
    NOON,
    OpenCalendar,
    network,
    quote,
    states,
    threshold,
    tick,
    value_of,
)

MINUTE = 60_000


uses = st.fixed_dictionaries(
    {
        "contracted_ai_revenue_usd_year": st.floats(1e6, 1e10),
        "ai_contracted_mw": st.floats(1, 1_000),
        "ai_gross_margin_ratio": st.integers(-50, 100).map(lambda percent: percent / 100),
        "efficiency_j_th": st.floats(5, 120),
        "site_overhead_ratio": st.floats(1, 2),
        "power_price_usd_kwh": st.floats(-0.1, 0.5),
        "pool_fee_ratio": st.floats(0, 0.1),
    }
)


@given(uses)
def test_at_the_switch_both_uses_leave_the_same(use: dict[str, float]) -> None:
    """The mining margin of a megawatt-year at the switch hashprice is the AI profit of one."""
    switch = value_of("switch_hashprice_usd_ph_day", use)
    mining = value_of("mining_margin_usd_mw_day", use | {"hashprice_usd_ph_day": switch})
    ai = value_of("ai_gross_profit_usd_mw_year", use)
    hashcost = value_of("power_hashcost_usd_ph_day", use)
    scale = (abs(switch) + abs(hashcost)) * value_of("hashrate_per_mw_ph_s", use)
    assert mining * DAYS_PER_YEAR == pytest.approx(ai, abs=1e-6 + 1e-9 * scale * DAYS_PER_YEAR)


@given(uses, st.floats(0.001, 0.2))
def test_dearer_power_moves_the_switch_up(use: dict[str, float], more: float) -> None:
    """Who pays more for power needs a higher hashprice before machines beat the contract."""
    dearer = use | {"power_price_usd_kwh": use["power_price_usd_kwh"] + more}
    name = "switch_hashprice_usd_ph_day"
    assert value_of(name, dearer) > value_of(name, use)


def test_crossing_the_switch_is_an_event() -> None:
    """At 20 J/TH, 0.06 USD/kWh and 1.85 M a megawatt-year the switch is 130.17: 260,350 USD (C07).

    Hashprice at 105,000 USD is 52.50, and goes one for one with the price.
    """
    figures = {
        "efficiency_j_th": 20.0,
        "power_price_usd_kwh": 0.06,
        "contracted_ai_revenue_usd_year": 185e6,
        "ai_contracted_mw": 100.0,
        "ai_gross_profit_usd_year": 185e6,
        "ai_revenue_usd_year": 185e6,
    }

    def fact(name: str, _moment: int) -> Reading:
        value = figures.get(name)
        return Reading(value, Quality.MISSING if value is None else Quality.OK)

    rule = threshold(id="switch", on="switch_distance_ratio", above=0.0)
    step = Step([Firm("AAA", CompanyType.MINER, fact)], CATALOGUE, [rule], OpenCalendar())
    prices = (255_000, 259_000, 262_000)
    for place, price in enumerate(prices):
        at = NOON + place * MINUTE
        step.process(tick(at, *network(NOON), quote("BTC-USD", price, at)))
    assert states(step.take().transitions) == [("switch", "AAA", "firing")]
    assert step.now == NOON + 2 * MINUTE
    switch = step.table.reading("switch_hashprice_usd_ph_day", 0).value
    assert switch == pytest.approx(130.17, abs=0.005)


def test_the_rental_price_comes_from_the_market() -> None:
    """A quote of gpu.h100_usd_hour moves the estimated AI revenue of every company (C11)."""
    figures = {"gpu_count": 4_300.0, "ai_utilisation_ratio": 0.5}

    def fact(name: str, _moment: int) -> Reading:
        value = figures.get(name)
        return Reading(value, Quality.MISSING if value is None else Quality.OK)

    firms = [Firm(name, CompanyType.MINER, fact) for name in ("HIVE", "IREN")]
    step = Step(firms, CATALOGUE, [], OpenCalendar())
    step.process(tick(NOON, quote("gpu.h100_usd_hour", "2.60", NOON)))
    for row in range(2):
        reading = step.table.reading("ai_revenue_estimate_usd_year", row)
        assert reading.value == pytest.approx(48_968_400)


def test_a_contract_says_what_a_megawatt_year_pays() -> None:
    """3.5e9 USD over 12 years for 200 MW are 1.458 M; without one of the three it is not known."""
    steps = (StageStep(Stage.SIGNED, 0, "words"),)
    contract = Contract(name="a", stages=steps, mw=200, value_usd=3.5e9, term_years=12)
    assert contract.run_rate_usd_mw_year == pytest.approx(1.458e6, abs=500)
    for bare in (
        Contract(name="a", stages=steps, value_usd=3.5e9, term_years=12),
        Contract(name="a", stages=steps, mw=200, term_years=12),
    ):
        assert bare.run_rate_usd_mw_year is None
