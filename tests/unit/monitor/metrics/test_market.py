"""Market betas as declared metrics: worked numbers, null rules, and what must always hold."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from monitor.compute.history import EARLIER_FACTS, EARLIER_MS, HISTORY_INPUTS, PAIR_INPUTS, History
from monitor.compute.recompute import Table
from monitor.domain.companies import CompanyType
from monitor.domain.estimators.change import BREAK_STATISTIC
from monitor.domain.events import Quality
from monitor.domain.facts import FACTS
from monitor.domain.pair_statistics import ALERT_PAIRS
from monitor.domain.pairs import EARLIER, WINDOW
from monitor.metrics import divergence, joint, market, miner_stress, rolling
from monitor.nyse import nyse_calendar
from tests.histories import Past, closes, tell_session, values
from tests.worlds import CATALOGUE

OURS = tuple(
    metric
    for family in (market, joint, rolling, divergence, miner_stress)
    for metric in family.METRICS
)
START = 1_748_865_600_000
"""2025-06-02 12:00 UTC, a Monday before the open."""

DAILY = st.floats(-0.2, 0.2)
TRIPLES = st.lists(st.tuples(DAILY, DAILY, DAILY), min_size=130, max_size=140)


def test_each_metric_has_a_worked_number() -> None:
    """A declaration without an example proves nothing."""
    for metric in OURS:
        assert any(example.value is not None for example in metric.examples), metric.name


def test_each_leaf_is_an_input_that_somebody_gives() -> None:
    """What these metrics rest on comes from the history, the books or the market."""
    given = {*PAIR_INPUTS, *HISTORY_INPUTS, *FACTS, *EARLIER_FACTS}
    given |= {"stock_usd", "btc_usd"}
    for metric in OURS:
        assert set(CATALOGUE.leaves_of(metric.name)) <= given, metric.name
    used = {leaf for metric in OURS for leaf in CATALOGUE.leaves_of(metric.name)}
    assert set(PAIR_INPUTS) <= used
    elsewhere = {"btc_volatility_day_ratio", "gpu_rental_30_days_ago_usd_hour"}
    assert set(HISTORY_INPUTS) - elsewhere <= used


def test_the_names_say_the_windows() -> None:
    """An alert shows names and values of its inputs; the windows in them are those that are used."""
    assert (WINDOW, EARLIER) == (60, 120)
    assert EARLIER_MS == 182 * 86_400_000


def moments_of(rows: list[tuple[float, float, float]]) -> dict[str, float]:
    """Return the inputs that a plain sample of (stock, BTC, AI) gives."""
    matrix = np.cov(np.array(rows).T)
    size = float(len(rows))
    found = {"pairs_count": size, "pairs_weight": size, "joint_count": size, "joint_weight": size}
    for prefix in ("", "joint_"):
        found |= {
            f"{prefix}var_stock": matrix[0, 0],
            f"{prefix}var_btc": matrix[1, 1],
            f"{prefix}var_ai": matrix[2, 2],
            f"{prefix}cov_stock_btc": matrix[0, 1],
            f"{prefix}cov_stock_ai": matrix[0, 2],
            f"{prefix}cov_btc_ai": matrix[1, 2],
        }
    return {name: float(value) for name, value in found.items()}


def value(name: str, numbers: dict[str, float]) -> float:
    """Return a metric that must have a value."""
    found = CATALOGUE.evaluate(name, numbers)
    assert found.value is not None, found.reason
    return found.value


@settings(max_examples=30, deadline=None)
@given(TRIPLES)
def test_the_joint_model_is_the_regression(rows: list[tuple[float, float, float]]) -> None:
    """Cramer's rule gives coefficients, R2 and standard errors of ordinary least squares."""
    numbers, table = moments_of(rows), np.array(rows)
    assume(np.linalg.cond(np.cov(table[:, 1:].T)) < 1e4 and numbers["var_stock"] > 1e-6)
    u = np.column_stack([np.ones(len(table)), table[:, 1:]])
    coefficients = np.linalg.lstsq(u, table[:, 0], rcond=None)[0]
    errors = table[:, 0] - u @ coefficients
    r2 = 1 - errors.var() / table[:, 0].var()
    assert value("joint_btc_beta_ratio", numbers) == pytest.approx(coefficients[1], abs=1e-9)
    assert value("joint_ai_beta_ratio", numbers) == pytest.approx(coefficients[2], abs=1e-9)
    assert value("joint_r2_ratio", numbers) == pytest.approx(r2, abs=1e-9)
    spread = errors @ errors / (len(table) - 3) * np.linalg.inv(u.T @ u)
    for place, factor in ((1, "btc"), (2, "ai")):
        found = value(f"joint_{factor}_beta_error_ratio", numbers)
        assert found == pytest.approx(math.sqrt(spread[place, place]), rel=1e-6)


@settings(max_examples=30, deadline=None)
@given(TRIPLES, st.floats(0.3, 3.0))
def test_shapley_shares_add_up(rows: list[tuple[float, float, float]], loading: float) -> None:
    """The two shares add up to 1, so what each factor explains adds up to the joint R2."""
    table = np.array(rows)
    table[:, 0] += loading * table[:, 1] + table[:, 2]
    numbers = moments_of([(a, b, c) for a, b, c in table.tolist()])
    assume(np.linalg.cond(np.cov(table[:, 1:].T)) < 1e4 and numbers["var_stock"] > 1e-6)
    both = CATALOGUE.evaluate("joint_r2_ratio", numbers).value
    assume(both is not None and both >= joint.MIN_EXPLAINED)
    shares = [value(f"{name}_explained_share_ratio", numbers) for name in ("ai", "btc")]
    assert sum(shares) == pytest.approx(1, abs=1e-9)
    alone = [value(f"joint_{name}_r2_ratio", numbers) for name in ("ai", "btc")]
    together = value("joint_r2_ratio", numbers)
    assert shares[0] * together == pytest.approx((alone[0] + together - alone[1]) / 2, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(TRIPLES, st.floats(-3, 3))
def test_effectiveness_is_r2_at_the_best_ratio_and_less_elsewhere(
    rows: list[tuple[float, float, float]], other: float
) -> None:
    """HE = R2 for the in-sample h; any other h is worse, below 0 if far off, and never clamped."""
    numbers = moments_of(rows)
    assume(numbers["var_stock"] > 1e-6 and numbers["var_btc"] > 1e-6)
    best = value("hedge_effectiveness_ratio", numbers)
    assert best == pytest.approx(value("btc_r2_ratio", numbers), abs=1e-9)
    elsewhere = value("hedge_effectiveness_ratio", numbers | {"btc_beta_ratio": other})
    assert elsewhere <= best + 1e-9
    wild = value("hedge_effectiveness_ratio", numbers | {"btc_beta_ratio": 1e3})
    assert wild < 0


@settings(max_examples=30, deadline=None)
@given(TRIPLES)
def test_the_interval_holds_the_beta(rows: list[tuple[float, float, float]]) -> None:
    """Low and high lie around the beta at equal distance: 1.97 to 2.05 errors for such samples."""
    numbers = moments_of(rows)
    assume(numbers["var_stock"] > 1e-6 and numbers["var_btc"] > 1e-6)
    beta, error = value("btc_beta_ratio", numbers), value("btc_beta_error_ratio", numbers)
    low, high = value("btc_beta_low_ratio", numbers), value("btc_beta_high_ratio", numbers)
    assert low <= beta <= high
    assert high - beta == pytest.approx(beta - low)
    assert 1.96 * error <= high - beta <= 2.05 * error


@pytest.mark.parametrize(
    ("name", "replaced", "reason"),
    [
        ("btc_correlation_ratio", {"var_stock": 0.0}, "stock_stands_still"),
        ("btc_r2_ratio", {"pairs_count": 29.0}, "too_few_pairs"),
        ("btc_beta_low_ratio", {"pairs_count": 0.0}, "too_few_pairs"),
        ("hedge_per_share_btc", {"var_btc": 0.0, "stock_usd": 9.0}, "btc_stands_still"),
        ("joint_r2_ratio", {"joint_var_stock": 0.0}, "stock_stands_still"),
        ("joint_ai_beta_ratio", {"joint_var_ai": 0.0}, "ai_stands_still"),
        ("joint_btc_beta_ratio", {"joint_var_btc": 0.0}, "btc_stands_still"),
        ("ai_explained_share_ratio", {"joint_count": 119.0}, "too_few_pairs"),
    ],
)
def test_null_rules(name: str, replaced: dict[str, float], reason: str) -> None:
    """What cannot be computed has a named reason, through every metric that rests on it."""
    rng = np.random.default_rng(1)
    numbers = moments_of([tuple(row) for row in rng.normal(0, 0.03, (200, 3)).tolist()])
    found = CATALOGUE.evaluate(name, numbers | {"btc_usd": 1e5} | replaced)
    assert (found.value, found.reason) == (None, reason)


def test_too_few_pairs_comes_with_the_count() -> None:
    """A refused beta still tells how many pairs there are."""
    found = CATALOGUE.evaluate("btc_beta_ratio", {"pairs_count": 12.0})
    assert (found.reason, found.inputs["pairs_count"]) == ("too_few_pairs", 12.0)


def fed(count: int, seed: int, noise: float = 0.005) -> tuple[Past, list[int]]:
    """Return sessions in which RIOT follows Bitcoin with beta 1.4, from the 250th on with 0.5."""
    rng = np.random.default_rng(seed)
    past, ends = Past(), closes(START, count + 1)
    btc, stock = 100_000.0, 10.0
    for place, close_at in enumerate(ends):
        move = float(rng.normal(0, 0.03))
        btc *= math.exp(move)
        before, stock = (
            stock,
            stock * math.exp((1.4 if place <= 250 else 0.5) * move + float(rng.normal(0, noise))),
        )
        tell_session(past, close_at, btc, {"RIOT": stock})
        past.tell("RIOT.previous_close_usd", close_at, before)
    return past, ends


def test_c08_the_betas_of_a_series_that_changes() -> None:
    """C08: beta 1.4, then 0.5: estimates within 0.05, and the change within 10 sessions."""
    past, ends = fed(560, seed=3)
    history = History(nyse_calendar(), ("RIOT",))
    history.begin(START)
    at_1_4 = values(past.run(history, ends[250] + 3_600_000), "RIOT")
    assert value("btc_beta_ratio", at_1_4) == pytest.approx(1.4, abs=0.05)
    assert value("btc_beta_60_sessions_ratio", at_1_4) == pytest.approx(1.4, abs=0.05)
    assert CATALOGUE.evaluate("btc_beta_break_ratio", at_1_4).reason == "no_break"
    noticed = values(past.run(history, ends[260] + 3_600_000), "RIOT")
    assert noticed["break_statistic"] > BREAK_STATISTIC
    assert abs(value("btc_beta_break_age_sessions", noticed) - 10) <= 10
    told = values(past.run(history, ends[330] + 3_600_000), "RIOT")
    assert abs(value("btc_beta_break_age_sessions", told) - 80) <= 10
    assert value("btc_beta_break_ratio", told) == pytest.approx(-0.9, abs=0.1)
    assert value("btc_beta_60_sessions_ratio", told) == pytest.approx(0.5, abs=0.05)
    assert value("btc_beta_120_sessions_ago_ratio", told) == pytest.approx(1.4, abs=0.05)
    at_0_5 = values(past.run(history, ends[-1] + 3_600_000), "RIOT")
    assert value("btc_beta_ratio", at_0_5) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(
    ("sessions", "quality"),
    [
        (29, Quality.MISSING),
        (30, Quality.DISPUTED),
        (ALERT_PAIRS - 1, Quality.DISPUTED),
        (ALERT_PAIRS, Quality.OK),
    ],
)
def test_a_young_beta_is_shown_and_fires_nothing(sessions: int, quality: Quality) -> None:
    """30 pairs show a beta, 60 let a rule fire on it; before there is none, by name."""
    past, ends = fed(sessions, seed=1)
    history = History(nyse_calendar(), ("RIOT",))
    history.begin(START)
    table = Table(CATALOGUE, ["RIOT"], [CompanyType.MINER], HISTORY_INPUTS)
    for item in past.run(history, ends[-1] + 3_600_000):
        table.set(item.column, 0, item.reading)
    table.recompute(list(CATALOGUE))
    for name in ("btc_beta_ratio", "btc_beta_low_ratio", "btc_beta_60_sessions_ratio"):
        found = table.reading(name, 0)
        assert found.quality is quality, name
        assert (found.value is None) == (sessions < 30)
        assert found.quality.usable == (sessions >= 60)
    assert table.reading("btc_beta_ratio", 0).reason == ("too_few_pairs" if sessions < 30 else "")
    assert table.reading("joint_btc_beta_ratio", 0).reason == "too_few_pairs"
