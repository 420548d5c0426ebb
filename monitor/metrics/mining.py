"""What a company's machines earn and cost: margin, break-evens, expected production.

Scope of every cost here: power only. Figures per PH/s do not depend on how large the company is,
so an unknown hashrate leaves them standing; a hashrate of 0 means that there is no mine, and they
are refused with the reason `no_mining`. A power price of 0 or below is a real price: the hashcost
is then not above 0 and the margin ratio is 1 or more.
"""

from __future__ import annotations

import numpy as np

from monitor.domain.units import HOURS_PER_DAY, PH_PER_EH
from monitor.metrics.base import (
    CompanyType,
    Floats,
    Guard,
    Input,
    Metric,
    Scope,
    above,
    at_least,
    below,
)

_MINERS = frozenset({CompanyType.MINER})
_SOURCE = "docs/formulas.md 3"

_OVERHEAD = Input("site_overhead_ratio", 1.0, "efficiency is metered at the wall")
_POOL_FEE = Input("pool_fee_ratio", 0.0, "gross of the pool fee, which the company does not state")
# Not an operand: it only lets the guard see that a company mines at all.
_ANY_HASHRATE = Input(
    "hashrate_eh_s", 1.0, "the company mines; the size does not matter per PH/s", operand=False
)

_MINES = Guard("hashrate_eh_s", above(0.0), "no_mining")
_EFFICIENCY_OK = Guard("efficiency_j_th", above(0.0), "invalid_efficiency")
_OVERHEAD_OK = Guard("site_overhead_ratio", at_least(1.0), "invalid_site_overhead")
_FEE_OK = (
    Guard("pool_fee_ratio", at_least(0.0), "invalid_pool_fee"),
    Guard("pool_fee_ratio", below(1.0), "invalid_pool_fee"),
)


def _energy_kwh_ph_day(efficiency_j_th: Floats, site_overhead_ratio: Floats) -> Floats:
    # 1 J/TH is 1 kW per PH/s.
    return HOURS_PER_DAY * efficiency_j_th * site_overhead_ratio


def _power_hashcost(
    efficiency_j_th: Floats, overhead_ratio: Floats, power_price_usd_kwh: Floats, _mines: Floats
) -> Floats:
    return _energy_kwh_ph_day(efficiency_j_th, overhead_ratio) * power_price_usd_kwh


def _net_hashprice(hashprice: Floats, pool_fee_ratio: Floats) -> Floats:
    return hashprice * (1 - pool_fee_ratio)


def _margin_ratio(net_hashprice: Floats, margin: Floats) -> Floats:
    return margin / net_hashprice


def _break_even_btc(hashcost: Floats, hashprice_btc: Floats, pool_fee_ratio: Floats) -> Floats:
    return hashcost / (hashprice_btc * (1 - pool_fee_ratio))


def _break_even_hashprice(hashcost: Floats, pool_fee_ratio: Floats) -> Floats:
    return hashcost / (1 - pool_fee_ratio)


def _break_even_power_price(
    net_hashprice: Floats, efficiency_j_th: Floats, overhead_ratio: Floats, _mines: Floats
) -> Floats:
    return net_hashprice / _energy_kwh_ph_day(efficiency_j_th, overhead_ratio)


def _break_even_efficiency(
    net_hashprice: Floats, power_price_usd_kwh: Floats, overhead_ratio: Floats, _mines: Floats
) -> Floats:
    return net_hashprice / (HOURS_PER_DAY * power_price_usd_kwh * overhead_ratio)


def _expected_btc(hashprice_btc: Floats, hashrate_eh_s: Floats, pool_fee_ratio: Floats) -> Floats:
    return hashprice_btc * (hashrate_eh_s * PH_PER_EH) * (1 - pool_fee_ratio)


def _power_cost(
    hashrate_eh_s: Floats, efficiency: Floats, overhead: Floats, price: Floats
) -> Floats:
    return hashrate_eh_s * PH_PER_EH * _energy_kwh_ph_day(efficiency, overhead) * price


_PER_HASHRATE: tuple[Metric, ...] = (
    Metric(
        name="power_hashcost_usd_ph_day",
        unit="USD/PH/day",
        scope=Scope.COMPANY,
        inputs=("efficiency_j_th", _OVERHEAD, "power_price_usd_kwh", _ANY_HASHRATE),
        description="Electricity that 1 PH/s of the fleet costs in a day.",
        formula="24 h x efficiency_j_th x site_overhead_ratio x power_price_usd_kwh",
        source=_SOURCE,
        compute=_power_hashcost,
        guards=(_MINES, _EFFICIENCY_OK, _OVERHEAD_OK),
        applies_to=_MINERS,
        label="Power hashcost",
    ),
    Metric(
        name="net_hashprice_usd_ph_day",
        unit="USD/PH/day",
        scope=Scope.COMPANY,
        inputs=("hashprice_usd_ph_day", _POOL_FEE),
        description="Hashprice after the pool has taken its fee.",
        formula="hashprice_usd_ph_day x (1 - pool_fee_ratio)",
        source=_SOURCE,
        compute=_net_hashprice,
        guards=_FEE_OK,
        applies_to=_MINERS,
        label="Net hashprice",
    ),
    Metric(
        name="mining_margin_usd_ph_day",
        unit="USD/PH/day",
        scope=Scope.COMPANY,
        inputs=("net_hashprice_usd_ph_day", "power_hashcost_usd_ph_day"),
        description="What 1 PH/s leaves in a day after the pool fee and electricity.",
        formula="net_hashprice_usd_ph_day - power_hashcost_usd_ph_day",
        source=_SOURCE,
        compute=np.subtract,
        applies_to=_MINERS,
        label="Mining margin",
    ),
    Metric(
        name="mining_margin_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=("net_hashprice_usd_ph_day", "mining_margin_usd_ph_day"),
        description="Share of net mining revenue left after electricity; below 0 is a loss.",
        formula="mining_margin_usd_ph_day / net_hashprice_usd_ph_day",
        source=_SOURCE,
        compute=_margin_ratio,
        guards=(Guard("net_hashprice_usd_ph_day", above(0.0), "no_hashprice"),),
        applies_to=_MINERS,
        label="Mining margin %",
    ),
)

_BREAK_EVENS: tuple[Metric, ...] = (
    Metric(
        name="break_even_btc_usd",
        unit="USD/BTC",
        scope=Scope.COMPANY,
        inputs=("power_hashcost_usd_ph_day", "hashprice_btc_ph_day", _POOL_FEE),
        description="BTC price at which mining just pays its electricity; power cost of one BTC.",
        formula="power_hashcost_usd_ph_day / (hashprice_btc_ph_day x (1 - pool_fee_ratio))",
        source=_SOURCE,
        compute=_break_even_btc,
        guards=(*_FEE_OK, Guard("hashprice_btc_ph_day", above(0.0), "no_hashprice")),
        applies_to=_MINERS,
        label="Break-even BTC",
    ),
    Metric(
        name="break_even_hashprice_usd_ph_day",
        unit="USD/PH/day",
        scope=Scope.COMPANY,
        inputs=("power_hashcost_usd_ph_day", _POOL_FEE),
        description="Hashprice at which mining just pays its electricity.",
        formula="power_hashcost_usd_ph_day / (1 - pool_fee_ratio)",
        source=_SOURCE,
        compute=_break_even_hashprice,
        guards=_FEE_OK,
        applies_to=_MINERS,
        label="Break-even hashprice",
    ),
    Metric(
        name="break_even_power_price_usd_kwh",
        unit="USD/kWh",
        scope=Scope.COMPANY,
        inputs=("net_hashprice_usd_ph_day", "efficiency_j_th", _OVERHEAD, _ANY_HASHRATE),
        description="Power price at which the fleet just pays its electricity.",
        formula="net_hashprice_usd_ph_day / (24 h x efficiency_j_th x site_overhead_ratio)",
        source=_SOURCE,
        compute=_break_even_power_price,
        guards=(_MINES, _EFFICIENCY_OK, _OVERHEAD_OK),
        applies_to=_MINERS,
        label="Break-even power",
    ),
    Metric(
        name="break_even_efficiency_j_th",
        unit="J/TH",
        scope=Scope.COMPANY,
        inputs=("net_hashprice_usd_ph_day", "power_price_usd_kwh", _OVERHEAD, _ANY_HASHRATE),
        description="Efficiency that a machine must beat to pay its electricity here.",
        formula="net_hashprice_usd_ph_day / (24 h x power_price_usd_kwh x site_overhead_ratio)",
        source=_SOURCE,
        compute=_break_even_efficiency,
        guards=(
            _MINES,
            _OVERHEAD_OK,
            Guard("power_price_usd_kwh", above(0.0), "always_profitable"),
        ),
        applies_to=_MINERS,
        label="Break-even efficiency",
    ),
)

_PER_COMPANY: tuple[Metric, ...] = (
    Metric(
        name="expected_btc_day",
        unit="BTC/day",
        scope=Scope.COMPANY,
        inputs=("hashprice_btc_ph_day", "hashrate_eh_s", _POOL_FEE),
        description="Bitcoin the average operating hashrate earns in a day at expected value.",
        formula="hashprice_btc_ph_day x hashrate_eh_s x 1000 x (1 - pool_fee_ratio)",
        source="docs/formulas.md 4",
        compute=_expected_btc,
        guards=(*_FEE_OK, Guard("hashrate_eh_s", at_least(0.0), "invalid_hashrate")),
        applies_to=_MINERS,
        label="Expected BTC",
    ),
    Metric(
        name="expected_mining_revenue_usd_day",
        unit="USD/day",
        scope=Scope.COMPANY,
        inputs=("expected_btc_day", "btc_usd"),
        description="Dollars the average operating hashrate earns in a day at expected value.",
        formula="expected_btc_day x btc_usd",
        source="docs/formulas.md 4",
        compute=np.multiply,
        applies_to=_MINERS,
        label="Expected revenue",
    ),
    Metric(
        name="power_cost_usd_day",
        unit="USD/day",
        scope=Scope.COMPANY,
        inputs=("hashrate_eh_s", "efficiency_j_th", _OVERHEAD, "power_price_usd_kwh"),
        description="Electricity the average operating hashrate costs in a day.",
        formula="hashrate_eh_s x 1000 x 24 h x efficiency_j_th x site_overhead_ratio"
        " x power_price_usd_kwh",
        source="docs/formulas.md 4",
        compute=_power_cost,
        guards=(
            Guard("hashrate_eh_s", at_least(0.0), "invalid_hashrate"),
            _EFFICIENCY_OK,
            _OVERHEAD_OK,
        ),
        applies_to=_MINERS,
        label="Power cost",
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
        applies_to=_MINERS | {CompanyType.TREASURY, CompanyType.ASIC_MAKER},
        label="BTC treasury",
    ),
)

METRICS: tuple[Metric, ...] = _PER_HASHRATE + _BREAK_EVENS + _PER_COMPANY
