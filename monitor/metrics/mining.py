"""What a company's machines earn and what electricity takes of it. Scope of every cost: power only.

Cash and all-in cost stand in costs.py under names of their own; what would bring a margin to 0 in
breakevens.py. A power price of 0 or below is a real price: the hashcost is then not above 0 and
the margin ratio is 1 or more.
"""

from __future__ import annotations

import numpy as np

from monitor.metrics.base import (
    CompanyType,
    Example,
    Floats,
    Guard,
    Metric,
    Remark,
    Scope,
    above,
    at_least,
    below,
)
from monitor.metrics.reference import FLEET, HASHPRICE, MINE, REF
from monitor.metrics.terms import (
    ANY_HASHRATE,
    EFFICIENCY_OK,
    FEE_OK,
    HOSTING,
    HOSTING_OK,
    MINERS,
    MINES,
    OVERHEAD,
    OVERHEAD_OK,
    POOL_FEE,
    at_most,
    energy_kwh_ph_day,
    mine_metric,
    net_of_fee,
)

_SOURCE = "docs/formulas.md 3"
_FEATURE = {"hashprice_usd_ph_day": 52.5, "efficiency_j_th": 20, "power_price_usd_kwh": 0.06}
_FEATURE_SOURCE = "a fleet of 20 J/TH at 0.06 USD/kWh in June 2025"


def _power_hashcost(
    efficiency_j_th: Floats, overhead_ratio: Floats, power_price_usd_kwh: Floats, _mines: Floats
) -> Floats:
    return energy_kwh_ph_day(efficiency_j_th, overhead_ratio) * power_price_usd_kwh


def _margin_ratio(net_hashprice: Floats, margin: Floats) -> Floats:
    return margin / net_hashprice


def _nameplate(net_hashprice: Floats, uptime_ratio: Floats, hosting_share_ratio: Floats) -> Floats:
    return net_hashprice * uptime_ratio * (1 - hosting_share_ratio)


METRICS: tuple[Metric, ...] = (
    mine_metric(
        name="power_hashcost_usd_ph_day",
        unit="USD/PH/day",
        inputs=("efficiency_j_th", OVERHEAD, "power_price_usd_kwh", ANY_HASHRATE),
        description="Electricity that 1 PH/s of the fleet costs in a day.",
        formula="24 h x efficiency_j_th x site_overhead_ratio x power_price_usd_kwh",
        source=_SOURCE,
        compute=_power_hashcost,
        guards=(MINES, EFFICIENCY_OK, OVERHEAD_OK),
        remarks=(Remark("power_hashcost_usd_ph_day", below(0.0), "always_profitable"),),
        examples=(
            Example(FLEET, 18.90, 2, REF),
            Example(_FEATURE, 28.80, 2, _FEATURE_SOURCE),
            Example({**_FEATURE, "power_price_usd_kwh": 0.081}, 38.88, 2, "at 0.081 USD/kWh"),
            Example({**FLEET, "power_price_usd_kwh": -0.158}, -66.36, 2, "paid to take it"),
            Example({**FLEET, "hashrate_eh_s": 0}, None, reason="no_mining"),
            Example({**FLEET, "efficiency_j_th": 0}, None, reason="invalid_efficiency"),
            Example({**FLEET, "site_overhead_ratio": 0.9}, None, reason="invalid_site_overhead"),
        ),
        label="Power hashcost",
    ),
    mine_metric(
        name="net_hashprice_usd_ph_day",
        unit="USD/PH/day",
        inputs=("hashprice_usd_ph_day", POOL_FEE),
        description="Hashprice after the pool has taken its fee.",
        formula="hashprice_usd_ph_day x (1 - pool_fee_ratio)",
        source=_SOURCE,
        compute=net_of_fee,
        guards=FEE_OK,
        examples=(
            Example({**HASHPRICE, "pool_fee_ratio": 0.005}, 39.119, 3, REF),
            Example({**HASHPRICE, "pool_fee_ratio": 1}, None, reason="invalid_pool_fee"),
        ),
        label="Net hashprice",
    ),
    mine_metric(
        name="nameplate_hashprice_usd_ph_day",
        unit="USD/PH/day",
        inputs=("net_hashprice_usd_ph_day", "uptime_ratio", HOSTING),
        description="What 1 PH/s on paper earns, after pool fee, downtime and what a host keeps: for"
        " the return on machines, never for a hashrate that is an operating average already.",
        formula="net_hashprice_usd_ph_day x uptime_ratio x (1 - hosting_share_ratio)",
        source=_SOURCE,
        compute=_nameplate,
        guards=(
            Guard("uptime_ratio", at_least(0.0), "invalid_uptime"),
            Guard("uptime_ratio", at_most(1.0), "invalid_uptime"),
            *HOSTING_OK,
        ),
        examples=(
            Example(
                {"hashprice_usd_ph_day": 52.5, "pool_fee_ratio": 0.02, "uptime_ratio": 0.95},
                48.88,
                2,
                "52.50 less a fee of 2 %, at 95 % uptime",
            ),
            Example(
                {
                    "hashprice_usd_ph_day": 52.5,
                    "pool_fee_ratio": 0.02,
                    "uptime_ratio": 0.95,
                    "hosting_share_ratio": 0.1,
                },
                43.99,
                2,
                "own arithmetic: the host keeps a tenth of that",
            ),
            Example(
                {**HASHPRICE, "uptime_ratio": 1, "hosting_share_ratio": 1.5},
                None,
                reason="invalid_hosting_share",
            ),
            Example({**HASHPRICE, "uptime_ratio": 1.01}, None, reason="invalid_uptime"),
        ),
        label="Nameplate hashprice",
    ),
    mine_metric(
        name="mining_margin_usd_ph_day",
        unit="USD/PH/day",
        inputs=("net_hashprice_usd_ph_day", "power_hashcost_usd_ph_day"),
        description="What 1 PH/s leaves in a day after the pool fee and electricity.",
        formula="net_hashprice_usd_ph_day - power_hashcost_usd_ph_day",
        source=_SOURCE,
        compute=np.subtract,
        examples=(
            Example(MINE, 20.22, 2, REF),
            Example(_FEATURE, 23.70, 2, _FEATURE_SOURCE),
            Example({**_FEATURE, "power_price_usd_kwh": 0.081}, 13.62, 2, "at 0.081 USD/kWh"),
        ),
        label="Mining margin",
        headline=True,
    ),
    mine_metric(
        name="mining_margin_ratio",
        unit="ratio",
        inputs=("net_hashprice_usd_ph_day", "mining_margin_usd_ph_day"),
        description="Share of net mining revenue left after electricity; below 0 is a loss.",
        formula="mining_margin_usd_ph_day / net_hashprice_usd_ph_day",
        source=_SOURCE,
        compute=_margin_ratio,
        guards=(Guard("net_hashprice_usd_ph_day", above(0.0), "no_hashprice"),),
        examples=(
            Example(MINE, 0.5169, 4, REF),
            Example({**HASHPRICE, **FLEET}, 0.5193, 4, f"{REF}, pool fee not stated"),
            Example(_FEATURE, 0.451, 3, _FEATURE_SOURCE),
            Example({**MINE, "power_price_usd_kwh": 0}, 1, 4, "power for nothing"),
            Example({**MINE, "hashrate_eh_s": 0}, None, reason="no_mining"),
            Example({**MINE, "hashprice_usd_ph_day": 0}, None, reason="no_hashprice"),
        ),
        label="Mining margin %",
        headline=True,
    ),
    Metric(
        name="btc_treasury_usd",
        unit="USD",
        scope=Scope.COMPANY,
        inputs=("btc_held", "btc_usd"),
        description="Market value of the coins a company says it holds, pledged ones included.",
        formula="btc_held x btc_usd",
        source="docs/formulas.md 6",
        compute=np.multiply,
        applies_to=MINERS | {CompanyType.TREASURY, CompanyType.ASIC_MAKER},
        examples=(
            Example({"btc_held": 10_000, "btc_usd": 91_132}, 911_320_000, 0, REF),
            Example({"btc_held": 50_000, "btc_usd": 105_000}, 5.25e9, 0, "MARA in mid-2025"),
        ),
        label="BTC treasury",
        headline=True,
    ),
)
