"""The economics of a mine: edge cases of docs/formulas.md 3, and what holds in each cost scope."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.metrics import costs, reference
from monitor.metrics.costs import SCOPES, CostScope
from tests.calculating import reason_of, value_of
from tests.worlds import CATALOGUE


def test_no_name_leaves_its_scope_open() -> None:
    """3: power, cash and all-in are told apart by name: one set of names for each."""
    hashcosts = [scope.hashcost for scope in SCOPES]
    for place, scope in enumerate(SCOPES):
        names = [margin_name(scope), f"{scope.prefix or 'mining_'}margin_ratio"]
        names += [f"{scope.prefix}break_even_{kind}" for kind in ("btc_usd", "difficulty")]
        for name in names:
            road = [step.name for step in CATALOGUE.road_to(name)]
            assert [it for it in hashcosts if it in road] == hashcosts[: place + 1]


# ------------------------------------------------------------------ edge cases of section 3

MINE = {
    **costs.ALL_IN.given,
    **reference.EARNED,
    "hashprice_btc_ph_day": 0.0004314181657,
    "btc_usd": 91_132.0,
    "difficulty": 146_472_570_620_000.0,
}
PER_COIN_OR_HASHRATE = [
    f"{scope.prefix}{kind}"
    for scope in SCOPES
    for kind in (
        "break_even_btc_usd",
        "break_even_hashprice_usd_ph_day",
        "break_even_difficulty",
        "break_even_power_price_usd_kwh",
    )
] + ["cash_margin_ratio", "all_in_margin_ratio", "break_even_distance_ratio", "mining_margin_ratio"]


@pytest.mark.parametrize("name", PER_COIN_OR_HASHRATE)
def test_hashrate_zero_is_no_mine(name: str) -> None:
    """Hashrate 0: margin, hashcost and break-evens are null with `no_mining`, in every scope."""
    assert reason_of(name, MINE | {"hashrate_eh_s": 0.0}) == "no_mining"


def test_an_unknown_hashrate_has_no_cost_per_hashrate() -> None:
    """Hashrate null: what a fixed cost is shared by is unknown, in no scope 0."""
    numbers = {name: value for name, value in MINE.items() if name != "hashrate_eh_s"}
    for scope in SCOPES[1:]:
        assert reason_of(scope.hashcost, numbers) == "missing:hashrate_eh_s"
        assert reason_of(f"{scope.prefix}margin_ratio", numbers) == "missing:hashrate_eh_s"


def test_unknown_fixed_cost_leaves_the_gross_figures() -> None:
    """Fixed cost null: gross figures computed, cash and all-in null; never treated as 0."""
    gross = {name: value for name, value in MINE.items() if "_usd_year" not in name}
    assert round(value_of("mining_margin_ratio", gross), 4) == 0.5169
    assert reason_of("cash_margin_ratio", gross) == "missing:mining_fixed_cost_usd_year"
    assert reason_of("all_in_margin_ratio", gross) == "missing:mining_fixed_cost_usd_year"
    cash = {name: MINE[name] for name in MINE.keys() - {"mining_depreciation_usd_year"}}
    assert value_of("cash_margin_ratio", cash)
    assert reason_of("all_in_margin_ratio", cash) == "missing:mining_depreciation_usd_year"


def test_power_that_pays_is_always_profitable() -> None:
    """Power price < 0: margin above 1 and break-even price below 0, with the flag."""
    paid = MINE | {"power_price_usd_kwh": -0.158}
    assert value_of("power_hashcost_usd_ph_day", paid) < 0
    assert value_of("mining_margin_ratio", paid) > 1
    assert value_of("break_even_btc_usd", paid) < 0
    assert value_of("break_even_distance_ratio", paid) < -1
    for name in ("break_even_efficiency_j_th", "break_even_difficulty"):
        assert reason_of(name, paid) == "always_profitable"
    assert value_of("cash_break_even_hashprice_usd_ph_day", MINE | {"power_price_usd_kwh": 0}) > 0


@pytest.mark.parametrize(
    "name", ["mining_margin_ratio", "cash_margin_ratio", "all_in_margin_ratio"]
)
def test_no_hashprice_no_margin(name: str) -> None:
    """Hashprice 0 or null: margin null; cost per PH still defined."""
    nothing = MINE | {"hashprice_usd_ph_day": 0.0}
    assert reason_of(name, nothing) == "no_hashprice"
    unknown = {key: MINE[key] for key in MINE.keys() - {"hashprice_usd_ph_day", "btc_usd"}}
    assert reason_of(name, unknown) == "missing:btc_usd"
    for scope in SCOPES:
        assert value_of(scope.hashcost, nothing) == value_of(scope.hashcost, MINE) > 0


@pytest.mark.parametrize(
    ("numbers", "name", "reason"),
    [
        ({"pool_fee_ratio": 1.0}, "all_in_break_even_btc_usd", "invalid_pool_fee"),
        ({"uptime_ratio": 1.2}, "nameplate_hashprice_usd_ph_day", "invalid_uptime"),
        ({"uptime_ratio": -0.1}, "nameplate_hashprice_usd_ph_day", "invalid_uptime"),
        (
            {"uptime_ratio": 1.0, "hosting_share_ratio": 1.1},
            "nameplate_hashprice_usd_ph_day",
            "invalid_hosting_share",
        ),
        ({"efficiency_j_th": -17.5}, "cash_margin_ratio", "invalid_efficiency"),
        ({"efficiency_j_th": 0.0}, "mining_revenue_usd_mwh", "invalid_efficiency"),
        ({"efficiency_j_th": 0.0}, "mining_power_mw", "invalid_efficiency"),
        ({"site_overhead_ratio": 0.5}, "curtailment_price_usd_mwh", "invalid_site_overhead"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    numbers: dict[str, float], name: str, reason: str
) -> None:
    """Fee >= 1, uptime outside 0 to 1, efficiency <= 0: refused, with the name of the cause."""
    assert reason_of(name, MINE | numbers) == reason


def test_pool_downtime_and_host_take_their_part_of_the_headline() -> None:
    """Fee 2 %, uptime 95 %: 52.50 becomes 48.88 (row B11); a host's tenth of it is taken once."""
    given_numbers = {"hashprice_usd_ph_day": 52.5, "pool_fee_ratio": 0.02, "uptime_ratio": 0.95}
    name = "nameplate_hashprice_usd_ph_day"
    assert value_of(name, given_numbers) == pytest.approx(48.88, abs=0.005)
    assert value_of(name, given_numbers | {"hosting_share_ratio": 0.1}) == pytest.approx(
        0.9 * value_of(name, given_numbers)
    )
    alone = CATALOGUE.evaluate(name, given_numbers)
    assert alone.assumed["hosting_share_ratio"].value == 0
    assert "hosting_share_ratio" not in CATALOGUE.leaves_of("mining_margin_ratio")


def test_curtailing_counts_once() -> None:
    """3, curtailment: the advice changes sign where the credit meets what mining makes."""
    worth = value_of("curtailment_price_usd_mwh", MINE)
    assert worth == pytest.approx(1_000 * value_of("break_even_power_price_usd_kwh", MINE))
    for credit in (worth - 1, worth + 1):
        gain = value_of("curtailment_gain_usd_mwh", MINE | {"curtailment_credit_usd_mwh": credit})
        assert gain == pytest.approx(credit - worth)


def test_an_ai_margin_of_98_percent_is_no_gross_margin() -> None:
    """3, reported definitions: IREN's AI cloud, (1,290 - 20) / 1,290 by the same arithmetic."""
    cloud = {"mining_revenue_usd": 1_290e3, "mining_power_cost_usd": 20e3}
    assert round(value_of("hardware_margin_ratio", cloud), 3) == 0.984


def test_layers_of_riot_at_67200() -> None:
    """Features B02: 64,635, 74,444, 114,131; at BTC 67,200 only the first is in profit."""
    riot = {
        "power_cost_usd_btc": 64_635.0,
        "other_cash_cost_usd_btc": 9_809.0,
        "non_cash_cost_usd_btc": 39_687.0,
        "btc_usd": 67_200.0,
    }
    scopes = ("power", "cash", "all_in")
    layers = [value_of(f"reported_{scope}_cost_usd_btc", riot) for scope in scopes]
    assert layers == [64_635, 74_444, 114_131]
    margins = [value_of(f"reported_{scope}_margin_usd_btc", riot) for scope in scopes]
    assert [margin > 0 for margin in margins] == [True, False, False]


# ------------------------------------------------------------------ properties

mines = st.fixed_dictionaries(
    {
        "hashprice_usd_ph_day": st.floats(1, 1_000),
        "hashprice_btc_ph_day": st.floats(1e-6, 1),
        "difficulty": st.floats(1e6, 1e15),
        "efficiency_j_th": st.floats(5, 150),
        "site_overhead_ratio": st.floats(1, 2),
        "power_price_usd_kwh": st.floats(0.001, 0.5),
        "pool_fee_ratio": st.floats(0, 0.2),
        "hashrate_eh_s": st.floats(0.01, 500),
        "mining_fixed_cost_usd_year": st.floats(0, 1e9),
        "mining_depreciation_usd_year": st.floats(0, 1e9),
    }
)
scopes = st.sampled_from(SCOPES)


def margin_name(scope: CostScope) -> str:
    """Return the name of a scope's margin in USD."""
    return f"{scope.prefix or 'mining_'}margin_usd_ph_day"


@given(mines, scopes)
def test_the_margin_vanishes_at_each_break_even(mine: dict[str, float], scope: CostScope) -> None:
    """At a scope's break-even hashprice or power price its margin is 0."""
    size = value_of(scope.hashcost, mine) + mine["hashprice_usd_ph_day"]
    for kind, replaced in (
        ("break_even_hashprice_usd_ph_day", "hashprice_usd_ph_day"),
        ("break_even_power_price_usd_kwh", "power_price_usd_kwh"),
    ):
        there = mine | {replaced: value_of(f"{scope.prefix}{kind}", mine)}
        assert abs(value_of(margin_name(scope), there)) <= 1e-9 * size


@given(mines, scopes, st.floats(1e3, 1e6))
def test_break_even_difficulty_and_price(
    mine: dict[str, float], scope: CostScope, btc_usd: float
) -> None:
    """At the break-even difficulty, or the break-even price, net hashprice equals hashcost."""
    network = {"subsidy_btc": 3.125, "fees_btc_per_block": 0.05, "btc_usd": btc_usd}
    plain = {name: value for name, value in mine.items() if "hashprice" not in name} | network
    for kind, replaced in (("difficulty", "difficulty"), ("btc_usd", "btc_usd")):
        there = plain | {replaced: value_of(f"{scope.prefix}break_even_{kind}", plain)}
        net = value_of("net_hashprice_usd_ph_day", there)
        assert net == pytest.approx(value_of(scope.hashcost, there), rel=1e-9)


@given(mines, st.floats(1.01, 3))
def test_scopes_stand_above_each_other(mine: dict[str, float], factor: float) -> None:
    """Each scope costs no less than the one below; each cost and dearer power raise it."""
    costs_now = [value_of(scope.hashcost, mine) for scope in SCOPES]
    assert costs_now == sorted(costs_now)
    dearer = mine | {"power_price_usd_kwh": mine["power_price_usd_kwh"] * factor}
    for scope in SCOPES:
        assert value_of(margin_name(scope), dearer) < value_of(margin_name(scope), mine)
        for kind in ("btc_usd", "hashprice_usd_ph_day"):
            name = f"{scope.prefix}break_even_{kind}"
            assert value_of(name, dearer) > value_of(name, mine)
        difficulty = f"{scope.prefix}break_even_difficulty"
        assert value_of(difficulty, dearer) < value_of(difficulty, mine)
