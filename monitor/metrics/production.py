"""Coins, revenue and power of a whole company: expected now, and reported against expected.

Only the *average operating* hashrate works here. Installed and contracted hashrate are larger, by
half in Riot's July 2024, and uptime is in an operating average already: applied once, never twice.
What was realised is revenue over hashrate and days of one period; a day's revenue over the
*implied* hashrate is not it: block luck stays in, 7.6 % in the median and 44 % at worst.
"""

from __future__ import annotations

import numpy as np

from monitor.domain.units import PH_PER_EH
from monitor.metrics.base import Example, Floats, Guard, Metric, Remark, above, below
from monitor.metrics.reference import FLEET, REF
from monitor.metrics.terms import (
    EFFICIENCY_OK,
    FEE_OK,
    HASHRATE_OK,
    OVERHEAD,
    OVERHEAD_OK,
    POOL_FEE,
    energy_kwh_ph_day,
    mine_metric,
)

_SOURCE = "docs/formulas.md 4"
_REALISED = "docs/formulas.md 2.3"
_IREN_SOURCE = "https://ih.advfn.com/stock-market/NASDAQ/iren-IREN/stock-news/94498217/ (IREN)"
_MINE = {"hashrate_eh_s": 18.6, "pool_fee_ratio": 0.005, "hashprice_btc_ph_day": 0.0004314181657}
_FLEET = {**FLEET, "hashrate_eh_s": 18.6}
_NO_MINE = {**_MINE, "hashrate_eh_s": 0}
_IREN = {
    "btc_produced": 1_514,
    "hashrate_average_operating_eh_s": 29.4,
    "period_days": 90,
    "mean_hashprice_btc_ph_day": 0.00057326,
    "mining_revenue_usd": 141.2e6,
}
_IREN_PERIOD = "IREN, January to March 2025: 1,514 BTC at 29.4 EH/s"
_RIOT = {"btc_produced": 1_530, "hashrate_average_operating_eh_s": 30.3, "period_days": 90}
_AUGUST = {"mining_revenue_usd": 14_985e3, "mining_power_cost_usd": 7_341e3, "btc_produced": 245}
_JULY = {"mining_revenue_usd": 13_592e3, "mining_power_cost_usd": 13_674e3}

_MINED = Guard("hashrate_average_operating_eh_s", above(0.0), "no_mining")
_PERIOD_OK = Guard("period_days", above(0.0), "no_period")


def _expected_btc(hashprice_btc: Floats, hashrate_eh_s: Floats, pool_fee_ratio: Floats) -> Floats:
    return hashprice_btc * (hashrate_eh_s * PH_PER_EH) * (1 - pool_fee_ratio)


def _power_cost(
    hashrate_eh_s: Floats, efficiency: Floats, overhead: Floats, price: Floats
) -> Floats:
    return hashrate_eh_s * PH_PER_EH * energy_kwh_ph_day(efficiency, overhead) * price


def _power_mw(hashrate_eh_s: Floats, efficiency_j_th: Floats, overhead: Floats) -> Floats:
    return hashrate_eh_s * efficiency_j_th * overhead  # 1 J/TH is 1 MW per EH/s


def _expected_period(hashprice_btc: Floats, hashrate_eh_s: Floats, days: Floats) -> Floats:
    return hashprice_btc * hashrate_eh_s * PH_PER_EH * days


def _realisation(
    coins: Floats, hashprice_btc: Floats, hashrate_eh_s: Floats, days: Floats
) -> Floats:
    return coins / _expected_period(hashprice_btc, hashrate_eh_s, days)


def _per_eh_day(amount: Floats, hashrate_eh_s: Floats, days: Floats) -> Floats:
    return amount / (hashrate_eh_s * days)


def _per_ph_day(amount: Floats, hashrate_eh_s: Floats, days: Floats) -> Floats:
    return amount / (hashrate_eh_s * PH_PER_EH * days)


def _left(revenue: Floats, cost: Floats) -> Floats:
    return (revenue - cost) / revenue


_EXPECTED = (
    mine_metric(
        name="expected_btc_day",
        unit="BTC/day",
        inputs=("hashprice_btc_ph_day", "hashrate_eh_s", POOL_FEE),
        description="Bitcoin the average operating hashrate earns in a day at expected value.",
        formula="hashprice_btc_ph_day x hashrate_eh_s x 1000 x (1 - pool_fee_ratio)",
        source=_SOURCE,
        compute=_expected_btc,
        guards=(*FEE_OK, HASHRATE_OK),
        examples=(
            Example(_MINE, 7.984, 3, f"{REF}: 20 EH/s at 93 % uptime"),
            Example(_NO_MINE, 0, 3, "no mine: measured and nil"),
            Example({**_MINE, "hashrate_eh_s": -1}, None, reason="invalid_hashrate"),
        ),
        label="Expected BTC",
    ),
    mine_metric(
        name="expected_mining_revenue_usd_day",
        unit="USD/day",
        inputs=("expected_btc_day", "btc_usd"),
        description="Dollars the average operating hashrate earns in a day at expected value.",
        formula="expected_btc_day x btc_usd",
        source=_SOURCE,
        compute=np.multiply,
        examples=(
            Example({**_MINE, "btc_usd": 91_132}, 727_621, 0, REF),
            Example({**_NO_MINE, "btc_usd": 91_132}, 0, 0, "no mine: measured and nil"),
        ),
        label="Expected revenue",
    ),
    mine_metric(
        name="power_cost_usd_day",
        unit="USD/day",
        inputs=("hashrate_eh_s", "efficiency_j_th", OVERHEAD, "power_price_usd_kwh"),
        description="Electricity the average operating hashrate costs in a day.",
        formula="hashrate_eh_s x 1000 x 24 h x efficiency_j_th x site_overhead_ratio"
        " x power_price_usd_kwh",
        source=_SOURCE,
        compute=_power_cost,
        guards=(HASHRATE_OK, EFFICIENCY_OK, OVERHEAD_OK),
        examples=(Example(_FLEET, 351_540, 0, REF),),
        label="Power cost",
    ),
    mine_metric(
        name="mining_power_mw",
        unit="MW",
        inputs=("hashrate_eh_s", "efficiency_j_th", OVERHEAD),
        description="Power that the average operating hashrate draws.",
        formula="hashrate_eh_s x efficiency_j_th x site_overhead_ratio",
        source=_SOURCE,
        compute=_power_mw,
        guards=(HASHRATE_OK, EFFICIENCY_OK, OVERHEAD_OK),
        examples=(Example(_FLEET, 325.5, 1, REF),),
        label="Mining power",
    ),
)

_REPORTED = (
    mine_metric(
        name="expected_period_btc",
        same_period=True,
        unit="BTC",
        inputs=("mean_hashprice_btc_ph_day", "hashrate_average_operating_eh_s", "period_days"),
        description="Bitcoin that the hashrate of a reported period should have earned, before"
        " the pool fee.",
        formula="mean_hashprice_btc_ph_day x hashrate_average_operating_eh_s x 1000 x period_days",
        source=_SOURCE,
        compute=_expected_period,
        guards=(_PERIOD_OK,),
        examples=(Example(_IREN, 1_517, 0, _IREN_PERIOD),),
        label="Expected in period",
    ),
    mine_metric(
        name="realisation_ratio",
        same_period=True,
        unit="ratio",
        inputs=(
            "btc_produced",
            "mean_hashprice_btc_ph_day",
            "hashrate_average_operating_eh_s",
            "period_days",
        ),
        description="Coins reported against coins expected: 98.5 to 100.5 % with an FPPS pool,"
        " whose fee is in it; outside 95 to 102 % a figure is wrong or something happened.",
        formula="btc_produced / (mean_hashprice_btc_ph_day x hashrate_average_operating_eh_s"
        " x 1000 x period_days)",
        source=_SOURCE,
        compute=_realisation,
        guards=(_MINED, _PERIOD_OK),
        remarks=(
            Remark("realisation_ratio", above(1.0), "above_expected"),
            Remark("realisation_ratio", above(1.02), "outside 95 to 102 %: look at the figures"),
            Remark("realisation_ratio", below(0.95), "outside 95 to 102 %: look at the figures"),
        ),
        examples=(
            Example(_IREN, 0.998, 3, _IREN_PERIOD),
            Example({**_IREN, "hashrate_average_operating_eh_s": 0}, None, reason="no_mining"),
        ),
        label="Realisation",
    ),
    mine_metric(
        name="produced_btc_eh_day",
        same_period=True,
        unit="BTC/EH/day",
        inputs=("btc_produced", "hashrate_average_operating_eh_s", "period_days"),
        description="Coins that 1 EH/s really brought in a day of the reported period.",
        formula="btc_produced / (hashrate_average_operating_eh_s x period_days)",
        source=_SOURCE,
        compute=_per_eh_day,
        guards=(_MINED, _PERIOD_OK),
        examples=(
            Example(_RIOT, 0.561, 3, "1,530 BTC in 90 days, here at 30.3 EH/s"),
            Example({**_RIOT, "period_days": 0}, None, reason="no_period"),
        ),
        label="BTC per EH/day",
    ),
    mine_metric(
        name="realised_hashprice_usd_ph_day",
        same_period=True,
        unit="USD/PH/day",
        inputs=("mining_revenue_usd", "hashrate_average_operating_eh_s", "period_days"),
        description="Hashprice that the reported revenue of a period comes to, pool fee and"
        " timing of sales in it.",
        formula="mining_revenue_usd / (hashrate_average_operating_eh_s x 1000 x period_days)",
        source=_REALISED,
        compute=_per_ph_day,
        guards=(_MINED, _PERIOD_OK),
        examples=(Example(_IREN, 53.36, 2, f"{_IREN_PERIOD}, 141.2 M USD"),),
        label="Realised hashprice",
    ),
    mine_metric(
        name="hardware_margin_ratio",
        unit="ratio",
        inputs=("mining_revenue_usd", "mining_power_cost_usd"),
        description="Share of reported mining revenue left after net electricity, as IREN's"
        " hardware profit margin: no staff, no depreciation, so no gross margin.",
        formula="(mining_revenue_usd - mining_power_cost_usd) / mining_revenue_usd",
        source=f"docs/formulas.md 3, reported definitions; {_IREN_SOURCE}",
        compute=_left,
        guards=(Guard("mining_revenue_usd", above(0.0), "no_revenue"),),
        examples=(
            Example(_AUGUST, 0.510, 3, "IREN, August 2024"),
            Example(_JULY, -0.006, 3, "IREN, July 2024; (1) % printed"),
            Example({**_AUGUST, "mining_revenue_usd": 0}, None, reason="no_revenue"),
        ),
        label="Hardware margin %",
        same_period=True,
    ),
    mine_metric(
        name="realised_power_cost_usd_btc",
        unit="USD/BTC",
        inputs=("mining_power_cost_usd", "btc_produced"),
        description="Net electricity that one coin of the reported period cost.",
        formula="mining_power_cost_usd / btc_produced",
        source=f"docs/formulas.md 3, reported definitions; {_IREN_SOURCE}",
        compute=np.divide,
        guards=(Guard("btc_produced", above(0.0), "no_mining"),),
        examples=(
            Example(_AUGUST, 29_963, 0, "IREN, August 2024; 29,958 printed, coins unrounded"),
            Example({**_AUGUST, "btc_produced": 0}, None, reason="no_mining"),
        ),
        label="Power cost per BTC",
        same_period=True,
    ),
)

METRICS: tuple[Metric, ...] = _EXPECTED + _REPORTED
