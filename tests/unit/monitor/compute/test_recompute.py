"""Columns over the companies: one row computed alone is what computing all of them gives."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.compute.plan import MARKET_INPUTS, Plan
from monitor.compute.recompute import Table
from monitor.domain.companies import CompanyType
from monitor.domain.events import Quality, Reading
from tests.worlds import CATALOGUE

TICKERS = ("CRWV", "HIVE", "RIOT")
TYPES = (CompanyType.AI_HOST, CompanyType.MINER, CompanyType.MINER)
MARKET = {
    "btc_usd": 105_000.0,
    "difficulty": 126.98e12,
    "height": 906_000.0,
    "fees_btc_per_block": 0.03125,
}


def table() -> Table:
    """Return an empty table of the small world."""
    return Table(CATALOGUE, TICKERS, TYPES, MARKET_INPUTS)


def ok(value: float) -> Reading:
    """Return a good reading."""
    return Reading(value, Quality.OK)


def filled() -> Table:
    """Return a table with the market and one company's figures."""
    found = table()
    for name, value in MARKET.items():
        found.set(name, 0, ok(value))
    for row in (1, 2):
        found.set("efficiency_j_th", row, ok(20.0))
        found.set("power_price_usd_kwh", row, ok(0.06))
    found.recompute(tuple(CATALOGUE))
    return found


def test_an_empty_table_knows_nothing_and_says_what() -> None:
    """Every column begins as missing, by its own name; there is no zero."""
    found = table()
    for name in CATALOGUE.leaves:
        reading = found.reading(name, 0)
        assert (reading.value, reading.reason) == (None, f"missing:{name}")


def test_setting_tells_whether_anything_changed() -> None:
    """The same value, and one kind of not knowing after the same kind, are no change."""
    found = table()
    assert found.set("btc_usd", 0, ok(1.0))
    assert not found.set("btc_usd", 0, ok(1.0))
    assert found.set("btc_usd", 0, Reading(1.0, Quality.SINGLE))
    assert found.set("btc_usd", 0, Reading(None, Quality.MISSING, "no_quote"))
    assert not found.set("btc_usd", 0, Reading(None, Quality.MISSING, "no_quote"))
    assert found.reading("btc_usd", 0).reason == "missing:btc_usd"
    assert not found.set("no_such_column", 0, ok(1.0))
    assert "no_such_column" not in found


def test_a_value_without_a_number_is_not_known() -> None:
    """A reading that claims quality but has no value counts as missing."""
    found = filled()
    found.set("btc_usd", 0, Reading(None, Quality.OK))
    found.recompute(tuple(CATALOGUE))
    assert found.reading("hashprice_usd_ph_day", 0).quality is Quality.MISSING


def test_the_quality_of_an_input_travels() -> None:
    """A metric is as good as its worst input; a stale one is still shown."""
    found = filled()
    found.set("btc_usd", 0, Reading(105_000.0, Quality.STALE, "stale"))
    found.recompute(tuple(CATALOGUE))
    margin = found.reading("mining_margin_usd_ph_day", 1)
    assert margin.quality is Quality.STALE
    assert margin.value == pytest.approx(23.70, abs=0.005)


def test_columns_never_change_under_a_reader() -> None:
    """What was handed out stays as it was when the table goes on."""
    found = filled()
    before = found.column("mining_margin_usd_ph_day")
    kept = before.values.copy()
    found.set("btc_usd", 0, ok(50_000.0))
    found.recompute(tuple(CATALOGUE))
    assert before.values.tolist()[1:] == kept.tolist()[1:]


def test_an_unchanged_quality_is_the_same_array() -> None:
    """Rules compare qualities by identity: a tick that changes none must not make a new one."""
    found = filled()
    found.recompute(tuple(CATALOGUE))
    before = found.column("mining_margin_ratio").quality
    found.set("btc_usd", 0, ok(104_000.0))
    found.recompute(Plan(CATALOGUE).affected(["btc_usd"]))
    assert found.column("mining_margin_ratio").quality is before


def test_what_nobody_watches_is_computed_when_asked() -> None:
    """A tick computes what rules watch and what that rests on; the rest is there when read."""
    lazy = Table(CATALOGUE, TICKERS, TYPES, MARKET_INPUTS, ["hashprice_usd_ph_day"])
    for name, value in MARKET.items():
        lazy.set(name, 0, ok(value))
    for name, value in (("efficiency_j_th", 20.0), ("power_price_usd_kwh", 0.06)):
        lazy.set(name, 1, ok(value))
    lazy.recompute(tuple(CATALOGUE))
    watched = {metric.name for metric in CATALOGUE.road_to("hashprice_usd_ph_day")}
    assert lazy.unsettled == {metric.name for metric in CATALOGUE} - watched
    road = {metric.name for metric in CATALOGUE.road_to("mining_margin_usd_ph_day")}
    assert lazy.reading("mining_margin_usd_ph_day", 1).value == pytest.approx(23.70, abs=0.005)
    assert lazy.unsettled.isdisjoint(road)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(MARKET)), st.floats(1, 1e6)), max_size=6))
def test_asking_late_gives_what_computing_at_once_gives(moves: list[tuple[str, float]]) -> None:
    """Values, qualities and reasons do not depend on when a metric was computed."""
    eager, lazy = filled(), Table(CATALOGUE, TICKERS, TYPES, MARKET_INPUTS, [])
    plan = Plan(CATALOGUE)
    for found in (eager, lazy):
        for name, value in MARKET.items():
            found.set(name, 0, ok(value))
        for row in (1, 2):
            found.set("efficiency_j_th", row, ok(20.0))
            found.set("power_price_usd_kwh", row, ok(0.06))
        found.recompute(tuple(CATALOGUE))
        for name, value in moves:
            found.set(name, 0, ok(value))
            found.recompute(plan.affected([name]))
    for metric in CATALOGUE:
        for row in range(len(eager.column(metric.name).values)):
            assert eager.reading(metric.name, row) == lazy.reading(metric.name, row)


def test_a_company_s_own_figure_counts_for_it_alone() -> None:
    """Only the company that a change touched counts a recompute; the others keep their values."""
    found = filled()
    before, counted = found.column("mining_margin_ratio").values.copy(), found.recomputes.copy()
    found.set("power_price_usd_kwh", 2, ok(0.05))
    found.recompute(Plan(CATALOGUE).affected(["power_price_usd_kwh"]), [2])
    assert (found.recomputes - counted).tolist() == [0, 0, 1]
    after = found.column("mining_margin_ratio").values
    assert after[1] == before[1]
    assert after[2] > before[2]
