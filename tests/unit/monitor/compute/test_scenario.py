"""What if: words to changes, changes to every number that rests on them, and to no other."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.compute.quantities import QuantityError
from monitor.compute.scenario import Change, new_values, parse_change, what_if
from monitor.compute.situation import Situation
from monitor.domain.companies import CompanyType
from monitor.domain.events import Quality, Reading
from tests.situations import FLEET, company, situation
from tests.worlds import CATALOGUE, NOON, quote

HIVE = {"ai_revenue_usd": 10.1e6, "mining_revenue_usd": 102.1e6}
IREN = {"ai_revenue_usd": 3.6e6, "mining_revenue_usd": 1_514 * 93_399.0}
PURE = {"ai_revenue_usd": 0.0, "mining_revenue_usd": 142.9e6}


def changed(scene: Situation, ticker: str, **words: str) -> dict[str, Any]:
    """Return what `words` do to a company, each by the name of its input."""
    values: dict[str, Reading] = {}
    for name, text in words.items():
        values |= new_values(scene, ticker, [name], parse_change(text, ""))
    return what_if(scene, ticker, values)


def by_name(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the metrics of an answer by name."""
    return {item["metric"]: item for item in answer["metrics"]}


@pytest.mark.parametrize(
    ("text", "unit", "before", "after"),
    [
        ("-20%", "USD", 100_000, 80_000),
        ("\N{MINUS SIGN}20 %", "USD", 100_000, 80_000),
        ("+5%", "difficulty", 100, 105),
        ("-100%", "USD", 7, 0),
        ("x2", "USD/year", 3, 6),
        ("*0.5", "USD/year", 3, 1.5),
        ("x2", "USD", None, None),
        ("-5%", "USD", None, None),
        ("60000", "USD", 100_000, 60_000),
        ("60_000", "USD", None, 60_000),
        ("1.2e14", "difficulty", 1, 1.2e14),
        ("-0.02", "USD/kWh", 0.05, -0.02),
        ("4.5c/kWh", "USD/kWh", 0.05, 0.045),
        ("2%", "ratio", 0.1, 0.02),
        ("-2%", "ratio", 0.1, 0.098),
        ("50 EH/s", "EH/s", 30, 50),
    ],
)
def test_what_people_write(text: str, unit: str, before: float | None, after: float | None) -> None:
    """A signed percentage and a factor are of the present value; a bare number is the new one."""
    found = parse_change(text, unit).applied(before)
    assert found == (None if after is None else pytest.approx(after))


@pytest.mark.parametrize(
    ("text", "unit", "hint"),
    [
        ("20%", "USD", "-20% or +5%"),
        ("+500", "USD", "-20% or +5%"),
        ("", "USD", "-20% or +5%"),
        ("-", "USD", "-20% or +5%"),
        ("x-2", "USD", "-20% or +5%"),
        ("60,000", "USD", "USD"),
        ("nan", "USD", "-20% or +5%"),
        ("1e999", "USD", "-20% or +5%"),
        ("50EH", "EH/s", "EH/s"),
        ("5 MW", "USD/kWh", "c/kWh"),
    ],
)
def test_what_cannot_be_meant_says_how_to_write_it(text: str, unit: str, hint: str) -> None:
    """An unsigned percentage could be either; the mend says what the two ways are."""
    with pytest.raises(QuantityError) as refused:
        parse_change(text, unit)
    assert hint in refused.value.hint


@given(st.text(max_size=12), st.sampled_from(["USD", "ratio", "EH/s", "difficulty"]))
def test_no_words_break_the_reader(text: str, unit: str) -> None:
    """Anything at all is either a change or a QuantityError."""
    try:
        change = parse_change(text, unit)
    except QuantityError:
        return
    assert (change.factor is None) != (change.value is None)


def test_the_margin_before_and_after() -> None:
    """BTC -20 % and difficulty +5 %: 52.50 USD/PH/day become 40.00, a margin of 45.1 % 28.0 %.

    28.80 USD/PH/day of power stay (row B15): own arithmetic, 52.50 x 0.8 / 1.05.
    """
    scene = situation(company("RIOT", FLEET))
    found = by_name(changed(scene, "RIOT", btc_usd="-20%", difficulty="+5%"))
    hashprice, margin = found["hashprice_usd_ph_day"], found["mining_margin_ratio"]
    assert (hashprice["before"], hashprice["after"]) == (
        pytest.approx(52.50, abs=0.005),
        pytest.approx(40.00, abs=0.005),
    )
    assert margin["before"] == pytest.approx(0.451, abs=0.0005)
    assert margin["after"] == pytest.approx(0.280, abs=0.0005)
    assert margin["change"] == pytest.approx(margin["after"] - margin["before"])
    assert hashprice["change_ratio"] == pytest.approx(0.8 / 1.05 - 1)


@pytest.mark.parametrize(
    ("facts", "total"),
    [(HIVE, -0.273), (IREN, -0.293), (PURE, -0.30)],
    ids=["HIVE", "IREN", "pure"],
)
def test_the_shock_to_all_revenue(facts: dict[str, float], total: float) -> None:
    """BTC -30 %, difficulty flat: HIVE -27.3 %, IREN -29.3 %, a pure miner -30 % (row C03)."""
    scene = situation(company("HIVE", FLEET | facts))
    revenue = changed(scene, "HIVE", btc_usd="-30%")["revenue"]
    assert revenue["change_ratio"] == pytest.approx(total, abs=0.0005)
    assert revenue["mining_change_ratio"] == pytest.approx(-0.30)
    assert revenue["reason"] is None


def test_a_shock_needs_both_revenues() -> None:
    """Without a reported AI revenue there is no sum: unknown is not nil."""
    scene = situation(company("HIVE", FLEET | {"mining_revenue_usd": 1e8}))
    revenue = changed(scene, "HIVE", btc_usd="-30%")["revenue"]
    assert (revenue["change_ratio"], revenue["reason"]) == (None, "missing:ai_revenue_usd")
    dark = situation(company("HIVE", FLEET | HIVE), market={"btc_usd": 1e5})
    revenue = changed(dark, "HIVE", btc_usd="-30%")["revenue"]
    assert (revenue["change_ratio"], revenue["reason"]) == (None, "missing:hashprice_usd_ph_day")


def test_ai_revenue_moves_in_all_its_forms() -> None:
    """Doubled AI revenue doubles that of the year and that of the period, by one word."""
    facts = FLEET | HIVE | {"ai_revenue_usd_year": 40e6}
    scene = situation(company("HIVE", facts))
    names = ["ai_revenue_usd_year", "ai_revenue_usd"]
    doubled = new_values(scene, "HIVE", names, Change("x2", factor=2))
    assert {name: item.value for name, item in doubled.items()} == {
        "ai_revenue_usd_year": 80e6,
        "ai_revenue_usd": 20.2e6,
    }
    absolute = new_values(scene, "HIVE", names, Change("20e6", value=20e6))
    assert absolute["ai_revenue_usd"].value == pytest.approx(5.05e6)
    answer = what_if(scene, "HIVE", doubled)
    mix = by_name(answer)["ai_revenue_mix_ratio"]
    assert mix["after"] == pytest.approx(20.2 / 122.3)
    assert answer["revenue"]["change_ratio"] == pytest.approx(10.1 / 112.2)


@pytest.mark.parametrize("name", ["power_price_usd_kwh", "btc_usd", "btc_held", "hashrate_eh_s"])
def test_only_what_depends_on_the_change_is_listed(name: str) -> None:
    """The list is what the catalogue says rests on the input and applies to the company."""
    scene = situation(company("RIOT", FLEET | {"btc_held": 19_225}))
    found = by_name(changed(scene, "RIOT", **{name: "+1%"}))
    wanted = {
        metric.name
        for metric in CATALOGUE.dependents(name)
        if metric.scope != "company" or CompanyType.MINER in metric.applies_to
    }
    assert found.keys() == wanted
    assert ("hashprice_usd_ph_day" in found) == (name == "btc_usd")


def test_another_company_stays_as_it_is() -> None:
    """A power price of RIOT moves no margin of HIVE; the price of bitcoin moves both."""
    scene = situation(company("HIVE", FLEET), company("RIOT", FLEET))
    before = scene.reading("mining_margin_ratio", "HIVE")
    changed(scene, "RIOT", power_price_usd_kwh="x2")
    assert scene.reading("mining_margin_ratio", "HIVE") == before
    changed(scene, "RIOT", btc_usd="x2")
    assert scene.reading("mining_margin_ratio", "HIVE") != before


def test_a_figure_given_live_beneath_it_all_is_marked() -> None:
    """Whose figure the listed numbers rest on is said; one that none rests on is not."""
    live = [
        quote(f"RIOT.{fact}", value, NOON, source="manual-anna", fresh_ms=86_400_000)
        for fact, value in (("efficiency_j_th", 19), ("btc_held", 20_000))
    ]
    scene = situation(company("RIOT", FLEET), quotes=live)
    answer = changed(scene, "RIOT", power_price_usd_kwh="+10%")
    assert answer["overrides"] == ["efficiency_j_th by anna until 2025-07-18T12:00Z"]


def test_what_applies_comes_first_and_the_unknown_last() -> None:
    """The company's own numbers before the network's, what has no value at the end with a reason."""
    scene = situation(company("RIOT", FLEET))
    rows = changed(scene, "RIOT", btc_usd="-10%")["metrics"]
    known = [row for row in rows if row["change"] is not None]
    assert rows[: len(known)] == known
    assert [row["scope"] for row in known] == sorted(row["scope"] for row in known)
    assert all(row["reason"] for row in rows[len(known) :])


def test_a_stale_input_stays_stale() -> None:
    """A tenth less of an old figure is an old figure; a new value is fresh."""
    scene = situation(company("RIOT", FLEET | {"btc_held": 19_225}), now=1_780_000_000_000)
    assert scene.reading("btc_held", "RIOT").quality is Quality.STALE
    lower = new_values(scene, "RIOT", ["btc_held"], parse_change("-10%", "BTC"))
    assert lower["btc_held"].quality is Quality.STALE
    fresh = new_values(scene, "RIOT", ["btc_held"], parse_change("15000", "BTC"))
    assert fresh["btc_held"].quality is Quality.OK


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("btc_held", "-10%", "unknown (missing:btc_held)"),
        ("power_price_usd_kwh", "4", "not plausible"),
        ("efficiency_j_th", "x100", "not plausible"),
        ("btc_usd", "-100%", "not plausible"),
        ("btc_usd", "x1000", "not plausible"),
        ("stock_usd", "9" * 400, "too large"),
    ],
)
def test_what_cannot_be_true_is_refused(name: str, text: str, words: str) -> None:
    """A part of an unknown, a slip of a unit, a price of nothing: with what is expected."""
    scene = situation(company("RIOT", FLEET))
    with pytest.raises(QuantityError) as refused:
        new_values(scene, "RIOT", [name], parse_change(text, ""))
    assert words in str(refused.value)
    assert refused.value.hint


@pytest.mark.parametrize("text", ["5", "9e17"])
def test_a_value_far_from_the_present_is_a_forgotten_percent(text: str) -> None:
    """`--difficulty 5` is no difficulty: the range is named, and how a change is written."""
    scene = situation(company("RIOT", FLEET))
    now = scene.reading("difficulty", None).value
    assert now is not None
    change = parse_change(text, "")
    with pytest.raises(QuantityError) as refused:
        new_values(scene, "RIOT", ["difficulty"], change)
    assert f"{now / 10:,.6g} to {now * 10:,.6g}" in str(refused.value)
    assert "+5%" in refused.value.hint


def test_near_values_nothing_and_factors_are_meant() -> None:
    """Within ten times it is a new value; 0 and a factor say what they mean."""
    scene = situation(company("RIOT", FLEET))
    now = scene.reading("difficulty", None).value
    assert now is not None
    for text in (f"{now * 9:.0f}", "x0.05", "x20"):
        assert new_values(scene, "RIOT", ["difficulty"], parse_change(text, ""))
    assert new_values(scene, "RIOT", ["hashrate_eh_s"], parse_change("0", "EH/s"))


@given(st.floats(0.2, 5), st.floats(0.2, 5))
def test_changes_of_the_hashprice_multiply(price: float, difficulty: float) -> None:
    """Price times a, difficulty times b: the hashprice is a/b of before, whatever the two are."""
    scene = situation(company("RIOT", FLEET))
    found = by_name(
        changed(scene, "RIOT", btc_usd=f"x{price:.9f}", difficulty=f"x{difficulty:.9f}")
    )
    ratio = found["hashprice_usd_ph_day"]["change_ratio"]
    assert ratio + 1 == pytest.approx(price / difficulty, rel=1e-6)
