"""The company as a sum of its parts, and what the market then pays for AI.

What a part is worth is an assumption that nobody publishes: it comes as a figure of the company's
book, or by hand, with its source and its day, and where there is none there is no sum.
"""

from __future__ import annotations

import numpy as np

from monitor.metrics.base import CompanyType, Example, Floats, Input, Metric, Scope, not_negative

_MINERS = frozenset({CompanyType.MINER})
_POWERED = _MINERS | {CompanyType.AI_HOST}
_SOURCE = "docs/formulas.md 6"
_OWN = "own arithmetic on the example of docs/formulas.md 6"

_PIPELINE = Input("pipeline_value_usd", 0.0, "the pipeline is not counted: no worth is known")
_NET_DEBT = Input("net_debt_usd", 0.0, "debt and cash are not counted: one is not known")

_MINING = {"hashrate_eh_s": 20.0, "mining_value_usd_eh_s": 60e6}
_AI = {
    "contracted_ai_revenue_usd_year": 300e6,
    "ai_gross_margin_ratio": 0.75,
    "ai_value_multiple_ratio": 8.0,
}
_LATER = {"pipeline_mw": 400.0, "pipeline_value_usd_mw": 250e3}
_COINS = {"btc_held": 10_000.0, "btc_usd": 91_132.0}
_MONEY = {"debt_usd": 800e6, "cash_usd": 300e6}
_FIRM = _MINING | _AI | _LATER | _COINS | _MONEY


def _ai_value(revenue: Floats, margin_ratio: Floats, multiple: Floats) -> Floats:
    return revenue * margin_ratio * multiple


def _sum(coins: Floats, mining: Floats, ai: Floats, pipeline: Floats, net_debt: Floats) -> Floats:
    return coins + mining + ai + pipeline - net_debt


def _rest(operating_ev: Floats, mining: Floats, pipeline: Floats) -> Floats:
    return operating_ev - mining - pipeline


METRICS: tuple[Metric, ...] = (
    Metric(
        name="mining_value_usd",
        unit="USD",
        scope=Scope.COMPANY,
        inputs=("hashrate_eh_s", "mining_value_usd_eh_s"),
        description="Worth of the mine at the assumed worth of one EH/s.",
        formula="hashrate_eh_s x mining_value_usd_eh_s",
        source=_SOURCE,
        compute=np.multiply,
        guards=(not_negative("hashrate_eh_s"), not_negative("mining_value_usd_eh_s")),
        applies_to=_MINERS,
        examples=(
            Example(_MINING, 1_200e6, -6, _OWN),
            Example(_MINING | {"hashrate_eh_s": -1.0}, None, reason="negative:hashrate_eh_s"),
        ),
        label="Worth of mining",
    ),
    Metric(
        name="ai_contracts_value_usd",
        unit="USD",
        scope=Scope.COMPANY,
        inputs=(
            "contracted_ai_revenue_usd_year",
            "ai_gross_margin_ratio",
            "ai_value_multiple_ratio",
        ),
        description="Worth of the AI contracts in force at an assumed multiple of their profit.",
        formula="contracted_ai_revenue_usd_year x ai_gross_margin_ratio x ai_value_multiple_ratio",
        source=_SOURCE,
        compute=_ai_value,
        guards=(
            not_negative("contracted_ai_revenue_usd_year"),
            not_negative("ai_value_multiple_ratio"),
        ),
        applies_to=_POWERED,
        examples=(
            Example(_AI, 1_800e6, -6, _OWN),
            Example(
                _AI | {"ai_value_multiple_ratio": -8.0},
                None,
                reason="negative:ai_value_multiple_ratio",
            ),
        ),
        label="Worth of AI contracts",
    ),
    Metric(
        name="pipeline_value_usd",
        unit="USD",
        scope=Scope.COMPANY,
        inputs=("pipeline_mw", "pipeline_value_usd_mw"),
        description="Worth of planned power at the assumed worth of one megawatt.",
        formula="pipeline_mw x pipeline_value_usd_mw",
        source=_SOURCE,
        compute=np.multiply,
        guards=(not_negative("pipeline_mw"), not_negative("pipeline_value_usd_mw")),
        applies_to=_POWERED,
        examples=(
            Example(_LATER, 100e6, -6, _OWN),
            Example(_LATER | {"pipeline_mw": -1.0}, None, reason="negative:pipeline_mw"),
        ),
        label="Worth of the pipeline",
    ),
    Metric(
        name="sum_of_parts_usd",
        unit="USD",
        scope=Scope.COMPANY,
        inputs=(
            "btc_treasury_usd",
            "mining_value_usd",
            "ai_contracts_value_usd",
            _PIPELINE,
            _NET_DEBT,
        ),
        description="Worth of coins, mine, AI contracts and pipeline less net debt, to compare with"
        " the market cap.",
        formula="btc_treasury_usd + mining_value_usd + ai_contracts_value_usd + pipeline_value_usd"
        " - net_debt_usd",
        source=_SOURCE,
        compute=_sum,
        applies_to=_MINERS,
        examples=(
            Example(_FIRM, 3_511.3e6, -5, _OWN),
            Example(_AI | _COINS, None, reason="missing:hashrate_eh_s"),
        ),
        label="Sum of the parts",
    ),
    Metric(
        name="implied_ai_value_usd",
        unit="USD",
        scope=Scope.COMPANY,
        inputs=("operating_ev_usd", "mining_value_usd", _PIPELINE),
        description="What the market pays for AI once coins, mine and pipeline are taken off;"
        " below 0 it pays less than for the rest.",
        formula="operating_ev_usd - mining_value_usd - pipeline_value_usd",
        source=_SOURCE,
        compute=_rest,
        applies_to=_MINERS,
        examples=(
            Example(_FIRM | {"market_cap_usd": 4e9}, 2_288.7e6, -5, _OWN),
            Example(_MINING | {"operating_ev_usd": 1e9}, -200e6, -6, "less than the mine alone"),
        ),
        label="Implied AI value",
    ),
)
