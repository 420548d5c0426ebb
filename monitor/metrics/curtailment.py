"""What a megawatt-hour is worth to a mine: mined, or left to the grid.

A credit is a negative cost and no revenue of hashrate. The hashrate lost to curtailment is missing
from the coins and from the average operating hashrate already: do not subtract it again.
"""

from __future__ import annotations

import numpy as np

from monitor.domain.units import HOURS_PER_DAY
from monitor.metrics.base import Example, Floats, Guard, Metric, Remark, above
from monitor.metrics.reference import EARNED, HASHPRICE, REF
from monitor.metrics.terms import (
    ANY_HASHRATE,
    EFFICIENCY_OK,
    MINES,
    OVERHEAD,
    OVERHEAD_OK,
    at_most,
    energy_kwh_ph_day,
    mine_metric,
)

KWH_PER_MWH = 1_000

_SOURCE = "docs/formulas.md 3, curtailment"
_LUXOR = "hashprice of 39.53; Luxor printed "
_B10 = {"curtailment_credit_usd": 9.5e6, "curtailed_mwh": 8_468}
_B10_SOURCE = "Riot: 9.5 M USD for 8,468 MWh not used"
_ROCKDALE = (
    "Riot, Rockdale in August 2023: credits of 23.3 M and 5.2 M USD, -15.8 c/kWh printed; bill and"
    " energy are ours, chosen to give it"
)


def _revenue(hashprice: Floats, efficiency_j_th: Floats, _mines: Floats) -> Floats:
    return hashprice * KWH_PER_MWH / (HOURS_PER_DAY * efficiency_j_th)


def _worth(
    net_hashprice: Floats, efficiency_j_th: Floats, overhead: Floats, _mines: Floats
) -> Floats:
    return net_hashprice * KWH_PER_MWH / energy_kwh_ph_day(efficiency_j_th, overhead)


def _net_price(bill_usd: Floats, credits_usd: Floats, energy_mwh: Floats) -> Floats:
    return (bill_usd - credits_usd) / energy_mwh / KWH_PER_MWH


METRICS: tuple[Metric, ...] = (
    mine_metric(
        name="mining_revenue_usd_mwh",
        unit="USD/MWh",
        inputs=("hashprice_usd_ph_day", "efficiency_j_th", ANY_HASHRATE),
        description="What mining makes of one MWh in the machines, before the pool fee.",
        formula="hashprice_usd_ph_day x 1000 / (24 h x efficiency_j_th)",
        source=_SOURCE,
        compute=_revenue,
        guards=(MINES, EFFICIENCY_OK),
        examples=(
            Example({**HASHPRICE, "efficiency_j_th": 17.5}, 93.6, 1, REF),
            Example({"hashprice_usd_ph_day": 39.53, "efficiency_j_th": 17}, 96.9, 1, f"{_LUXOR}97"),
            Example({"hashprice_usd_ph_day": 39.53, "efficiency_j_th": 22}, 74.9, 1, f"{_LUXOR}75"),
        ),
        label="Revenue per MWh",
    ),
    mine_metric(
        name="curtailment_price_usd_mwh",
        unit="USD/MWh",
        inputs=("net_hashprice_usd_ph_day", "efficiency_j_th", OVERHEAD, ANY_HASHRATE),
        description="What mining makes of one MWh at the meter: power that sells for more should"
        " be sold.",
        formula="net_hashprice_usd_ph_day x 1000 / (24 h x efficiency_j_th x site_overhead_ratio)",
        source=_SOURCE,
        compute=_worth,
        guards=(MINES, EFFICIENCY_OK, OVERHEAD_OK),
        examples=(
            Example({**EARNED, "efficiency_j_th": 17.5}, 93.1, 1, REF),
            Example(
                {**EARNED, "efficiency_j_th": 17.5, "hashrate_eh_s": 0}, None, reason="no_mining"
            ),
        ),
        label="Curtailment price",
    ),
    mine_metric(
        name="curtailment_credit_usd_mwh",
        unit="USD/MWh",
        inputs=("curtailment_credit_usd", "curtailed_mwh"),
        description="What each MWh not used brought in the period.",
        formula="curtailment_credit_usd / curtailed_mwh",
        source=_SOURCE,
        compute=np.divide,
        guards=(Guard("curtailed_mwh", above(0.0), "no_curtailment"),),
        examples=(
            Example(_B10, 1_121.87, 2, _B10_SOURCE),
            Example({**_B10, "curtailed_mwh": 0}, None, reason="no_curtailment"),
        ),
        label="Curtailment credit",
        same_period=True,
    ),
    mine_metric(
        name="curtailment_gain_usd_mwh",
        unit="USD/MWh",
        inputs=("curtailment_credit_usd_mwh", "curtailment_price_usd_mwh"),
        description="What each MWh brings more when it is not mined with: above 0, curtail.",
        formula="curtailment_credit_usd_mwh - curtailment_price_usd_mwh",
        source=_SOURCE,
        compute=np.subtract,
        remarks=(
            Remark("curtailment_gain_usd_mwh", above(0.0), "advice: curtail"),
            Remark("curtailment_gain_usd_mwh", at_most(0.0), "advice: mine"),
        ),
        examples=(
            Example(
                {**_B10, "curtailment_price_usd_mwh": 140},
                981.87,
                2,
                f"{_B10_SOURCE}, against 140 USD/MWh mining: curtail",
            ),
            Example(
                {**EARNED, "efficiency_j_th": 17.5, "curtailment_credit_usd_mwh": 50},
                -43.14,
                2,
                f"{REF}: mine",
            ),
        ),
        label="Gain of curtailing",
    ),
    mine_metric(
        name="spot_power_gain_usd_mwh",
        unit="USD/MWh",
        inputs=("spot_power_price_usd_mwh", "curtailment_price_usd_mwh"),
        description="What each MWh brings more at the grid's real-time price than mined with:"
        " above 0, the fleet is better off curtailed.",
        formula="spot_power_price_usd_mwh - curtailment_price_usd_mwh",
        source=_SOURCE,
        compute=np.subtract,
        remarks=(Remark("spot_power_gain_usd_mwh", above(0.0), "better_off_curtailed"),),
        examples=(
            Example(
                {"spot_power_price_usd_mwh": 500, "curtailment_price_usd_mwh": 140},
                360,
                0,
                "a price of scarcity, against 140 USD/MWh mining: better off curtailed",
            ),
            Example(
                {**EARNED, "efficiency_j_th": 17.5, "spot_power_price_usd_mwh": 40},
                -53.14,
                2,
                f"{REF}: mine",
            ),
        ),
        label="Gain at spot power",
    ),
    mine_metric(
        name="net_power_price_usd_kwh",
        unit="USD/kWh",
        inputs=("energy_bill_usd", "power_credits_usd", "energy_used_mwh"),
        description="Price of the energy used, after power sold back and demand response: below 0"
        " when the credits exceed the bill.",
        formula="(energy_bill_usd - power_credits_usd) / energy_used_mwh / 1000",
        source=_SOURCE,
        compute=_net_price,
        guards=(Guard("energy_used_mwh", above(0.0), "no_energy"),),
        examples=(
            Example(
                {
                    "energy_bill_usd": 12.7e6,
                    "power_credits_usd": 28.5e6,
                    "energy_used_mwh": 100_000,
                },
                -0.158,
                3,
                _ROCKDALE,
            ),
            Example(
                {"energy_bill_usd": 1e6, "power_credits_usd": 0, "energy_used_mwh": 0},
                None,
                reason="no_energy",
            ),
        ),
        label="Net power price",
        same_period=True,
    ),
)
