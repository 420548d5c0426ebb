"""`hashhedge calc` and `explain`: the worked numbers, and the words for what is missing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.command import hashhedge

NETWORK = ("difficulty=126.98e12", "fees_btc_per_block=0.03125", "btc_usd=105000")
FLEET = (*NETWORK, "subsidy_btc=3.125", "efficiency_j_th=20", "power_price_usd_kwh=0.06")


@pytest.mark.parametrize(
    ("metric", "value", "within", "unit", "given"),
    [
        ("hashprice_usd_ph_day", 52.50, 0.05, "USD/PH/day", FLEET),  # A12
        ("mining_margin_usd_ph_day", 23.70, 0.005, "USD/PH/day", FLEET),  # B01
        ("mining_margin_ratio", 0.451, 0.0005, "ratio", FLEET),  # B01
        ("margin", 0.451, 0.0005, "ratio", FLEET),  # the word people use
        ("power_hashcost_usd_ph_day", 28.80, 1e-9, "USD/PH/day", FLEET),
        ("break_even_btc_usd", 57_597, 0.5, "USD/BTC", FLEET),  # B03
        ("break_even_power_price_usd_kwh", 0.1094, 0.00005, "USD/kWh", FLEET),  # B03
        ("break_even_efficiency_j_th", 36.46, 0.005, "J/TH", FLEET),  # B03
        ("hashprice_usd_ph_day", 26.51, 0.005, "USD/PH/day", (*NETWORK, "height=1050000")),  # B08
        ("hashprice_usd_ph_day", 52.50, 0.005, "USD/PH/day", (*NETWORK, "height=1049999")),  # B08
        (
            "ai_revenue_mix_ratio",
            0.090,
            0.0005,
            "ratio",
            ("ai_revenue_usd=10.1e6", "mining_revenue_usd=102.1e6"),
        ),  # C02, HIVE
        (
            "ai_revenue_mix_ratio",
            0.0248,
            0.00005,
            "ratio",
            ("ai_revenue_usd=3.6e6", "mining_revenue_usd=141406086"),
        ),  # C02, IREN: 1,514 BTC at 93,399 USD
    ],
)
def test_worked_numbers(
    metric: str, value: float, within: float, unit: str, given: tuple[str, ...]
) -> None:
    """Each worked number of the reference fleet comes out as printed, with its unit and inputs."""
    said = hashhedge("calc", metric, *given, "--output", "json")
    assert said.code == 0
    found = said.json
    assert set(found) >= {"metric", "value", "unit", "inputs", "reason"}
    assert found["value"] == pytest.approx(value, abs=within)
    assert (found["unit"], found["reason"]) == (unit, None)
    assert found["inputs"]
    assert all(isinstance(item, float) for item in found["inputs"].values())


def test_a_missing_input_is_named_and_no_failure() -> None:
    """Unknown is null with a reason, exit 0; all that is missing is listed."""
    said = hashhedge("calc", "hashprice_usd_ph_day", "btc_usd=105000", "-o", "json")
    assert said.code == 0
    assert said.json["value"] is None
    assert said.json["reason"].startswith("missing:")
    assert "difficulty" in said.json["missing"]
    assert said.json["inputs"] == {"btc_usd": 105_000.0}


@pytest.mark.parametrize(
    ("words", "mend"),
    [
        (("hashprise_usd_ph_day",), "hashprice_usd_ph_day"),
        (("hashprice_usd_ph_day", "dificulty=1"), "difficulty"),
        (("hashprice_usd_ph_day", "difficulty"), "NAME=VALUE"),
        (("hashprice_usd_ph_day", "difficulty=much"), "no number"),
        (("hashprice_usd_ph_day", "difficulty=nan"), "no number"),
        (("hashprice_usd_ph_day", "difficulty=1e999"), "no number"),
        (("hashprice_usd_ph_day", "btc_usd=1", "btc_usd=2"), "given twice"),
        (("hashprice_usd_ph_day", "hashprice_usd_ph_day=2"), "is what is asked"),
        (("subsidy_btc", "height=840000.5"), "height=840000"),
    ],
)
def test_what_cannot_be_meant_exits_2_with_the_mend(words: tuple[str, ...], mend: str) -> None:
    """An unknown name or a value that is no number: the mend for a person and for a program.

    stderr has it in words; with `--output json` stdout is still one JSON
    value, which says `error` and no number that could be taken for an answer.
    """
    said = hashhedge("calc", *words, "--output", "json")
    assert said.code == 2
    assert mend in said.err
    assert list(said.json) == ["error"]
    assert mend in json.dumps(said.json["error"])


@pytest.mark.parametrize(
    ("slip", "expected"),
    [
        ("power_price_usd_kwh=45", "-0.25 to 0.5 USD/kWh"),
        ("hashprice_usd_ph_day=0.0525", "1 to 10,000 USD/PH/day"),
        ("hashprice_usd_ph_day=52500", "1 to 10,000 USD/PH/day"),
        ("hashprice_btc_ph_day=4.3e-7", "1e-05 to 20 BTC/PH/day"),
        ("hashrate_eh_s=42500000", "0.01 to 500 EH/s"),
        ("efficiency_j_th=-20", "5 to 120 J/TH"),
        ("efficiency_j_th=1e305", "5 to 120 J/TH"),
        ("uptime_ratio=95", "0 to 1 ratio"),
        ("pool_fee_ratio=1", "0 to 0.1 ratio"),
    ],
)
def test_a_wrong_unit_is_refused_with_the_expected_range(slip: str, expected: str) -> None:
    """No book or feed could hold it, so `calc` gives no number that looks like an answer."""
    said = hashhedge("calc", "mining_margin_ratio", slip)
    assert (said.code, said.out) == (2, "")
    assert expected in " ".join(said.err.split())


def test_a_metric_is_found_in_capitals() -> None:
    """Who types a name in capitals means the metric."""
    assert hashhedge("calc", "SUBSIDY_BTC", "height=840000", "-o", "json").json["value"] == 3.125


def test_what_cannot_be_meant_leaves_stdout_empty_for_a_person() -> None:
    """Without `--output json` an error is on stderr alone, so a pipe gets nothing wrong."""
    said = hashhedge("calc", "hashprise_usd_ph_day")
    assert (said.code, said.out) == (2, "")
    assert "hashprice_usd_ph_day" in said.err


@pytest.mark.parametrize("zero", ["difficulty", "efficiency_j_th", "btc_usd"])
def test_zeros_give_reasons_not_infinities(zero: str) -> None:
    """Dividing by nothing is a named reason; stdout stays JSON that any reader takes."""
    given = [word if not word.startswith(zero) else f"{zero}=0" for word in FLEET]
    for metric in ("mining_margin_ratio", "break_even_btc_usd", "break_even_power_price_usd_kwh"):
        found = hashhedge("calc", metric, *given, "-o", "json").json
        assert (found["value"] is None) == bool(found["reason"])


def test_explain_recomputes_to_the_same_value(tmp_path: Path) -> None:
    """`explain RIOT.margin` has formula, inputs, ages and sources; its inputs give its value (B19)."""
    given = [*NETWORK, "height=906000"]
    said = hashhedge("explain", "RIOT.margin", *given, "--output", "json", cwd=tmp_path)
    assert said.code == 0
    found = said.json
    assert (found["metric"], found["company"]) == ("mining_margin_ratio", "RIOT")
    assert found["value"] is not None
    assert found["formula"]
    inputs = {item["name"]: item for item in found["inputs"]}
    assert inputs["power_price_usd_kwh"]["source"].startswith("http")
    assert inputs["power_price_usd_kwh"]["age_s"] > 0
    assert inputs["btc_usd"]["source"] == "given"
    known = [f"{k}={v['value']!r}" for k, v in inputs.items() if v["value"] is not None]
    again = hashhedge("calc", "margin", *known, "-o", "json").json
    assert again["value"] == found["value"]
    assert [step["metric"] for step in found["steps"]][-1] == "mining_margin_ratio"


def test_explain_without_a_service_says_what_is_missing(tmp_path: Path) -> None:
    """With no live inputs and none given the value is unknown, and the reason names one."""
    said = hashhedge("explain", "RIOT.margin", "-o", "json", cwd=tmp_path)
    assert (said.code, said.json["value"]) == (0, None)
    assert said.json["reason"]


@pytest.mark.parametrize(
    ("what", "mend"),
    [("RIOTT.margin", "RIOT"), ("RIOT.marginn", "margin"), ("margin", "RIOT.margin")],
)
def test_explain_names_the_nearest(what: str, mend: str, tmp_path: Path) -> None:
    """A misspelt company or metric, or none at all, is mended in words."""
    said = hashhedge("explain", what, cwd=tmp_path)
    assert said.code == 2
    assert mend in said.err


def test_explain_takes_a_given_metric_as_given(tmp_path: Path) -> None:
    """A given metric is a step with its given value; what is needed only below it is not listed."""
    words = ("explain", "RIOT.margin", "hashprice_usd_ph_day=52.5", "--as-of", "2025-11-15")
    found = hashhedge(*words, "-o", "json", cwd=tmp_path).json
    steps = {step["metric"]: step for step in found["steps"]}
    assert (steps["hashprice_usd_ph_day"]["value"], steps["hashprice_usd_ph_day"]["given"]) == (
        52.5,
        True,
    )
    assert "hashprice_btc_ph_day" not in steps
    inputs = {item["name"]: item for item in found["inputs"]}
    assert not inputs.keys() & {"btc_usd", "difficulty", "height", "fees_btc_per_block"}

    value = {name: item.get("assumed", item)["value"] for name, item in inputs.items()}
    net = 52.5 * (1 - value["pool_fee_ratio"])
    hashcost = 24 * value["efficiency_j_th"] * value["site_overhead_ratio"]
    margin = net - hashcost * value["power_price_usd_kwh"]
    assert found["value"] == pytest.approx(margin / net, rel=1e-12)
    assert inputs["pool_fee_ratio"]["quality"] == "assumed"

    table = hashhedge(*words, cwd=tmp_path).out
    assert re.search(r"hashprice_usd_ph_day +52\.50 +given", table)
    assert re.search(r"site_overhead_ratio +1 +ratio +- +assumed", table)


def test_explain_tells_an_operand_from_what_a_guard_looks_at(tmp_path: Path) -> None:
    """The hashrate does not enter the margin per PH/s: it only says whether there is a mine."""
    words = ("explain", "RIOT.margin", "--as-of", "2025-11-15")
    inputs = {i["name"]: i for i in hashhedge(*words, "-o", "json", cwd=tmp_path).json["inputs"]}
    assert inputs["hashrate_eh_s"]["operand"] is False
    assert inputs["hashrate_eh_s"]["checked_for"] == ["no_mining"]
    assert inputs["efficiency_j_th"]["operand"] is True
    assert "in no formula" in hashhedge(*words, cwd=tmp_path).out


def test_explain_of_a_given_metric_is_the_given_value(tmp_path: Path) -> None:
    """Whoever gives the answer gets it back, with nothing below it."""
    words = ("explain", "RIOT.margin", "mining_margin_ratio=0.5", "-o", "json")
    found = hashhedge(*words, cwd=tmp_path).json
    assert (found["value"], found["reason"], found["inputs"]) == (0.5, None, [])


@pytest.mark.parametrize(
    "words",
    [
        ("explain", "RIOT.margin", "efficiency_j_th=20000"),
        ("whatif", "RIOT", "efficiency_j_th=20000", "--btc", "-20%"),
        ("stress", "RIOT", "efficiency_j_th=20000"),
    ],
)
def test_a_given_value_is_held_to_its_range(words: tuple[str, ...], tmp_path: Path) -> None:
    """What stands in for a company's figure is refused as in a book, with the expected range."""
    said = hashhedge(*words, cwd=tmp_path)
    assert (said.code, said.out) == (2, "")
    assert "efficiency_j_th of 20,000 is not plausible, expected 5 to 120 J/TH" in said.err


def test_a_given_price_in_cents_names_the_unit(tmp_path: Path) -> None:
    """4.5 for 4.5 c/kWh is a hundred times too much, and the mend says which unit it may be."""
    said = hashhedge("explain", "RIOT.margin", "power_price_usd_kwh=4.5", cwd=tmp_path)
    assert said.code == 2
    assert "is it in" in said.err
    assert "c/kWh" in said.err
    market = hashhedge("whatif", "RIOT", "--btc", "-20%", "--market", "btc_usd=0.1", cwd=tmp_path)
    assert market.code == 2
    assert "btc_usd of 0.1 is not plausible, expected 1 to 1e+07 USD" in market.err


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (
            ("explain", "riot"),
            ("`riot` is a company", "RIOT.mining_margin_ratio", "hashhedge company show riot"),
        ),
        (("explain", "nobody"), ("no metric `nobody`",)),
        (
            ("whatif", "RIOT", "--power", "50"),
            ("expected -0.25 to 0.5 USD/kWh", "is it in USD/MWh or c/kWh?"),
        ),
        (("whatif", "RIOT", "--btc", "0.8x"), ("`0.8x` is no change", "write x0.8")),
        (
            ("company", "show", "RIOT", "--as-of", "2130-01-01"),
            ("2130-01-01 is in the future; expected 20",),
        ),
        (("compare", "--as-of", "2130-01-01"), ("2130-01-01 is in the future",)),
    ],
)
def test_a_slip_of_the_command_line_is_told_its_mend(
    words: tuple[str, ...], parts: tuple[str, ...], tmp_path: Path
) -> None:
    """What one most likely meant stands in the error: a number of the company, a unit, x0.8."""
    said = hashhedge(*words, cwd=tmp_path)
    assert (said.code, said.out) == (2, "")
    assert all(part in said.err for part in parts)


def test_what_limits_a_value_is_said_in_words(tmp_path: Path) -> None:
    """A terminal has words, a program the code."""
    words = ("explain", "RIOT.ai_revenue_mix_ratio")
    shown = hashhedge(*words, cwd=tmp_path).out
    assert "(its figures are of periods too far apart)" in shown
    assert "of different periods: ai_revenue_usd to 2026-03-31" in shown
    assert "mixed_period" not in shown
    assert hashhedge(*words, "-o", "json", cwd=tmp_path).json["reason"] == "mixed_period"
