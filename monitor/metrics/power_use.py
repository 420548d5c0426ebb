"""What a megawatt earns with ASICs and with AI, and the hashprice at which both are worth the same.

A megawatt of the mine is one at the site: its overhead is in it. One of AI is what the contracts
count, gross or critical IT; where it is critical IT, a megawatt of the site carries less of it, by
the PUE of the AI site.
"""

from __future__ import annotations

import numpy as np

from monitor.domain.stress import DAYS_PER_YEAR
from monitor.domain.units import HOURS_PER_DAY
from monitor.metrics.base import (
    MULTIPLE,
    CompanyType,
    Example,
    Floats,
    Guard,
    Mask,
    Metric,
    Scope,
    above,
    not_negative,
)
from monitor.metrics.quotients import quotient
from monitor.metrics.terms import (
    ANY_HASHRATE,
    EFFICIENCY_OK,
    FEE_OK,
    MINERS,
    MINES,
    OVERHEAD,
    OVERHEAD_OK,
    POOL_FEE,
)

_POWERED = MINERS | {CompanyType.AI_HOST}
_SOURCE = "docs/formulas.md 5"
_OWN = "own arithmetic"

_KW_PER_MW = 1_000  # and 1 J/TH is 1 kW per PH/s
_DENSITY = "hashrate_per_mw_ph_s"
_AI_PROFIT = "ai_gross_profit_usd_mw_year"

# a machine of 20 J/TH at hashprice 52.50, beside an AI contract of 1.85 M USD per MW and year
_MACHINE = {"hashprice_usd_ph_day": 52.50, "efficiency_j_th": 20.0, "power_price_usd_kwh": 0.06}
_CONTRACT = {"contracted_ai_revenue_usd_year": 1.85e6, "ai_contracted_mw": 1.0}
_BOTH = _MACHINE | _CONTRACT
_WITH_MARGIN = _BOTH | {"ai_gross_margin_ratio": 0.75}
_PRINTED = "Barron's figure of 1.85 M USD per MW and year beside a 20 J/TH machine"
_REF = {
    "hashprice_usd_ph_day": 39.316,
    "pool_fee_ratio": 0.005,
    "efficiency_j_th": 17.5,
    "power_price_usd_kwh": 0.045,
}
_GPUS = {"gpu_count": 4_300.0, "gpu_rental_usd_hour": 2.60, "ai_utilisation_ratio": 0.5}


def _density(efficiency_j_th: Floats, overhead_ratio: Floats, _mines: Floats) -> Floats:
    return _KW_PER_MW / (efficiency_j_th * overhead_ratio)


def _mining_revenue(net_hashprice: Floats, density: Floats) -> Floats:
    return net_hashprice * density * DAYS_PER_YEAR


def _switch(ai_profit: Floats, density: Floats, hashcost: Floats, fee_ratio: Floats) -> Floats:
    return (ai_profit / (density * DAYS_PER_YEAR) + hashcost) / (1 - fee_ratio)


def _distance(value: Floats, bound: Floats) -> Floats:
    return value / bound - 1


def _estimate(gpus: Floats, rental_usd_hour: Floats, utilisation_ratio: Floats) -> Floats:
    return gpus * rental_usd_hour * HOURS_PER_DAY * DAYS_PER_YEAR * utilisation_ratio


def _is_share(values: Floats) -> Mask:
    return (values >= 0) & (values <= 1)


_PER_MW: tuple[Metric, ...] = (
    Metric(
        name=_DENSITY,
        unit="PH/s/MW",
        scope=Scope.COMPANY,
        inputs=("efficiency_j_th", OVERHEAD, ANY_HASHRATE),
        description="Hashrate that a megawatt at the site runs.",
        formula="1000 / (efficiency_j_th x site_overhead_ratio)",
        source=_SOURCE,
        compute=_density,
        guards=(MINES, EFFICIENCY_OK, OVERHEAD_OK),
        applies_to=MINERS,
        examples=(
            Example(_MACHINE, 50.0, 1, "1 MW at 20 J/TH"),
            Example(_MACHINE | {"hashrate_eh_s": 0.0}, None, reason="no_mining"),
            Example({"efficiency_j_th": -20.0}, None, reason="invalid_efficiency"),
        ),
        label="Hashrate per MW",
    ),
    Metric(
        name="mining_revenue_usd_mw_year",
        unit="USD/MW/year",
        scope=Scope.COMPANY,
        inputs=("net_hashprice_usd_ph_day", _DENSITY),
        description="What a megawatt of machines brings in a year at today's hashprice.",
        formula=f"net_hashprice_usd_ph_day x {_DENSITY} x 365",
        source=_SOURCE,
        compute=_mining_revenue,
        applies_to=MINERS,
        examples=(Example(_MACHINE, 0.958e6, -3, _PRINTED),),
        label="Mining revenue per MW",
    ),
    Metric(
        name="mining_margin_usd_mw_day",
        unit="USD/MW/day",
        scope=Scope.COMPANY,
        inputs=("mining_margin_usd_ph_day", _DENSITY),
        description="What a megawatt of machines leaves in a day after pool fee and electricity.",
        formula=f"mining_margin_usd_ph_day x {_DENSITY}",
        source="docs/formulas.md 9",
        compute=np.multiply,
        applies_to=MINERS,
        examples=(Example(_REF, 1_155, 0, "docs/formulas.md 9, at Ref"),),
        label="Mining margin per MW",
    ),
    quotient(
        "contracted_ai_revenue_usd_year",
        "ai_contracted_mw",
        "no_ai_power",
        name="ai_revenue_usd_mw_year",
        unit="USD/MW/year",
        description="What a contracted megawatt of AI brings in a year.",
        source=_SOURCE,
        applies_to=_POWERED,
        examples=(
            Example(_CONTRACT, 1.85e6, -4, _PRINTED),
            Example(
                {"contracted_ai_revenue_usd_year": 3.5e9 / 12, "ai_contracted_mw": 200},
                1.458e6,
                -3,
                "Core Scientific, June 2024: 3.5e9 USD over 12 years, about 200 MW critical IT",
            ),
            Example(
                {"contracted_ai_revenue_usd_year": 0, "ai_contracted_mw": 0},
                None,
                reason="no_ai_power",
            ),
        ),
        label="AI revenue per MW",
    ),
    Metric(
        name=_AI_PROFIT,
        unit="USD/MW/year",
        scope=Scope.COMPANY,
        inputs=("ai_revenue_usd_mw_year", "ai_gross_margin_ratio"),
        description="What a contracted megawatt of AI leaves in a year after its direct cost.",
        formula="ai_revenue_usd_mw_year x ai_gross_margin_ratio",
        source=_SOURCE,
        compute=np.multiply,
        applies_to=_POWERED,
        examples=(Example(_WITH_MARGIN, 1.3875e6, -2, _OWN),),
        label="AI profit per MW",
    ),
    Metric(
        name="ai_to_mining_revenue_mw_ratio",
        unit=MULTIPLE,
        scope=Scope.COMPANY,
        inputs=("ai_revenue_usd_mw_year", "mining_revenue_usd_mw_year"),
        description="How many times the revenue of machines a megawatt brings under AI contracts.",
        formula="ai_revenue_usd_mw_year / mining_revenue_usd_mw_year",
        source=_SOURCE,
        compute=np.divide,
        guards=(Guard("mining_revenue_usd_mw_year", above(0.0), "no_hashprice"),),
        applies_to=MINERS,
        examples=(
            Example(_BOTH, 1.93, 2, _PRINTED),
            Example(_BOTH | {"hashprice_usd_ph_day": 0.0}, None, reason="no_hashprice"),
        ),
        label="AI over mining per MW",
    ),
)

_SWITCH: tuple[Metric, ...] = (
    Metric(
        name="switch_hashprice_usd_ph_day",
        unit="USD/PH/day",
        scope=Scope.COMPANY,
        inputs=(_AI_PROFIT, _DENSITY, "power_hashcost_usd_ph_day", POOL_FEE),
        description="Hashprice at which a megawatt leaves as much with machines as under AI"
        " contracts, after the direct cost of both.",
        formula=f"({_AI_PROFIT} / ({_DENSITY} x 365) + power_hashcost_usd_ph_day)"
        " / (1 - pool_fee_ratio)",
        source=_SOURCE,
        compute=_switch,
        guards=FEE_OK,
        applies_to=MINERS,
        examples=(
            Example(_BOTH | {"ai_gross_margin_ratio": 1.0}, 130.17, 2, f"{_PRINTED}, no AI cost"),
            Example(_WITH_MARGIN, 104.83, 2, f"{_PRINTED}, AI margin 75 %"),
            Example(_WITH_MARGIN | {"hashrate_eh_s": 0.0}, None, reason="no_mining"),
        ),
        label="Switch hashprice",
    ),
    Metric(
        name="switch_distance_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=("hashprice_usd_ph_day", "switch_hashprice_usd_ph_day"),
        description="How far hashprice stands from the switch: above 0 a megawatt earns more with"
        " machines, below 0 under AI contracts.",
        formula="hashprice_usd_ph_day / switch_hashprice_usd_ph_day - 1",
        source=_SOURCE,
        compute=_distance,
        guards=(Guard("switch_hashprice_usd_ph_day", above(0.0), "always_mining"),),
        applies_to=MINERS,
        examples=(
            Example(_WITH_MARGIN, -0.499, 3, _OWN),
            Example(_WITH_MARGIN | {"power_price_usd_kwh": -0.2}, None, reason="always_mining"),
        ),
        label="Distance to the switch",
    ),
)

_ESTIMATE: tuple[Metric, ...] = (
    Metric(
        name="ai_revenue_estimate_usd_year",
        unit="USD/year",
        scope=Scope.COMPANY,
        inputs=("gpu_count", "gpu_rental_usd_hour", "ai_utilisation_ratio"),
        description="AI revenue between two reports, from processors and today's rental price.",
        formula="gpu_count x gpu_rental_usd_hour x 8760 h x ai_utilisation_ratio",
        source=_SOURCE,
        compute=_estimate,
        guards=(
            not_negative("gpu_count"),
            not_negative("gpu_rental_usd_hour"),
            Guard("ai_utilisation_ratio", _is_share, "invalid_utilisation"),
        ),
        applies_to=_POWERED,
        examples=(
            Example(_GPUS, 49.0e6, -5, "IREN's 4,300 processors, half of the hours rented"),
            Example(_GPUS | {"gpu_count": -1.0}, None, reason="negative:gpu_count"),
            Example(_GPUS | {"ai_utilisation_ratio": 50.0}, None, reason="invalid_utilisation"),
        ),
        label="AI revenue, estimated",
    ),
    Metric(
        name="ai_revenue_estimate_error_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=("ai_revenue_estimate_usd_year", "ai_revenue_usd_year"),
        description="How far the estimate stands from the AI revenue reported last.",
        formula="ai_revenue_estimate_usd_year / ai_revenue_usd_year - 1",
        source=_SOURCE,
        compute=_distance,
        guards=(Guard("ai_revenue_usd_year", above(0.0), "no_ai_revenue"),),
        applies_to=_POWERED,
        examples=(
            Example(_GPUS | {"ai_revenue_usd_year": 3.6e6 * 4}, 2.40, 2, "IREN, 3.6 M a quarter"),
            Example(_GPUS | {"ai_revenue_usd_year": 0.0}, None, reason="no_ai_revenue"),
        ),
        label="AI estimate v. report",
    ),
)

METRICS: tuple[Metric, ...] = _PER_MW + _SWITCH + _ESTIMATE
