"""What the market pays: assumptions that are said, and parts that add up to the whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.companies import CompanyType
from tests.worlds import CATALOGUE, value_of

FIRM = {
    "market_cap_usd": 4e9,
    "debt_usd": 800e6,
    "cash_usd": 300e6,
    "btc_held": 10_000.0,
    "btc_usd": 91_132.0,
    "contracted_mw": 500.0,
}


@pytest.mark.parametrize("unknown", ["debt_usd", "cash_usd"])
def test_an_unknown_debt_is_said_wherever_it_matters(unknown: str) -> None:
    """Without debt, or cash, the number is the market cap only, and every one made of it says so."""
    numbers = {name: value for name, value in FIRM.items() if name != unknown}
    for name in ("enterprise_value_usd", "operating_ev_usd", "operating_ev_per_contracted_usd_mw"):
        found = CATALOGUE.evaluate(name, numbers)
        assert found.assumed["net_debt_usd"].words.startswith("market cap only")
        assert "net_debt_usd" not in CATALOGUE.evaluate(name, FIRM).assumed
    assert value_of("enterprise_value_usd", numbers) == 4e9


def test_a_dead_price_feed_does_not_turn_coins_into_machines() -> None:
    """Without a BTC price there is no operating EV, while unknown coins are said to be left out."""
    numbers = {name: value for name, value in FIRM.items() if name != "btc_usd"}
    assert CATALOGUE.evaluate("operating_ev_usd", numbers).reason == "missing:btc_usd"
    numbers = {name: value for name, value in FIRM.items() if name != "btc_held"}
    assert "btc_held" in CATALOGUE.evaluate("operating_ev_usd", numbers).assumed


@given(
    st.floats(1e6, 1e12), st.floats(0, 1e11), st.floats(0, 1e11), st.floats(1, 1e6), st.floats(0, 1)
)
def test_the_parts_and_the_whole_agree(
    cap: float, debt: float, cash: float, coins: float, pipeline_share: float
) -> None:
    """Put at what the market pays for it, AI makes the sum of the parts the market cap."""
    numbers = {
        "market_cap_usd": cap,
        "debt_usd": debt,
        "cash_usd": cash,
        "btc_held": coins,
        "btc_usd": 91_132.0,
        "mining_value_usd": 1e9,
        "pipeline_value_usd": pipeline_share * 1e9,
    }
    implied = value_of("implied_ai_value_usd", numbers)
    whole = value_of("sum_of_parts_usd", numbers | {"ai_contracts_value_usd": implied})
    assert whole == pytest.approx(cap, abs=1e-9 * (cap + debt + cash + coins * 91_132 + 2e9))


def test_mnav_is_for_treasuries_and_says_why() -> None:
    """A miner has its treasury's value and share, and no mNAV: refused with the reason (B12, B31)."""
    named = [metric for metric in CATALOGUE if "mnav" in metric.name]
    assert {metric.name for metric in named} == {
        "mnav_cap_to_nav_ratio",
        "mnav_ev_to_nav_ratio",
        "mnav_diluted_cap_to_nav_ratio",
    }
    for metric in named:
        assert metric.applies_to == {CompanyType.TREASURY}
        assert "bitcointreasuries.net dropped it for miners" in metric.refusal
        assert "treasury_share_of_market_cap_ratio" in metric.refusal
    mara = {"btc_held": 50_000.0, "btc_usd": 105_000.0}
    assert value_of("btc_treasury_usd", mara) == 5.25e9
    assert CompanyType.MINER in CATALOGUE["treasury_share_of_market_cap_ratio"].applies_to
