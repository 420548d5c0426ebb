"""Lead and lag: what is repaired, and what raw ticks say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.estimators import Floats
from monitor.domain.estimators.inference import least_squares
from monitor.domain.estimators.synchrony import (
    LeadLag,
    dimson_beta,
    dimson_rows,
    hayashi_yoshida_beta,
    hayashi_yoshida_covariance,
    scholes_williams_beta,
)


def late_market(seed: int, size: int = 6_000) -> tuple[Floats, Floats]:
    """Return a share with beta 1.2, and a market whose close comes a quarter of a day later."""
    rng = np.random.default_rng(seed)
    quarters = rng.normal(0, 0.015, (size + 1) * 4)
    aligned = quarters[:-4].reshape(-1, 4).sum(axis=1)
    late = quarters[1:-3].reshape(-1, 4).sum(axis=1)
    return 1.2 * aligned + rng.normal(0, 0.02, size), late


def test_lead_and_lag_repair_an_asynchronous_beta() -> None:
    """Closes 6 hours apart pull the plain beta to three quarters; both repairs bring it back."""
    stock, market = late_market(7)
    assert least_squares(market, stock)[1] == pytest.approx(0.9, abs=0.04)
    assert dimson_beta(stock, market) == pytest.approx(1.2, abs=0.06)
    assert scholes_williams_beta(stock, market) == pytest.approx(1.2, abs=0.06)


def test_scholes_williams_by_hand() -> None:
    """(b-1 + b0 + b+1) / (1 + 2 rho), each beta alone."""
    stock, market = late_market(1, 200)
    betas = [
        np.polyfit(x, y, 1)[0]
        for x, y in (
            (market[:-1], stock[1:]),
            (market, stock),
            (market[1:], stock[:-1]),
        )
    ]
    rho = np.corrcoef(market[1:], market[:-1])[0, 1]
    assert scholes_williams_beta(stock, market) == pytest.approx(sum(betas) / (1 + 2 * rho))


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), max_size=12))
def test_rows_online_are_the_rows_of_the_batch(pairs: list[tuple[float, float]]) -> None:
    """One session at a time gives the same rows: lag, same day, lead, and the target."""
    state, rows = LeadLag(), []
    for stock, market in pairs:
        state, row = state.updated(stock, market)
        rows += [] if row is None else [row]
    if len(pairs) < 3:
        assert rows == []
        return
    regressors, target = dimson_rows(*np.array(pairs).T)
    assert np.array_equal(np.array(rows), np.column_stack([target, regressors]))


def brute_force(t: Floats, x: Floats, s: Floats, y: Floats) -> float:
    """Return the sum over all pairs of returns whose intervals overlap, by the definition."""
    total = 0.0
    for i in range(1, len(t)):
        for j in range(1, len(s)):
            if s[j - 1] < t[i] and t[i - 1] < s[j]:
                total += (x[i] - x[i - 1]) * (y[j] - y[j - 1])
    return total


TICKS = st.lists(st.tuples(st.integers(1, 6), st.floats(-0.05, 0.05)), min_size=2, max_size=15)


@given(TICKS, TICKS, st.integers(-30, 30))
def test_hayashi_yoshida_is_the_sum_over_overlaps(
    one: list[tuple[int, float]], other: list[tuple[int, float]], shift: int
) -> None:
    """All pairs of overlapping returns and no others, also where the two hardly meet."""
    t, x = np.cumsum(np.array(one), axis=0).T
    s, y = np.cumsum(np.array(other), axis=0).T
    s = s + shift
    found = hayashi_yoshida_covariance(t, x, s, y)
    assert found == pytest.approx(brute_force(t, x, s, y), abs=1e-12)


def test_raw_ticks_beat_bars() -> None:
    """The Epps effect: bars of the last price lose a third of beta, raw ticks do not."""
    rng = np.random.default_rng(2)
    seconds = 40_000
    market = np.cumsum(rng.normal(0, 1e-3, seconds))
    share = 1.5 * market + np.cumsum(rng.normal(0, 5e-4, seconds))
    t = np.sort(rng.choice(seconds, 2_000, replace=False))
    s = np.sort(rng.choice(seconds, 8_000, replace=False))
    grid = np.arange(100, seconds, 20)
    bars = [
        np.diff(prices[ticks[np.searchsorted(ticks, grid, side="right") - 1]])
        for ticks, prices in ((t, share), (s, market))
    ]
    assert least_squares(bars[1], bars[0])[1] < 1.1
    beta = hayashi_yoshida_beta(t.astype(float), share[t], s.astype(float), market[s])
    assert beta == pytest.approx(1.5, abs=0.1)
