"""The declared metrics against docs/formulas.md 3 to 5 and the feature reference numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.discovery import declared
from monitor.metrics.base import MULTIPLE, CompanyType
from monitor.metrics.catalogue import Catalogue

CATALOGUE = Catalogue(
    metric for _, family in declared("monitor.metrics", "METRICS", tuple) for metric in family
)

# docs/formulas.md 0: the reference point, and the example fleet of section 3
REFERENCE = {
    "difficulty": 146_472_570_620_000.0,
    "height": 931_995.0,
    "fees_btc_per_block": 233_828_005 / 144 / 1e8,
    "btc_usd": 91_132.0,
    "efficiency_j_th": 17.5,
    "site_overhead_ratio": 1.0,
    "power_price_usd_kwh": 0.045,
    "pool_fee_ratio": 0.005,
    "hashrate_eh_s": 18.6,  # 20 EH/s nameplate at 93 % uptime, section 4
}
# features section 0
FEATURE = {
    "difficulty": 126.98e12,
    "subsidy_btc": 3.125,
    "fees_btc_per_block": 0.03125,
    "btc_usd": 105_000.0,
    "efficiency_j_th": 20.0,
    "power_price_usd_kwh": 0.06,
}


def value_of(name: str, given_numbers: dict[str, float]) -> float:
    """Return the value of a metric that must have one."""
    evaluation = CATALOGUE.evaluate(name, given_numbers)
    assert evaluation.value is not None, evaluation.reason
    return evaluation.value


def reason_of(name: str, given_numbers: dict[str, float]) -> str:
    """Return the reason of a metric that must have no value."""
    evaluation = CATALOGUE.evaluate(name, given_numbers)
    assert evaluation.value is None
    return evaluation.reason


@pytest.mark.parametrize(
    ("name", "digits", "expected"),
    [
        ("subsidy_btc", 3, 3.125),  # 1.3
        ("implied_hashrate_eh_s", 4, 1_048.4915),  # 1.1
        ("hashprice_btc_ph_day", 8, 0.00043142),  # 2.1
        ("hashprice_usd_ph_day", 2, 39.32),  # 2.1
        ("power_hashcost_usd_ph_day", 2, 18.90),  # 3
        ("net_hashprice_usd_ph_day", 3, 39.119),  # 3
        ("mining_margin_usd_ph_day", 2, 20.22),  # 9, row 1
        ("mining_margin_ratio", 4, 0.5169),  # 3
        ("break_even_hashprice_usd_ph_day", 3, 18.995),  # 3
        ("break_even_btc_usd", 0, 44_029),  # 3
        ("break_even_power_price_usd_kwh", 5, 0.09314),  # 3
        ("break_even_efficiency_j_th", 1, 36.2),  # 3
        ("expected_btc_day", 3, 7.984),  # 4
        ("power_cost_usd_day", 0, 351_540),  # 4
        ("expected_mining_revenue_usd_day", 0, 727_621),  # 4
    ],
)
def test_reference_point(name: str, digits: int, expected: float) -> None:
    """Every worked number of sections 1 to 4 comes out to its last printed digit."""
    assert round(value_of(name, REFERENCE), digits) == expected


def test_margin_without_the_pool_fee() -> None:
    """Section 3: the margin is 51.93 % where the pool fee is not stated, and says so."""
    numbers = {name: value for name, value in REFERENCE.items() if name != "pool_fee_ratio"}
    evaluation = CATALOGUE.evaluate("mining_margin_ratio", numbers)
    assert evaluation.value is not None
    assert round(evaluation.value, 4) == 0.5193
    assert "gross of the pool fee" in evaluation.assumed["pool_fee_ratio"].words


@pytest.mark.parametrize(
    ("name", "digits", "expected"),
    [
        ("implied_hashrate_eh_s", 2, 908.96),
        ("hashprice_usd_ph_day", 2, 52.50),  # A12
        ("power_hashcost_usd_ph_day", 2, 28.80),
        ("mining_margin_usd_ph_day", 2, 23.70),  # B01
        ("mining_margin_ratio", 3, 0.451),  # B01
        ("break_even_btc_usd", 0, 57_597),  # B03
        ("break_even_power_price_usd_kwh", 4, 0.1094),  # B03
        ("break_even_efficiency_j_th", 2, 36.46),  # B03
    ],
)
def test_feature_reference(name: str, digits: int, expected: float) -> None:
    """Features A12, B01 and B03 come out to their last printed digit."""
    assert round(value_of(name, FEATURE), digits) == expected


def test_feature_dearer_power() -> None:
    """Features section 0: at 0.081 USD/kWh 38.88, 13.62 and 25.9 %."""
    numbers = FEATURE | {"power_price_usd_kwh": 0.081}
    assert round(value_of("power_hashcost_usd_ph_day", numbers), 2) == 38.88
    assert round(value_of("mining_margin_usd_ph_day", numbers), 2) == 13.62
    assert round(value_of("mining_margin_ratio", numbers), 3) == 0.259


def test_halving_by_height() -> None:
    """Features B08: at block 1,050,000 the subsidy is 1.5625 and hashprice 26.51."""
    numbers = {name: value for name, value in FEATURE.items() if name != "subsidy_btc"}
    numbers["height"] = 1_050_000
    assert value_of("subsidy_btc", numbers) == 1.5625
    assert round(value_of("hashprice_usd_ph_day", numbers), 2) == 26.51


@pytest.mark.parametrize(
    ("efficiency", "printed", "digits", "exact"),
    [
        (17.5, 0.13, 2, 0.129),
        (18.5, 0.12, 2, 0.122),
        (22, 0.10, 2, 0.103),
        (30, 0.075, 3, 0.0754),
        (34, 0.067, 3, 0.0665),
    ],
)
def test_printed_break_even_power(
    efficiency: float, printed: float, digits: int, exact: float
) -> None:
    """Section 3, vectors: hashprice 54.3 gives the break-even power prices that Luxor printed."""
    numbers = {"hashprice_usd_ph_day": 54.3, "efficiency_j_th": efficiency}
    result = value_of("break_even_power_price_usd_kwh", numbers)
    assert round(result, digits) == printed
    assert result == pytest.approx(exact, abs=0.0005)


@pytest.mark.parametrize(
    ("ai", "mining", "digits", "expected"),
    [
        (10.1e6, 112.2e6 - 10.1e6, 3, 0.090),  # C02, HIVE FY2025 as in the article
        (10.0e6, 105.3e6, 3, 0.087),  # 5 row 1, HIVE FY2025 as printed: 10.0 of 115.3
        (3.6e6, 1_514 * 93_399.0, 4, 0.0248),  # C02, IREN FY25 Q3: 1,514 BTC at 93,399
        (0.0, 1e6, 3, 0.0),
        (1e6, 0.0, 3, 1.0),
    ],
)
def test_ai_revenue_mix(ai: float, mining: float, digits: int, expected: float) -> None:
    """Features C02 and 5 row 1: AI over AI plus mining."""
    numbers = {"ai_revenue_usd": ai, "mining_revenue_usd": mining}
    assert round(value_of("ai_revenue_mix_ratio", numbers), digits) == expected


@pytest.mark.parametrize(
    ("name", "numbers", "digits", "expected"),
    [
        (  # 5 row 7: CORZ 8.7e9 over 12 years against 382 M a year
            "contracted_coverage_ratio",
            {"contracted_ai_revenue_usd_year": 8.7e9 / 12, "total_revenue_usd_year": 382e6},
            1,
            1.9,
        ),
        ("ai_mw_share_ratio", {"ai_energised_mw": 200, "energised_mw": 800}, 2, 0.25),
        (  # 5 row 6: CORZ November 2024, 800 of 1,200 gross
            "ai_contracted_mw_ratio",
            {"ai_contracted_mw": 800, "contracted_mw": 1_200},
            3,
            0.667,
        ),
        (  # 5 row 3
            "fixed_cost_coverage_ratio",
            {"ai_gross_profit_usd_year": 60e6, "mining_fixed_cost_usd_year": 70e6},
            3,
            0.857,
        ),
        ("btc_treasury_usd", {"btc_held": 50_000, "btc_usd": 105_000}, 0, 5.25e9),  # B12
    ],
)
def test_other_ratios(name: str, numbers: dict[str, float], digits: int, expected: float) -> None:
    """Section 5 rows 3, 6 and 7, and features B12."""
    assert round(value_of(name, numbers), digits) == expected


PER_HASHRATE = (
    "power_hashcost_usd_ph_day",
    "mining_margin_usd_ph_day",
    "mining_margin_ratio",
    "break_even_btc_usd",
    "break_even_hashprice_usd_ph_day",
    "break_even_power_price_usd_kwh",
    "break_even_efficiency_j_th",
)


@pytest.mark.parametrize("name", PER_HASHRATE)
def test_edge_case_no_mining(name: str) -> None:
    """Section 3, edge cases: hashrate 0 refuses every figure per PH/s with `no_mining`."""
    assert reason_of(name, REFERENCE | {"hashrate_eh_s": 0.0}) == "no_mining"
    # whether or not the rest is known
    assert reason_of(name, {"hashrate_eh_s": 0.0}) == "no_mining"


def test_edge_case_no_mining_earns_and_costs_nothing() -> None:
    """Section 3, edge cases: hashrate 0 is a measured 0 of coins, revenue and power."""
    numbers = REFERENCE | {"hashrate_eh_s": 0.0}
    for name in ("expected_btc_day", "expected_mining_revenue_usd_day", "power_cost_usd_day"):
        assert value_of(name, numbers) == 0.0


def test_edge_case_hashrate_unknown() -> None:
    """Section 3, edge cases: without the hashrate what depends on it is unknown, not 0."""
    numbers = {name: value for name, value in REFERENCE.items() if name != "hashrate_eh_s"}
    assert reason_of("expected_btc_day", numbers) == "missing:hashrate_eh_s"
    assert reason_of("power_cost_usd_day", numbers) == "missing:hashrate_eh_s"


def test_edge_case_negative_power_price() -> None:
    """Section 3, edge cases: a negative power price is published: margin above 1."""
    numbers = REFERENCE | {"power_price_usd_kwh": -0.158}
    assert value_of("power_hashcost_usd_ph_day", numbers) < 0
    assert value_of("mining_margin_ratio", numbers) > 1
    assert value_of("break_even_btc_usd", numbers) < 0
    assert reason_of("break_even_efficiency_j_th", numbers) == "always_profitable"


def test_edge_case_free_power() -> None:
    """Section 3, edge cases: power at 0 gives margin 1 and break-even price 0."""
    numbers = REFERENCE | {"power_price_usd_kwh": 0.0}
    assert value_of("mining_margin_ratio", numbers) == 1.0
    assert value_of("break_even_btc_usd", numbers) == 0.0


def test_edge_case_no_hashprice() -> None:
    """Section 3, edge cases: hashprice 0 or unknown has no margin ratio; hashcost still stands."""
    zero = REFERENCE | {"hashprice_usd_ph_day": 0.0, "hashprice_btc_ph_day": 0.0}
    assert reason_of("mining_margin_ratio", zero) == "no_hashprice"
    assert reason_of("break_even_btc_usd", zero) == "no_hashprice"
    assert value_of("power_hashcost_usd_ph_day", zero) == pytest.approx(18.9)
    unknown = {name: value for name, value in REFERENCE.items() if name != "btc_usd"}
    assert reason_of("mining_margin_ratio", unknown) == "missing:btc_usd"


@pytest.mark.parametrize(
    ("numbers", "name", "reason"),
    [
        ({"pool_fee_ratio": 1.0}, "net_hashprice_usd_ph_day", "invalid_pool_fee"),
        ({"pool_fee_ratio": -0.1}, "break_even_hashprice_usd_ph_day", "invalid_pool_fee"),
        ({"efficiency_j_th": 0.0}, "mining_margin_ratio", "invalid_efficiency"),
        ({"site_overhead_ratio": 0.9}, "mining_margin_ratio", "invalid_site_overhead"),
        ({"hashrate_eh_s": -1.0}, "expected_btc_day", "invalid_hashrate"),
        ({"difficulty": 0.0}, "hashprice_usd_ph_day", "no_difficulty"),
        ({"height": -1.0}, "subsidy_btc", "negative_height"),
        ({"btc_usd": 1e308, "btc_held": 1e308}, "btc_treasury_usd", "not_finite"),
        ({"ai_revenue_usd": 0, "mining_revenue_usd": 0}, "ai_revenue_mix_ratio", "no_revenue"),
        (
            {"ai_revenue_usd": -1, "mining_revenue_usd": 5},
            "ai_revenue_mix_ratio",
            "negative:ai_revenue_usd",
        ),
        (
            {"contracted_ai_revenue_usd_year": 5, "total_revenue_usd_year": 0},
            "contracted_coverage_ratio",
            "no_revenue",
        ),
        ({"ai_energised_mw": 0, "energised_mw": 0}, "ai_mw_share_ratio", "no_power"),
        ({"ai_contracted_mw": 5, "contracted_mw": 0}, "ai_contracted_mw_ratio", "no_power"),
        (
            {"ai_gross_profit_usd_year": 5, "mining_fixed_cost_usd_year": 0},
            "fixed_cost_coverage_ratio",
            "no_fixed_cost",
        ),
    ],
)
def test_refused_inputs(numbers: dict[str, float], name: str, reason: str) -> None:
    """What cannot be computed has a named reason, never 0, infinity or NaN."""
    assert reason_of(name, REFERENCE | numbers) == reason


def test_other_company_types_have_no_mining_margin() -> None:
    """An AI host, a maker or a hardware company has no mining margin: it is absent, not 0."""
    for name in (*PER_HASHRATE, "net_hashprice_usd_ph_day", "expected_btc_day"):
        assert CATALOGUE[name].applies_to == {CompanyType.MINER}
    assert CompanyType.TREASURY in CATALOGUE["btc_treasury_usd"].applies_to
    assert CompanyType.AI_HOST in CATALOGUE["ai_mw_share_ratio"].applies_to


def test_names_end_in_their_unit() -> None:
    """A ratio ends in `_ratio`, read as percent or as a multiple; no metric is called just hedge (C01); each says its formula."""
    for metric in CATALOGUE:
        assert metric.name.endswith("_ratio") == (metric.unit in {"ratio", MULTIPLE})
        assert metric.name.removesuffix("_ratio") not in {"hedge", "ai_hedge"}
        assert metric.formula
        assert metric.description.endswith(".")
        assert metric.label


fleets = st.fixed_dictionaries(
    {
        "hashprice_usd_ph_day": st.floats(1, 1_000),
        "hashprice_btc_ph_day": st.floats(1e-6, 1),
        "efficiency_j_th": st.floats(5, 150),
        "site_overhead_ratio": st.floats(1, 2),
        "power_price_usd_kwh": st.floats(0.001, 0.5),
        "pool_fee_ratio": st.floats(0, 0.2),
    }
)


@given(fleets)
def test_margin_vanishes_at_each_break_even(fleet: dict[str, float]) -> None:
    """At the break-even hashprice, power price or efficiency the margin is 0."""
    scale = value_of("power_hashcost_usd_ph_day", fleet) + fleet["hashprice_usd_ph_day"]
    for name, replaced in (
        ("break_even_hashprice_usd_ph_day", "hashprice_usd_ph_day"),
        ("break_even_power_price_usd_kwh", "power_price_usd_kwh"),
        ("break_even_efficiency_j_th", "efficiency_j_th"),
    ):
        at_break_even = fleet | {replaced: value_of(name, fleet)}
        margin = value_of("mining_margin_usd_ph_day", at_break_even)
        assert abs(margin) <= 1e-9 * scale


@given(fleets, st.floats(1.01, 3))
def test_margin_is_monotonic(fleet: dict[str, float], factor: float) -> None:
    """The margin rises with hashprice and falls with power price, efficiency and pool fee."""
    margin = value_of("mining_margin_usd_ph_day", fleet)
    dearer = {"hashprice_usd_ph_day": fleet["hashprice_usd_ph_day"] * factor}
    assert value_of("mining_margin_usd_ph_day", fleet | dearer) > margin
    for name in ("power_price_usd_kwh", "efficiency_j_th", "site_overhead_ratio"):
        worse = fleet | {name: fleet[name] * factor}
        assert value_of("mining_margin_usd_ph_day", worse) < margin
    worse = fleet | {"pool_fee_ratio": fleet["pool_fee_ratio"] + 0.1}
    assert value_of("mining_margin_usd_ph_day", worse) < margin
