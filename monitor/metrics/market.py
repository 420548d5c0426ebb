"""How a share goes with Bitcoin, and what hedges it: one factor, from pairs of daily returns.

The inputs are variances and covariances of daily log returns, sampled at the stock's own close
(`monitor/domain/pairs.py`) and weighted with a half-life of 60 sessions. Samples below 30 pairs
and a factor that stands still are refused by name; from 30 to 60 pairs the inputs come as
DISPUTED, so that a beta is shown and no rule fires on it. Nothing is clamped.
"""

from __future__ import annotations

import numpy as np

from monitor.domain.estimators.inference import student_t_quantile
from monitor.metrics.base import Example, Floats, Guard, Metric, Scope, above, at_least
from monitor.metrics.regression import MIN_PAIRS, correlation, effectiveness, slope

CONFIDENCE_TAIL = 0.975
"""A two-sided interval of 95 % ends here."""

_SOURCE = "docs/formulas.md 5"
_ROW_8, _ROW_9 = f"{_SOURCE} row 8", f"{_SOURCE} row 9"
_ONLINE = f"{_SOURCE}, online estimators"
_CONFIDENCE = f"{_SOURCE}, confidence"
_HOURS = f"{_SOURCE}, market hours"

# Moments of daily log returns between recorded closes, Bitcoin's at 00:00 UTC, all days alike.
_RIOT_2025 = {
    "pairs_count": 249.0,
    "var_stock": 0.00269994,
    "var_btc": 0.00061784,
    "cov_stock_btc": 0.00068596,
}
_ROWS = f"{_SOURCE}, rows 8 and 9, RIOT in 2025"
_RIOT_TABLE = {
    "pairs_count": 249.0,
    "pairs_weight": 249.0,
    "var_stock": 0.00279039,
    "var_btc": 0.00067791,
    "cov_stock_btc": 0.00073634,
}
_TABLE = f"{_SOURCE}, market table, RIOT"
_FEW = Example(_RIOT_2025 | {"pairs_count": 29.0}, None, reason="too_few_pairs")

_ENOUGH = Guard("pairs_count", at_least(MIN_PAIRS), "too_few_pairs", yet=True)
_BTC_MOVES = Guard("var_btc", above(0.0), "btc_stands_still")
_STOCK_MOVES = Guard("var_stock", above(0.0), "stock_stands_still")


def _error(var_stock: Floats, var_btc: Floats, r2: Floats, weight: Floats) -> Floats:
    return np.sqrt(var_stock / var_btc * (1 - r2) / (weight - 2))


def _low(beta: Floats, error: Floats, weight: Floats) -> Floats:
    return beta - student_t_quantile(CONFIDENCE_TAIL, weight - 2) * error


def _high(beta: Floats, error: Floats, weight: Floats) -> Floats:
    return beta + student_t_quantile(CONFIDENCE_TAIL, weight - 2) * error


def _per_share(beta: Floats, stock_usd: Floats, btc_usd: Floats) -> Floats:
    return beta * stock_usd / btc_usd


def _since(btc_usd: Floats, btc_close_usd: Floats) -> Floats:
    return btc_usd / btc_close_usd - 1


def _implied(beta: Floats, btc_change: Floats) -> Floats:
    return (1 + btc_change) ** beta - 1  # beta is one of log returns


METRICS: tuple[Metric, ...] = (
    Metric(
        name="btc_beta_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=("pairs_count", "cov_stock_btc", "var_btc"),
        description="Minimum-variance hedge ratio: dollars of Bitcoin to sell against a dollar of"
        " the share. Also its beta to Bitcoin alone.",
        formula="cov_stock_btc / var_btc",
        source=_ROW_8,
        compute=slope,
        guards=(_ENOUGH, _BTC_MOVES),
        examples=(
            Example(_RIOT_2025, 1.11, 2, _ROWS),
            Example(_RIOT_TABLE, 1.09, 2, _TABLE),
            _FEW,
            Example(_RIOT_2025 | {"var_btc": 0.0}, None, reason="btc_stands_still"),
        ),
        label="BTC beta",
        headline=True,
    ),
    Metric(
        name="btc_correlation_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=("pairs_count", "cov_stock_btc", "var_stock", "var_btc"),
        description="Correlation of the share's daily return with Bitcoin's.",
        formula="cov_stock_btc / sqrt(var_stock x var_btc)",
        source=_ONLINE,
        compute=correlation,
        guards=(_ENOUGH, _BTC_MOVES, _STOCK_MOVES),
        examples=(Example(_RIOT_2025, 0.53, 2, _ROWS), _FEW),
        label="BTC correlation",
    ),
    Metric(
        name="btc_r2_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=("btc_correlation_ratio",),
        description="Share of the stock's variance that Bitcoin alone explains.",
        formula="btc_correlation_ratio^2",
        source=_ONLINE,
        compute=np.square,
        examples=(Example(_RIOT_TABLE, 0.29, 2, _TABLE),),
        label="BTC R2",
    ),
    Metric(
        name="hedge_effectiveness_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=("pairs_count", "btc_beta_ratio", "var_stock", "var_btc", "cov_stock_btc"),
        description="Share of the variance that selling Bitcoin at h = btc_beta_ratio takes away:"
        " R2 for this h; give `calc` another h and it may be below 0.",
        formula="1 - (var_stock - 2 h cov_stock_btc + h^2 var_btc) / var_stock",
        source=_ROW_9,
        compute=effectiveness,
        guards=(_ENOUGH, _STOCK_MOVES),
        examples=(
            Example(_RIOT_2025, 0.28, 2, _ROWS),
            Example(
                _RIOT_2025 | {"btc_beta_ratio": 2.5}, -0.16, 2, "the same at another h: not clamped"
            ),
            _FEW,
        ),
        label="Hedge effectiveness",
    ),
    Metric(
        name="btc_beta_error_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=("var_stock", "var_btc", "btc_r2_ratio", "pairs_weight"),
        description="Standard error of the BTC beta.",
        formula="sqrt(var_stock / var_btc x (1 - btc_r2_ratio) / (pairs_weight - 2))",
        source=_CONFIDENCE,
        compute=_error,
        guards=(_BTC_MOVES, Guard("pairs_weight", above(2.0), "too_few_pairs", yet=True)),
        examples=(
            Example(_RIOT_TABLE, 0.11, 2, _TABLE),
            Example(_RIOT_TABLE | {"pairs_weight": 2.0}, None, reason="too_few_pairs"),
        ),
        label="BTC beta error",
    ),
    Metric(
        name="btc_beta_low_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=("btc_beta_ratio", "btc_beta_error_ratio", "pairs_weight"),
        description="Lower end of the 95 % interval of the BTC beta.",
        formula="btc_beta_ratio - t(0.975; pairs_weight - 2) x btc_beta_error_ratio",
        source=_CONFIDENCE,
        compute=_low,
        guards=(Guard("pairs_weight", at_least(3.0), "too_few_pairs", yet=True),),
        examples=(Example(_RIOT_TABLE, 0.871, 3, "t(0.975; 247) = 1.96962"),),
        label="BTC beta low",
    ),
    Metric(
        name="btc_beta_high_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=("btc_beta_ratio", "btc_beta_error_ratio", "pairs_weight"),
        description="Upper end of the 95 % interval of the BTC beta.",
        formula="btc_beta_ratio + t(0.975; pairs_weight - 2) x btc_beta_error_ratio",
        source=_CONFIDENCE,
        compute=_high,
        guards=(Guard("pairs_weight", at_least(3.0), "too_few_pairs", yet=True),),
        examples=(Example(_RIOT_TABLE, 1.301, 3, "t(0.975; 247) = 1.96962"),),
        label="BTC beta high",
    ),
    Metric(
        name="hedge_per_share_btc",
        unit="BTC/share",
        scope=Scope.COMPANY,
        inputs=("btc_beta_ratio", "stock_usd", "btc_usd"),
        description="Bitcoin to sell against one share at the minimum-variance hedge ratio.",
        formula="btc_beta_ratio x stock_usd / btc_usd",
        source=_ROW_8,
        compute=_per_share,
        guards=(Guard("btc_usd", above(0.0), "no_btc_price"),),
        examples=(
            Example(
                _RIOT_2025 | {"stock_usd": 12.5, "btc_usd": 105_000.0},
                0.000132,
                6,
                "1.1103 x 12.5 / 105,000",
            ),
        ),
        label="Hedge per share",
    ),
    Metric(
        name="btc_since_close_ratio",
        unit="ratio",
        scope=Scope.NETWORK,
        inputs=("btc_usd", "btc_close_usd"),
        description="Bitcoin against its price at New York's last close: what a share whose market"
        " is closed has not seen yet.",
        formula="btc_usd / btc_close_usd - 1",
        source=_HOURS,
        compute=_since,
        guards=(Guard("btc_close_usd", above(0.0), "no_btc_price"),),
        examples=(
            Example({"btc_usd": 99_750.0, "btc_close_usd": 105_000.0}, -0.05, 2, "by hand"),
            Example({"btc_usd": 99_750.0, "btc_close_usd": 0.0}, None, reason="no_btc_price"),
        ),
        label="BTC since the close",
    ),
    Metric(
        name="implied_change_since_close_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=("btc_beta_ratio", "btc_since_close_ratio"),
        description="What the share's beta makes of Bitcoin's move since New York's last close.",
        formula="(1 + btc_since_close_ratio)^btc_beta_ratio - 1",
        source=_HOURS,
        compute=_implied,
        guards=(Guard("btc_since_close_ratio", above(-1.0), "no_btc_price"),),
        examples=(
            Example(
                {"btc_beta_ratio": 2.0, "btc_since_close_ratio": -0.05},
                -0.0975,
                4,
                "0.95^2 - 1",
            ),
        ),
        label="Implied since the close",
    ),
)
