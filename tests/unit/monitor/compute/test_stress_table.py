"""The stress table of a company: the worked table, and what is said where there can be none."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.compute.stress import stress
from monitor.domain.companies import CompanyType
from monitor.domain.events import Quality, Reading
from tests.situations import company, situation

# docs/formulas.md 4 and 5: 18.6 EH/s on average, 70 M USD of fixed cost, 60 M USD of AI profit
FACTS = {
    "hashrate_average_operating_eh_s": 18.6,
    "efficiency_j_th": 17.5,
    "power_price_usd_kwh": 0.045,
    "pool_fee_ratio": 0.005,
    "mining_fixed_cost_usd_year": 70e6,
    "ai_gross_profit_usd_year": 60e6,
    "btc_held": 10_000.0,
}
PRICE = 91_132.0
HASHPRICE_BTC = 0.000431418166


def table(facts: dict[str, float], kind: CompanyType = CompanyType.MINER) -> dict[str, Any]:
    """Return the table of a company with these facts at the reference price and hashprice."""
    scene = situation(company("REF", facts, kind), market={"btc_usd": PRICE})
    scene.change({"hashprice_btc_ph_day": Reading(HASHPRICE_BTC, Quality.OK)}, None, "given")
    return stress(scene, "REF")


def test_the_worked_table() -> None:
    """Falls of 0, 20, 40, 50, 60 %: result, with curtailment, coverage; docs/formulas.md 5."""
    base = table(FACTS)["cases"][0]
    rows = base["rows"]
    assert [row["fall_ratio"] for row in rows] == [0.0, 0.2, 0.4, 0.5, 0.6]
    running = [row["running_usd_year"] / 1e6 for row in rows]
    assert running == pytest.approx([67.27, 14.15, -38.96, -65.52, -92.08], abs=0.005)
    stopping = [row["curtailed_usd_year"] / 1e6 for row in rows]
    assert stopping == pytest.approx([67.27, 14.15, -38.96, -65.52, -70.00], abs=0.005)
    assert [row["coverage"]["reason"] for row in rows[:2]] == ["no_loss", "no_loss"]
    covered = [row["coverage"]["value"] for row in rows[2:]]
    assert covered == pytest.approx([1.54, 0.92, 0.65], abs=0.005)
    assert rows[4]["curtailed_coverage"]["value"] == pytest.approx(0.857, abs=0.0005)


def test_the_worked_drawdowns() -> None:
    """Mining alone 25.3 %, with AI 47.9 % at 47,461 USD, power paid up to 51.7 %; 60/70 = 0.857."""
    found = table(FACTS)
    base = found["cases"][0]
    assert base["break_even_fall_mining_alone"]["value"] == pytest.approx(0.253, abs=0.0005)
    assert base["break_even_fall_with_ai"]["value"] == pytest.approx(0.479, abs=0.0005)
    assert base["break_even_btc_usd_with_ai"]["value"] == pytest.approx(47_461, abs=0.5)
    assert found["power_break_even_fall"]["value"] == pytest.approx(0.517, abs=0.0005)
    assert found["fixed_cost_coverage"]["value"] == pytest.approx(0.857, abs=0.0005)


def test_the_loss_on_coins_stands_apart() -> None:
    """10,000 BTC lose 182 M USD at a fall of 20 %; the mining result is the same without them."""
    row = table(FACTS)["cases"][0]["rows"][1]
    assert row["hodl_loss_usd"] == pytest.approx(10_000 * PRICE * 0.2)
    without = {name: value for name, value in FACTS.items() if name != "btc_held"}
    bare = table(without)["cases"][0]["rows"][1]
    assert bare["hodl_loss_usd"] is None
    assert bare["running_usd_year"] == row["running_usd_year"]


def test_both_cases_of_difficulty_are_there() -> None:
    """In the second one rivals switch off: after 60 days difficulty follows by half of the fall."""
    fixed, follows = table(FACTS)["cases"]
    assert (fixed["elasticity_ratio"], follows["elasticity_ratio"], follows["lag_days"]) == (
        0,
        0.5,
        60,
    )
    assert follows["rows"][4]["running_usd_year"] > fixed["rows"][4]["running_usd_year"]


def test_without_ai_profit_the_cover_is_unknown_and_the_rest_stands() -> None:
    """An unknown is neither nil nor a reason to show nothing."""
    without = {name: value for name, value in FACTS.items() if not name.startswith("ai_")}
    rows = table(without)["cases"][0]["rows"]
    assert rows[3]["running_usd_year"] / 1e6 == pytest.approx(-65.52, abs=0.005)
    assert rows[3]["coverage"] == {"value": None, "reason": "missing:ai_gross_profit_usd_year"}


def test_what_lacks_for_a_table_is_named_to_the_end() -> None:
    """The price of power and the fixed cost, which a person can give; not the metrics between."""
    some = {"hashrate_average_operating_eh_s": 18.6, "efficiency_j_th": 17.5}
    found = table(some)
    assert found["cases"] == []
    needed = ["power_price_usd_kwh", "mining_fixed_cost_usd_year"]
    assert found["missing"] == [*needed, "ai_gross_profit_usd_year"]
    assert found["reason"] == "missing:power_price_usd_kwh"


def test_who_has_no_mine_is_not_stressed() -> None:
    """An AI host has no table, by its type; a miner without machines says `no_mining`."""
    assert table(FACTS, CompanyType.AI_HOST)["reason"] == "not_applicable"
    still = table(FACTS | {"hashrate_average_operating_eh_s": 0.0})
    assert still["cases"][0]["break_even_fall_mining_alone"]["reason"] == "no_mining"


def test_the_quality_is_the_worst_of_what_the_result_needs() -> None:
    """A stale fixed cost makes the table stale, which the answer says."""
    scene = situation(company("REF", FACTS), now=1_780_000_000_000)
    assert stress(scene, "REF")["quality"] == "stale"
    assert table(FACTS)["quality"] == "ok"


def test_all_that_is_missing_is_named_and_the_hashrate_has_its_basis() -> None:
    """The AI's profit too, with and without a table; the hashrate says what it was measured as."""
    lacks = ("mining_fixed_cost_usd_year", "ai_gross_profit_usd_year")
    found = table({name: value for name, value in FACTS.items() if name not in lacks})
    assert found["missing"] == list(lacks)
    unpaid = table({name: value for name, value in FACTS.items() if name != lacks[1]})
    assert (unpaid["missing"], unpaid["reason"]) == ([lacks[1]], None)
    assert unpaid["cases"]
    inputs = {item["name"]: item for item in unpaid["inputs"]}
    assert inputs["hashrate_eh_s"]["basis"] == "average operating"
