"""A share's beta and correlation lately, and before: equally weighted windows of 60 sessions.

A weighted beta moves slowly; these show when it moved. The last 60 paired sessions stand beside
the 60 that ended 120 sessions ago, and the most likely break of the last 180 is dated.
"""

from __future__ import annotations

from monitor.domain.estimators.change import BREAK_STATISTIC
from monitor.metrics.base import Example, Floats, Guard, Metric, Scope, above, at_least
from monitor.metrics.regression import MIN_PAIRS, correlation, effectiveness, slope

_SOURCE = "docs/formulas.md 5"
_ONLINE = f"{_SOURCE}, online estimators"
_CHANGE = f"{_SOURCE}, change of beta"

_ENOUGH = Guard("rolling_count", at_least(MIN_PAIRS), "too_few_pairs", yet=True)
_EARLIER_ENOUGH = Guard("earlier_count", at_least(MIN_PAIRS), "too_few_pairs", yet=True)
_STOCK_MOVES = Guard("rolling_var_stock", above(0.0), "stock_stands_still")
_BROKEN = Guard("break_statistic", at_least(BREAK_STATISTIC), "no_break")

_NOW = {
    "rolling_count": 60.0,
    "rolling_var_stock": 0.00196,
    "rolling_var_btc": 0.0005,
    "rolling_cov_stock_btc": 0.0007,
    "rolling_var_ai": 0.001,
    "rolling_cov_stock_ai": 0.0007,
}
_EARLIER = {"earlier_count": 60.0, "earlier_cov_stock_btc": 0.0007, "earlier_var_btc": 0.0005}
_FALLEN = _NOW | _EARLIER | {"rolling_var_stock": 0.002, "rolling_cov_stock_btc": 0.00025}
_CHANGED = {
    "break_statistic": 60.0,
    "break_age_sessions": 12.0,
    "break_beta_before_ratio": 1.4,
    "break_beta_after_ratio": 0.5,
}
_UNCHANGED = Example(_CHANGED | {"break_statistic": 24.9}, None, reason="no_break")


def _change(_statistic: Floats, before: Floats, after: Floats) -> Floats:
    return after - before


def _age(_statistic: Floats, age_sessions: Floats) -> Floats:
    return age_sessions


def _rolling(factor: str, word: str, beta: float, together: float) -> tuple[Metric, Metric]:
    """Return beta and correlation of the last 60 pairs; the numbers are those of `_NOW`."""
    variance, covariance = f"rolling_var_{factor}", f"rolling_cov_stock_{factor}"
    moves = Guard(variance, above(0.0), f"{factor}_stands_still")
    few = Example(_NOW | {"rolling_count": 29.0}, None, reason="too_few_pairs")
    still = Example(_NOW | {variance: 0.0}, None, reason=f"{factor}_stands_still")
    return (
        Metric(
            name=f"{factor}_beta_60_sessions_ratio",
            unit="ratio",
            scope=Scope.COMPANY,
            inputs=("rolling_count", covariance, variance),
            description=f"Beta of the share to {word} alone over its last 60 paired sessions.",
            formula=f"{covariance} / {variance}",
            source=_ONLINE,
            compute=slope,
            guards=(_ENOUGH, moves),
            examples=(Example(_NOW, beta, 1, f"{covariance} over {variance}"), few, still),
            label=f"{factor.upper()} beta, 60 sessions",
        ),
        Metric(
            name=f"{factor}_correlation_60_sessions_ratio",
            unit="ratio",
            scope=Scope.COMPANY,
            inputs=("rolling_count", covariance, "rolling_var_stock", variance),
            description=f"Correlation of the share with {word} over its last 60 paired sessions.",
            formula=f"{covariance} / sqrt(rolling_var_stock x {variance})",
            source=_ONLINE,
            compute=correlation,
            guards=(_ENOUGH, moves, _STOCK_MOVES),
            examples=(Example(_NOW, together, 3, "by hand"), few, still),
            label=f"{factor.upper()} correlation, 60 sessions",
        ),
    )


METRICS: tuple[Metric, ...] = (
    *_rolling("btc", "Bitcoin", 1.4, 0.707),
    *_rolling("ai", "the AI basket", 0.7, 0.5),
    Metric(
        name="btc_beta_120_sessions_ago_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=("earlier_count", "earlier_cov_stock_btc", "earlier_var_btc"),
        description="Beta of the share to Bitcoin alone over the 60 paired sessions that ended 120"
        " sessions ago.",
        formula="earlier_cov_stock_btc / earlier_var_btc",
        source=_ONLINE,
        compute=slope,
        guards=(_EARLIER_ENOUGH, Guard("earlier_var_btc", above(0.0), "btc_stands_still")),
        examples=(
            Example(_EARLIER, 1.4, 1, "0.0007 / 0.0005"),
            Example(_EARLIER | {"earlier_count": 29.0}, None, reason="too_few_pairs"),
        ),
        label="BTC beta, 120 sessions ago",
    ),
    Metric(
        name="hedge_effectiveness_out_of_sample_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=(
            "rolling_count",
            "btc_beta_120_sessions_ago_ratio",
            "rolling_var_stock",
            "rolling_var_btc",
            "rolling_cov_stock_btc",
        ),
        description="Share of the variance of the last 60 sessions that a hedge at the beta of 120"
        " sessions ago took away; below 0 it did harm.",
        formula="1 - (rolling_var_stock - 2 h rolling_cov_stock_btc + h^2 rolling_var_btc)"
        " / rolling_var_stock, h = btc_beta_120_sessions_ago_ratio",
        source=f"{_SOURCE} row 9",
        compute=effectiveness,
        guards=(_ENOUGH, _STOCK_MOVES),
        examples=(
            Example(
                _FALLEN,
                -0.14,
                2,
                "h = 1.4 where 0.5 was right: 1 - (0.002 - 0.0007 + 0.00098) / 0.002",
            ),
        ),
        label="Hedge effectiveness, held",
    ),
    Metric(
        name="btc_beta_break_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=("break_statistic", "break_beta_before_ratio", "break_beta_after_ratio"),
        description="By how much the BTC beta changed at the most likely break of the last 180"
        " paired sessions.",
        formula="break_beta_after_ratio - break_beta_before_ratio where break_statistic >= "
        f"{BREAK_STATISTIC:g}",
        source=_CHANGE,
        compute=_change,
        guards=(_BROKEN,),
        examples=(Example(_CHANGED, -0.9, 1, "from 1.4 to 0.5"), _UNCHANGED),
        label="BTC beta break",
    ),
    Metric(
        name="btc_beta_break_age_sessions",
        unit="sessions",
        scope=Scope.COMPANY,
        inputs=("break_statistic", "break_age_sessions"),
        description="How many paired sessions ago the BTC beta changed.",
        formula=f"break_age_sessions where break_statistic >= {BREAK_STATISTIC:g}",
        source=_CHANGE,
        compute=_age,
        guards=(_BROKEN,),
        examples=(Example(_CHANGED, 12.0, 0, "12 sessions ago"), _UNCHANGED),
        label="BTC beta break age",
    ),
)
