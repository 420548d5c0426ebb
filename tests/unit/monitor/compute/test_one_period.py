"""What rests on figures of one period: the table, the page, the card and a hypothesis agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from monitor.compute.card_metrics import metric_entry
from monitor.compute.explanation import explain
from monitor.compute.scenario import what_if
from monitor.compute.situation import Situation
from monitor.core.clock import DAY
from monitor.domain.companies import Figure
from monitor.domain.events import Quality, Reading
from tests.situations import FLEET, company, figure, situation
from tests.worlds import CATALOGUE, NOON

NOTHING: Mapping[str, float] = {}


def page(
    scene: Situation, name: str, ticker: str | None, given: Mapping[str, float] = NOTHING
) -> dict[str, Any]:
    """Return the page of one metric."""
    owner = None if ticker is None else scene.companies[ticker]
    return explain(scene, CATALOGUE[name], owner, given)


def _quarter(fact: str, value: float, quarters_ago: int) -> Figure:
    """Return a sum over 91 days that ended so many of them before a month ago."""
    end = NOON - (30 + 91 * quarters_ago) * DAY
    return figure(fact, value, end, period_start=end - 90 * DAY)


def test_a_ratio_rests_on_one_period_and_its_page_shows_it() -> None:
    """Sold 300 without coins mined beside it, 100 of 200 before: 50 %, computed again, no doubt."""
    book = [
        _quarter("btc_sold", 100, 1),
        _quarter("btc_sold", 300, 0),
        _quarter("btc_produced", 200, 1),
    ]
    scene = situation(company("RIOT", book))
    found = page(scene, "coins_sold_ratio", "RIOT")
    assert (found["value"], found["recomputed"], found["flags"]) == (0.5, 0.5, [])
    shown = {item["name"]: item["value"] for item in found["inputs"]}
    assert shown == {"btc_sold": 100, "btc_produced": 200}
    told = {
        str(it["name"]): it["value"] for it in scene.step.sources.inputs("coins_sold_ratio", "RIOT")
    }
    assert told == shown
    given = page(scene, "coins_sold_ratio", "RIOT", given={"btc_sold": 400})
    assert (given["value"], given["recomputed"]) == (2.0, 2.0)


def _incomes(*, mining_quarters_ago: int) -> Situation:
    """Return WULF with AI revenue of two quarters and mining revenue of one."""
    book = [
        *(figure(name, value) for name, value in FLEET.items()),
        _quarter("ai_revenue_usd", 10e6, 1),
        _quarter("ai_revenue_usd", 20e6, 0),
        _quarter("mining_revenue_usd", 30e6, mining_quarters_ago),
    ]
    return situation(company("WULF", book))


@pytest.mark.parametrize("rest", ["ai_revenue_mix_ratio", "revenue_change_fall_30_ratio"])
def test_a_metric_over_a_sum_of_one_period_rests_on_that_period(rest: str) -> None:
    """The newest AI revenue, 20 M, has no mining beside it: the mix is 10 of 40, on every page."""
    scene = _incomes(mining_quarters_ago=1)
    wanted = {"ai_revenue_mix_ratio": 0.25, "revenue_change_fall_30_ratio": -0.225}
    found = page(scene, rest, "WULF")
    assert (found["value"], found["recomputed"], found["flags"]) == (
        pytest.approx(wanted[rest]),
        pytest.approx(wanted[rest]),
        [],
    )
    shown = {item["name"]: item["value"] for item in found["inputs"]}
    assert shown == {"ai_revenue_usd": 10e6, "mining_revenue_usd": 30e6}
    entry = metric_entry(scene.companies["WULF"], CATALOGUE[rest], NOON, CATALOGUE, {})
    assert (entry["value"], entry["inputs"]) == (pytest.approx(wanted[rest]), shown)
    given = page(
        scene, rest, "WULF", given={"ai_revenue_usd": 20e6}
    )  # that it is the newest is no matter
    assert given["value"] == given["recomputed"] != pytest.approx(wanted[rest])


@pytest.mark.parametrize("rest", ["ai_revenue_mix_ratio", "revenue_change_fall_30_ratio"])
def test_periods_apart_leave_no_value_and_are_named(rest: str) -> None:
    """AI revenue beside mining revenue of half a year before is no mix: both dates stand there."""
    scene = _incomes(mining_quarters_ago=2)
    for found in (
        page(scene, rest, "WULF"),
        metric_entry(scene.companies["WULF"], CATALOGUE[rest], NOON, CATALOGUE, {}),
    ):
        assert (found["value"], found["reason"], found["missing"]) == (None, "mixed_period", [])
        (flag,) = found["flags"]
        assert flag.startswith("mixed_period: ai_revenue_usd to 2025-06-17, mining_revenue_usd to")
    assert page(scene, rest, "WULF")["recomputed"] is None
    assert page(scene, rest, "WULF", given={"mining_revenue_usd": 80e6})["value"] is not None


def test_a_sector_is_summed_from_one_period_of_each_company() -> None:
    """50 % of one period, nothing of one whose periods are apart; the comparison says both."""
    riot = company(
        "RIOT",
        [
            _quarter("btc_sold", 100, 1),
            _quarter("btc_sold", 300, 0),
            _quarter("btc_produced", 200, 1),
        ],
    )
    mara = company("MARA", [_quarter("btc_sold", 15_000, 0), _quarter("btc_produced", 2_000, 2)])
    scene = situation(riot, mara, now=NOON - 30 * DAY)
    found = page(scene, "sector_coins_sold_ratio", None)
    rows = {row["company"]: row for row in found["compared"][0]["companies"]}
    assert rows["MARA"]["counted"] is False
    assert rows["MARA"]["reason"] == "mixed_period"
    assert rows["RIOT"]["inputs"] == {"btc_sold": 100, "btc_produced": 200}


def test_a_hypothesis_moves_the_figure_of_its_period() -> None:
    """Doubled AI revenue is 20 of 50, of the common quarter still; revenue moves as the mix says."""
    scene = _incomes(mining_quarters_ago=1)
    doubled = {"ai_revenue_usd": Reading(40e6, Quality.OK)}
    answer = what_if(scene, "WULF", doubled)
    (mix,) = (it for it in answer["metrics"] if it["metric"] == "ai_revenue_mix_ratio")
    assert (mix["before"], mix["after"]) == (0.25, 0.4)
    scene = _incomes(mining_quarters_ago=1)
    answer = what_if(scene, "WULF", {"btc_usd": Reading(50_000, Quality.OK)})
    assert answer["revenue"]["ai_share_ratio"] == 0.25
    assert answer["revenue"]["flags"] == []
    apart = what_if(_incomes(mining_quarters_ago=2), "WULF", doubled)
    assert apart["revenue"]["reason"] == "mixed_period"


def test_the_mix_of_half_a_year_ago_is_of_one_period_too() -> None:
    """Known then: AI revenue of two quarters, mining revenue of the first: 5 of 25."""
    history = [
        _quarter("ai_revenue_usd", 5e6, 4),
        _quarter("mining_revenue_usd", 20e6, 4),
        _quarter("ai_revenue_usd", 8e6, 3),
        _quarter("ai_revenue_usd", 10e6, 0),
        _quarter("mining_revenue_usd", 30e6, 0),
    ]
    scene = situation(company("WULF", history))
    found = page(scene, "ai_revenue_mix_two_quarters_ago_ratio", "WULF")
    assert (found["value"], found["recomputed"], found["flags"]) == (0.2, 0.2, [])
    same = situation(company("WULF", [it for it in history if it.value != 30e6]))
    told = page(same, "ai_revenue_mix_two_quarters_ago_ratio", "WULF")
    assert (told["value"], told["reason"]) == (None, "same_period")
