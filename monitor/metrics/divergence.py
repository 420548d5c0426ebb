"""Has the market noticed? The share's beta then and now, beside the business then and now.

A miner whose income turns into rent should follow Bitcoin less. Where the business has changed
and the beta has not, or the other way round, one of the two is wrong. Windows: the beta of the
last 60 paired sessions and of the 60 that ended 120 sessions ago; the mix that the filings show
now and the one that was known 182 days ago. The names of the inputs say them, so an alert does.
"""

from __future__ import annotations

from monitor.metrics.base import (
    CompanyType,
    Example,
    Floats,
    Guard,
    Metric,
    Scope,
    above,
    at_least,
    below,
)

MIN_EARLIER_BETA = 0.2
"""A beta below this is hardly one; a ratio to it says nothing."""

_SOURCE = "docs/formulas.md 5"
_MINERS = frozenset({CompanyType.MINER})

_MIXES = {
    "ai_revenue_usd": 30e6,
    "mining_revenue_usd": 70e6,
    "earlier_ai_revenue_usd": 10e6,
    "earlier_mining_revenue_usd": 90e6,
}
_BETAS = {
    "rolling_count": 60.0,
    "rolling_cov_stock_btc": 0.0007,
    "rolling_var_btc": 0.0005,
    "earlier_count": 60.0,
    "earlier_cov_stock_btc": 0.0007,
    "earlier_var_btc": 0.0005,
}
_STAYED = "AI from 10 to 30 % of revenue, beta 1.4 as before: 1 - 0.7 / 0.9"
_FOLLOWED = "and the beta to 1.4 x 0.7 / 0.9: nothing to say"


def _revenue_mix(ai_usd: Floats, mining_usd: Floats) -> Floats:
    return ai_usd / (ai_usd + mining_usd)


def _divergence(beta: Floats, earlier_beta: Floats, mix: Floats, earlier_mix: Floats) -> Floats:
    return beta / earlier_beta - (1 - mix) / (1 - earlier_mix)


METRICS: tuple[Metric, ...] = (
    Metric(
        name="ai_revenue_mix_two_quarters_ago_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=("earlier_ai_revenue_usd", "earlier_mining_revenue_usd"),
        description="Share of AI in the revenue of AI and mining, as it was known 182 days ago.",
        formula="earlier_ai_revenue_usd / (earlier_ai_revenue_usd + earlier_mining_revenue_usd)",
        source=f"{_SOURCE} row 1",
        compute=_revenue_mix,
        guards=(
            Guard("earlier_ai_revenue_usd", at_least(0.0), "negative_input"),
            Guard("earlier_mining_revenue_usd", above(0.0), "no_mining"),
        ),
        applies_to=_MINERS,
        examples=(
            Example(_MIXES, 0.1, 1, "10 of 100"),
            Example(_MIXES | {"earlier_mining_revenue_usd": 0.0}, None, reason="no_mining"),
        ),
        label="AI revenue mix, 182 days ago",
        same_period=True,
    ),
    Metric(
        name="beta_divergence_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=(
            "btc_beta_60_sessions_ratio",
            "btc_beta_120_sessions_ago_ratio",
            "ai_revenue_mix_ratio",
            "ai_revenue_mix_two_quarters_ago_ratio",
        ),
        description="How much more of its BTC beta a share has kept than its business of mining:"
        " above 0 the market has not followed the filings, below 0 it has run ahead of them.",
        formula="btc_beta_60_sessions_ratio / btc_beta_120_sessions_ago_ratio"
        " - (1 - ai_revenue_mix_ratio) / (1 - ai_revenue_mix_two_quarters_ago_ratio)",
        source=f"{_SOURCE}, divergence",
        compute=_divergence,
        guards=(
            Guard("btc_beta_120_sessions_ago_ratio", above(MIN_EARLIER_BETA), "no_earlier_beta"),
            Guard("ai_revenue_mix_two_quarters_ago_ratio", below(1.0), "no_mining"),
        ),
        applies_to=_MINERS,
        examples=(
            Example(_MIXES | _BETAS, 0.222, 3, _STAYED),
            Example(
                _MIXES | _BETAS | {"btc_beta_60_sessions_ratio": 1.4 * 0.7 / 0.9},
                0.0,
                3,
                _FOLLOWED,
            ),
            Example(
                _MIXES | _BETAS | {"earlier_cov_stock_btc": 0.0001},
                None,
                reason="no_earlier_beta",
            ),
        ),
        label="Beta divergence",
    ),
)
