"""All inputs at one moment: each has its source, and a change reaches what depends on it alone."""

from __future__ import annotations

import pytest

from monitor.compute.situation import REMEMBERED, unit_of
from monitor.core.clock import iso
from monitor.domain.events import Quality, Reading
from tests.situations import FLEET, MONTH_AGO, company, figure, situation
from tests.worlds import NOON, quote

POWER = "power_price_usd_kwh"
DAY = 86_400_000


def test_a_figure_of_the_book_has_day_source_and_basis() -> None:
    """The hashrate says which kind it is, and how old in seconds."""
    found = situation(company("RIOT", FLEET)).origin("hashrate_eh_s", "RIOT")
    assert (found["value"], found["unit"], found["quality"]) == (10, "EH/s", "ok")
    assert found["source"] == "https://example.com/report"
    assert found["as_of"] == iso(MONTH_AGO)[:10]
    assert found["age_s"] == (NOON - MONTH_AGO) // 1_000
    assert found["override"] is None


def test_every_input_has_the_same_keys() -> None:
    """A figure, a quote, a given number and an unknown answer with one set of keys."""
    scene = situation(
        company("RIOT", FLEET),
        quotes=[quote("RIOT", 12.5, NOON), quote(f"RIOT.{POWER}", 0.07, NOON)],
    )
    names = ("hashrate_eh_s", "stock_usd", POWER, "btc_usd", "btc_held", "tenant_stock_usd")
    keys = [set(scene.origin(name, "RIOT")) for name in names]
    assert all(each == keys[0] for each in keys)
    assert scene.origin("btc_held", "RIOT")["quality"] == "missing"
    assert scene.origin("btc_usd", "RIOT")["source"] == "given"
    assert scene.origin("stock_usd", "RIOT")["source"] == "test"


def test_a_figure_given_live_says_who_and_until_when() -> None:
    """It has the value that the step computes with, its author, and its end."""
    given = quote(f"RIOT.{POWER}", 0.081, NOON, source="manual-anna", fresh_ms=1_000, note="call")
    scene = situation(company("RIOT", FLEET), quotes=[given])
    found = scene.origin(POWER, "RIOT")
    assert found["value"] == scene.reading(POWER, "RIOT").value == 0.081
    assert found["override"] == {
        "author": "anna",
        "since": iso(NOON),
        "until": iso(NOON + 1_001),
        "note": "call",
    }


def test_what_is_put_in_has_no_source_of_before() -> None:
    """A number put in by hand is marked, and the figure it hides is no longer its source."""
    scene = situation(company("RIOT", FLEET), company("HIVE", FLEET))
    scene.change({POWER: Reading(0.1, Quality.OK)}, "RIOT", "given")
    assert scene.origin(POWER, "RIOT")["source"] == "given"
    assert scene.figure(POWER, "RIOT") is None
    assert scene.origin(POWER, "HIVE")["source"] == "https://example.com/report"
    costs = [scene.reading("power_hashcost_usd_ph_day", name).value for name in ("RIOT", "HIVE")]
    assert costs == pytest.approx([48.0, 28.8])


def test_a_metric_that_is_put_stays_whatever_moves_below_it() -> None:
    """With the hashprice held, another price of bitcoin moves what does not rest on it alone."""
    scene = situation(company("RIOT", FLEET))
    scene.change({"hashprice_usd_ph_day": Reading(40.0, Quality.OK)}, None, "given")
    assert scene.reading("net_hashprice_usd_ph_day", "RIOT").value == 40.0
    names = {metric.name for metric in scene.affected({"btc_usd"})}
    assert "hashprice_usd_ph_day" not in names
    assert "expected_mining_revenue_usd_day" in names
    scene.change({"btc_usd": Reading(1.0, Quality.OK)}, None, "given")
    assert scene.reading("net_hashprice_usd_ph_day", "RIOT").value == 40.0
    assert scene.reading("hashprice_usd_ph_day", "RIOT").value == 40.0


def test_what_is_older_than_its_fact_allows_is_stale_and_shown() -> None:
    """A quarterly figure of 101 days keeps its value, its source and the word stale."""
    scene = situation(company("RIOT", {"btc_held": 19_225}), now=MONTH_AGO + 101 * 86_400_000)
    found = scene.origin("btc_held", "RIOT")
    assert (found["value"], found["quality"]) == (19_225, "stale")


def test_what_was_known_half_a_year_ago_is_that_figure() -> None:
    """An input that asks for an earlier figure cites it with its own day, not with today's."""
    old, new = (
        figure("ai_revenue_usd", value, NOON - days * DAY)
        for value, days in ((1e6, 300), (9e6, 30))
    )
    found = situation(company("RIOT", [old, new])).origin("earlier_ai_revenue_usd", "RIOT")
    assert (found["value"], found["unit"]) == (1e6, "USD")
    assert found["as_of"] == iso(NOON - 300 * DAY)[:10]


def test_what_only_the_service_remembers_says_so() -> None:
    """Counts of past closes come from no quote; where there is none, nothing is their source."""
    scene = situation(company("RIOT", FLEET))
    assert scene.origin("pairs_count", "RIOT")["source"] == REMEMBERED
    assert scene.origin("var_btc", "RIOT")["source"] is None


def test_units() -> None:
    """Each kind of input has its unit; one that nobody declares has none."""
    names = (POWER, "btc_usd", "stock_usd", "tenant_stock_usd", "pairs_count", "nothing")
    assert [unit_of(name) for name in names] == ["USD/kWh", "USD", "USD", "USD", "count", None]
