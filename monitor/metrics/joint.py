"""Bitcoin and AI together: what each explains of a share when the other is held fixed.

Bitcoin and the AI basket rise and fall together (a correlation of 0.39 in 2025/26), so a beta to
one of them alone counts part of the other: use these for a hedge of both. The basket is the mean
log return of NVDA and CRWV, a name's own stock left out. Samples below 120 pairs are refused, and
so are factors that move as one.
"""

from __future__ import annotations

import numpy as np

from monitor.metrics.base import (
    Example,
    Floats,
    Guard,
    Input,
    Metric,
    Scope,
    above,
    at_least,
    below,
)

JOINT_PAIRS = 120
MIN_EXPLAINED = 0.05
"""Of less than this R2 a share says nothing."""
ONE_FACTOR = 1 - 1e-9
"""Squared correlation from which two factors cannot be told apart."""

_SOURCE = "docs/formulas.md 5"
_ROW_10, _ROW_11 = f"{_SOURCE} row 10", f"{_SOURCE} row 11"

_COUNT = Input("joint_count", operand=False)
_ENOUGH = Guard("joint_count", at_least(JOINT_PAIRS), "too_few_pairs", yet=True)
_STOCK_MOVES = Guard("joint_var_stock", above(0.0), "stock_stands_still")
_BTC_MOVES = Guard("joint_var_btc", above(0.0), "btc_stands_still")
_BASKET_MOVES = Guard("joint_var_ai", above(0.0), "ai_stands_still")
_TWO_FACTORS = Guard("btc_ai_r2_ratio", below(ONE_FACTOR), "singular_regressors")
_EXPLAINED = Guard("joint_r2_ratio", at_least(MIN_EXPLAINED), "too_little_explained")

# Moments of daily log returns between recorded closes 2025-05-30 to 2026-05-29, all days alike.
_FACTORS = {
    "joint_count": 250.0,
    "joint_weight": 250.0,
    "joint_var_btc": 0.00067675,
    "joint_var_ai": 0.00136589,
    "joint_cov_btc_ai": 0.00037799,
}
_CORZ = _FACTORS | {
    "joint_var_stock": 0.00198680,
    "joint_cov_stock_btc": 0.00038413,
    "joint_cov_stock_ai": 0.00102706,
}
_MARA = _FACTORS | {
    "joint_var_stock": 0.00237607,
    "joint_cov_stock_btc": 0.00083649,
    "joint_cov_stock_ai": 0.00065484,
}
_TABLE = f"{_SOURCE}, market table"
_FEW = Example(_CORZ | {"joint_count": 119.0}, None, reason="too_few_pairs")
_ONE = Example(
    _CORZ | {"joint_cov_btc_ai": 0.001, "joint_var_btc": 0.001, "joint_var_ai": 0.001},
    None,
    reason="singular_regressors",
)
_UNEXPLAINED = Example(
    _CORZ | {"joint_cov_stock_btc": 1e-5, "joint_cov_stock_ai": 1e-5},
    None,
    reason="too_little_explained",
)


def _squared_correlation(
    _count: Floats, covariance: Floats, variance: Floats, other_variance: Floats
) -> Floats:
    return covariance * covariance / (variance * other_variance)


def _partial(
    own: Floats, other: Floats, between: Floats, var_own: Floats, var_other: Floats, r2: Floats
) -> Floats:
    """Cramer's rule: the determinant is the product of the variances times 1 - r2."""
    return (own * var_other - other * between) / (var_own * var_other * (1 - r2))


def _joint_r2(
    beta: Floats, covariance: Floats, other_beta: Floats, other_covariance: Floats, variance: Floats
) -> Floats:
    return (beta * covariance + other_beta * other_covariance) / variance


def _error(
    var_stock: Floats, joint_r2: Floats, variance: Floats, between_r2: Floats, weight: Floats
) -> Floats:
    return np.sqrt(var_stock * (1 - joint_r2) / (variance * (1 - between_r2) * (weight - 3)))


def _shapley(own_r2: Floats, other_r2: Floats, both_r2: Floats) -> Floats:
    return (own_r2 + both_r2 - other_r2) / 2 / both_r2


def _beta_error(factor: str, label: str, digits: float) -> Metric:
    """Return the standard error of one beta of the joint model."""
    return Metric(
        name=f"joint_{factor}_beta_error_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=(
            "joint_var_stock",
            "joint_r2_ratio",
            f"joint_var_{factor}",
            "btc_ai_r2_ratio",
            "joint_weight",
        ),
        description=f"Standard error of the joint beta to {label}.",
        formula=f"sqrt(joint_var_stock (1 - joint_r2_ratio) / (joint_var_{factor}"
        " (1 - btc_ai_r2_ratio) (joint_weight - 3)))",
        source=f"{_SOURCE}, confidence",
        compute=_error,
        guards=(Guard("joint_weight", above(3.0), "too_few_pairs", yet=True),),
        examples=(Example(_CORZ, digits, 3, f"{_TABLE}, CORZ"), _FEW),
        label=f"Joint beta error, {label}",
    )


def _explained(factor: str, label: str, guard: Guard) -> Metric:
    """Return R2 of the share on one factor, over the same pairs as the joint model."""
    return Metric(
        name=f"joint_{factor}_r2_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=(
            _COUNT,
            f"joint_cov_stock_{factor}",
            "joint_var_stock",
            f"joint_var_{factor}",
        ),
        description=f"Share of the stock's variance that {label} alone explains, over the pairs of"
        " the joint model.",
        formula=f"joint_cov_stock_{factor}^2 / (joint_var_stock x joint_var_{factor})",
        source=_ROW_11,
        compute=_squared_correlation,
        guards=(_ENOUGH, _STOCK_MOVES, guard),
        examples=(
            Example(
                _CORZ,
                {"btc": 0.11, "ai": 0.389}[factor],
                {"btc": 2, "ai": 3}[factor],
                f"{_TABLE}, CORZ",
            ),
            _FEW,
        ),
        label=f"R2 on {label}",
    )


METRICS: tuple[Metric, ...] = (
    Metric(
        name="btc_ai_r2_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=(_COUNT, "joint_cov_btc_ai", "joint_var_btc", "joint_var_ai"),
        description="How far Bitcoin and the AI basket move as one: at 1 their betas cannot be"
        " told apart.",
        formula="joint_cov_btc_ai^2 / (joint_var_btc x joint_var_ai)",
        source=_ROW_10,
        compute=_squared_correlation,
        guards=(_ENOUGH, _BTC_MOVES, _BASKET_MOVES),
        examples=(Example(_CORZ, 0.155, 3, f"{_TABLE}: a correlation of 0.39"), _FEW),
        label="BTC with AI R2",
    ),
    Metric(
        name="joint_btc_beta_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=(
            "joint_cov_stock_btc",
            "joint_cov_stock_ai",
            "joint_cov_btc_ai",
            "joint_var_btc",
            "joint_var_ai",
            "btc_ai_r2_ratio",
        ),
        description="Beta of the share to Bitcoin with the AI basket held fixed.",
        formula="(joint_cov_stock_btc joint_var_ai - joint_cov_stock_ai joint_cov_btc_ai)"
        " / (joint_var_btc joint_var_ai (1 - btc_ai_r2_ratio))",
        source=_ROW_10,
        compute=_partial,
        guards=(_TWO_FACTORS,),
        examples=(
            Example(_CORZ, 0.17, 2, f"{_TABLE}, CORZ"),
            Example(_MARA, 1.15, 2, f"{_TABLE}, MARA"),
            _FEW,
            _ONE,
        ),
        label="Joint BTC beta",
    ),
    Metric(
        name="joint_ai_beta_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=(
            "joint_cov_stock_ai",
            "joint_cov_stock_btc",
            "joint_cov_btc_ai",
            "joint_var_ai",
            "joint_var_btc",
            "btc_ai_r2_ratio",
        ),
        description="Beta of the share to the AI basket with Bitcoin held fixed.",
        formula="(joint_cov_stock_ai joint_var_btc - joint_cov_stock_btc joint_cov_btc_ai)"
        " / (joint_var_btc joint_var_ai (1 - btc_ai_r2_ratio))",
        source=_ROW_10,
        compute=_partial,
        guards=(_TWO_FACTORS,),
        examples=(
            Example(_CORZ, 0.70, 2, f"{_TABLE}, CORZ"),
            Example(_MARA, 0.16, 2, f"{_TABLE}, MARA"),
            _FEW,
            _ONE,
        ),
        label="Joint AI beta",
    ),
    Metric(
        name="joint_r2_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=(
            "joint_btc_beta_ratio",
            "joint_cov_stock_btc",
            "joint_ai_beta_ratio",
            "joint_cov_stock_ai",
            "joint_var_stock",
        ),
        description="Share of the stock's variance that Bitcoin and the AI basket explain.",
        formula="(joint_btc_beta_ratio joint_cov_stock_btc + joint_ai_beta_ratio"
        " joint_cov_stock_ai) / joint_var_stock",
        source=_ROW_10,
        compute=_joint_r2,
        guards=(_STOCK_MOVES,),
        examples=(
            Example(_CORZ, 0.40, 2, f"{_TABLE}, CORZ"),
            Example(_MARA, 0.45, 2, f"{_TABLE}, MARA"),
            _FEW,
        ),
        label="Joint R2",
    ),
    _beta_error("btc", "Bitcoin", 0.092),
    _beta_error("ai", "the AI basket", 0.065),
    _explained("btc", "Bitcoin", _BTC_MOVES),
    _explained("ai", "the AI basket", _BASKET_MOVES),
    Metric(
        name="ai_explained_share_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=("joint_ai_r2_ratio", "joint_btc_r2_ratio", "joint_r2_ratio"),
        description="AI's share of what the two explain (Shapley): near 1 the share trades as an"
        " AI host, near 0 as a miner.",
        formula="(joint_ai_r2_ratio + joint_r2_ratio - joint_btc_r2_ratio) / 2 / joint_r2_ratio",
        source=_ROW_11,
        compute=_shapley,
        guards=(_EXPLAINED,),
        examples=(
            Example(_CORZ, 0.85, 2, f"{_TABLE}, CORZ"),
            Example(_MARA, 0.16, 2, f"{_TABLE}, MARA"),
            _FEW,
            _UNEXPLAINED,
        ),
        label="AI share",
        headline=True,
    ),
    Metric(
        name="btc_explained_share_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=("joint_btc_r2_ratio", "joint_ai_r2_ratio", "joint_r2_ratio"),
        description="Bitcoin's share of what the two explain (Shapley); with the AI share it adds"
        " up to 1.",
        formula="(joint_btc_r2_ratio + joint_r2_ratio - joint_ai_r2_ratio) / 2 / joint_r2_ratio",
        source=_ROW_11,
        compute=_shapley,
        guards=(_EXPLAINED,),
        examples=(Example(_CORZ, 0.15, 2, f"{_TABLE}, CORZ"), _UNEXPLAINED),
        label="BTC share",
    ),
)
