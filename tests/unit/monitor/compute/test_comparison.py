"""Companies side by side: who is ranked, in which order, and what each value rests on."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.compute.comparison import compare, look_ahead, refused
from monitor.compute.situation import Situation
from monitor.domain.companies import CompanyType
from monitor.domain.events import Quality
from tests.situations import FLEET, MONTH_AGO, company, figure, situation
from tests.worlds import CATALOGUE, NOON, quote

MARGIN = CATALOGUE["mining_margin_ratio"]
DAY = 86_400_000


def miners(**power: float) -> Situation:
    """Return miners that differ in the price of power alone."""
    book = [company(name, FLEET | {"power_price_usd_kwh": price}) for name, price in power.items()]
    return situation(*book)


def places(rows: list[dict[str, Any]]) -> list[tuple[str, int | None]]:
    """Return companies and ranks in the order of the table."""
    return [(row["company"], row["rank"]) for row in rows]


def test_the_highest_comes_first_with_its_distance_from_the_middle() -> None:
    """Hashcosts 24, 28.8 and 48: one MAD is 4.8, so the dearest lies 4 of them above the median.

    Robust z: 0.6745 (x - median) / MAD, own arithmetic.
    """
    scene = miners(CHEAP=0.05, DEAR=0.10, MEAN=0.06)
    rows = compare(scene, CATALOGUE["power_hashcost_usd_ph_day"])
    assert places(rows) == [("DEAR", 1), ("MEAN", 2), ("CHEAP", 3)]
    assert [row["robust_z"] for row in rows] == pytest.approx([0.6745 * 4, 0, -0.6745])


def test_equals_share_a_rank_and_stand_by_name() -> None:
    """Two at one price are both second, the next is fourth; the table does not jump (row B18)."""
    scene = miners(D=0.07, C=0.06, B=0.06, A=0.05)
    assert places(compare(scene, MARGIN)) == [("A", 1), ("B", 2), ("C", 2), ("D", 4)]
    assert places(compare(scene, MARGIN, ascending=True)) == [
        ("D", 1),
        ("B", 2),
        ("C", 2),
        ("A", 4),
    ]


def test_a_rank_changes_when_one_margin_does() -> None:
    """The same companies with another price of power for one of them (row B18)."""
    assert places(compare(miners(A=0.05, B=0.06), MARGIN)) == [("A", 1), ("B", 2)]
    assert places(compare(miners(A=0.07, B=0.06), MARGIN)) == [("B", 1), ("A", 2)]


def test_the_unknown_and_the_old_are_not_ranked() -> None:
    """A stale margin stands below the ranked with its value, an unknown last with its reason."""
    book = [
        company("A", FLEET),
        company("B", FLEET | {"power_price_usd_kwh": 0.05}),
        company("OLD", [figure(name, value, NOON - 600 * DAY) for name, value in FLEET.items()]),
        company("NONE", {"efficiency_j_th": 20}),
        company("HOST", {}, CompanyType.AI_HOST),
    ]
    rows = compare(situation(*book), MARGIN)
    assert places(rows) == [("B", 1), ("A", 2), ("OLD", None), ("NONE", None)]
    old, unknown = rows[2:]
    assert (old["quality"], old["reason"]) == ("stale", "stale")
    assert old["value"] is not None
    assert (unknown["value"], unknown["reason"]) == (None, "missing:power_price_usd_kwh")
    with_old = compare(situation(*book), MARGIN, worst=Quality.STALE)
    assert places(with_old) == [("B", 1), ("A", 2), ("OLD", 2), ("NONE", None)]


def test_one_who_is_asked_for_is_there_even_where_nothing_applies() -> None:
    """Only those named; a host without a mine says so instead of being left out."""
    book = [company("A", FLEET), company("B", FLEET), company("HOST", {}, CompanyType.AI_HOST)]
    rows = compare(situation(*book), MARGIN, {"A", "HOST"})
    assert [(row["company"], row["reason"]) for row in rows] == [
        ("A", None),
        ("HOST", "not_applicable"),
    ]


def test_the_basis_of_the_hashrate_is_named() -> None:
    """A company with an installed hashrate only is used, and says `installed` (row A16)."""
    installed = {
        "efficiency_j_th": 20.0,
        "power_price_usd_kwh": 0.06,
        "hashrate_installed_eh_s": 12.0,
    }
    scene = situation(company("IN", installed), company("OP", FLEET))
    for name in ("mining_margin_ratio", "expected_btc_day"):
        rows = {row["company"]: row for row in compare(scene, CATALOGUE[name])}
        assert rows["IN"]["value"] is not None
        assert (rows["IN"]["basis"], rows["OP"]["basis"]) == ("installed", "average operating")
    (row,) = compare(situation(company("A", {"btc_held": 5})), CATALOGUE["btc_treasury_usd"])
    assert row["basis"] is None


def test_the_age_is_that_of_the_oldest_number_in_the_formula() -> None:
    """A fleet of a year ago beside a new price of power: the year counts, and it says which."""
    old = figure("efficiency_j_th", 20, NOON - 365 * DAY)
    young = figure("power_price_usd_kwh", 0.06, MONTH_AGO)
    witness = figure("hashrate_installed_eh_s", 10, NOON - 500 * DAY)  # only looked at by a guard
    (row,) = compare(situation(company("A", [old, young, witness])), MARGIN)
    assert (row["oldest_input"], row["age_s"]) == ("efficiency_j_th", 365 * 86_400)


def test_a_figure_given_live_is_marked() -> None:
    """Whose number it is and until when stands in the row that rests on it, and in no other."""
    live = quote("A.power_price_usd_kwh", 0.07, NOON, source="manual-anna", fresh_ms=DAY)
    scene = situation(company("A", FLEET), company("B", FLEET), quotes=[live])
    rows = {row["company"]: row for row in compare(scene, MARGIN)}
    assert rows["A"]["overrides"] == ["power_price_usd_kwh by anna until 2025-07-18T12:00Z"]
    assert rows["B"]["overrides"] == []
    assert compare(scene, CATALOGUE["expected_btc_day"])[0]["overrides"] == []


def test_what_rests_on_the_market_says_which() -> None:
    """A row for programs tells a given or an invented market from the running service's."""
    scene = miners(A=0.05, B=0.06)
    assert compare(scene, MARGIN)[0]["market"] == "given"
    assert compare(scene, CATALOGUE["power_hashcost_usd_ph_day"])[0]["market"] is None


@given(st.dictionaries(st.sampled_from("ABCDEFGH"), st.integers(1, 9), min_size=2))
def test_ranks_follow_the_values(prices: dict[str, int]) -> None:
    """Rank 1 has the highest; a rank is one more than the number of those above, in any book."""
    scene = miners(**{name: price / 100 for name, price in prices.items()})
    rows = compare(scene, MARGIN)
    values = [row["value"] for row in rows]
    assert values == sorted(values, reverse=True)
    for row in rows:
        assert row["rank"] == 1 + sum(value > row["value"] for value in values)
    if len(rows) > 2 and len(set(values)) > 1:
        distances = [row["robust_z"] for row in rows]
        assert distances == sorted(distances, reverse=True)


def test_only_what_has_words_why_is_refused() -> None:
    """A miner is refused mNAV; that a host has no margin is no news, and a treasury has its own."""
    book = [
        company("MINE", FLEET),
        company("HOST", {}, CompanyType.AI_HOST),
        company("COIN", {}, CompanyType.TREASURY),
    ]
    scene = situation(*book)
    assert refused(scene, CATALOGUE["mnav_cap_to_nav_ratio"]) == ["HOST", "MINE"]
    assert refused(scene, CATALOGUE["mnav_cap_to_nav_ratio"], ["COIN", "MINE"]) == ["MINE"]
    assert refused(scene, MARGIN) == []


def test_an_earlier_day_names_whose_figures_nobody_may_have_known() -> None:
    """Of two known margins only the one with figures that no paper dates is named, with them."""
    silent = company("HIVE", FLEET)
    dated = [figure(name, value, published=NOON - 20 * DAY) for name, value in FLEET.items()]
    scene = situation(silent, company("RIOT", dated))
    metric = CATALOGUE["power_hashcost_usd_ph_day"]
    (note,) = look_ahead(scene, metric, compare(scene, metric))
    assert note.startswith("look-ahead: HIVE (")
    assert "efficiency_j_th" in note
    assert "RIOT" not in note
    assert look_ahead(scene, metric, compare(scene, metric, ["RIOT"])) == []
