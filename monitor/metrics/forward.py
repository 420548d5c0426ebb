"""Hashprice still to come: after the next retarget, to a date, and as far as it is sold already."""

from __future__ import annotations

from functools import partial

import numpy as np

from monitor.domain.forward import (
    MAX_CHANGE,
    MIN_CHANGE,
    Outlook,
    forward_hashprice_btc_ph_day,
)
from monitor.domain.network import EPOCH_BLOCKS, hashprice_change_ratio
from monitor.domain.units import SECONDS_PER_DAY
from monitor.metrics.base import Example, Floats, Guard, Input, Metric, Scope, above, at_least
from monitor.metrics.network import DIFFICULTY_ABOVE_ZERO, HEIGHT_OK, subsidy_of
from monitor.metrics.reference import HASHPRICE, NETWORK, PACE, REF
from monitor.metrics.terms import FEE_OK, POOL_FEE, at_most, mine_metric, net_of_fee

_metric = partial(Metric, scope=Scope.NETWORK)
_SOURCE = "docs/formulas.md 2.4"
_LUXOR_FORWARD = (
    "https://blog.derivatives.luxor.tech, forwards after the halving of 2024; docs/formulas.md 2.4"
)

_HALVING_BETWEEN = Input(
    "next_epoch_reward_ratio", 1.0, "no halving before the coming retarget, and fees stay"
)
_GROWTH = Input(
    "difficulty_growth_ratio", 0.0, "difficulty stays as it is after the coming retarget"
)
_OUTLOOK = ("height", "difficulty", "fees_btc_per_block", "retarget_change_ratio", _GROWTH)
_CHANGE_OK = Guard("retarget_change_ratio", above(-1.0), "invalid_change")
_LIMITS = tuple(
    Guard(name, holds, "invalid_change")
    for name in ("retarget_change_ratio", "difficulty_growth_ratio")
    for holds in (at_least(MIN_CHANGE), at_most(MAX_CHANGE))
)

# Features, reference fleet of June 2025: 52.50 USD/PH/day, 20 J/TH at 0.06 USD/kWh.
_B07 = {"hashprice_usd_ph_day": 52.50, "retarget_change_ratio": 0.053}
_B07_FLEET = {**_B07, "efficiency_j_th": 20, "power_price_usd_kwh": 0.06}
_B07_SOURCE = "52.50 USD/PH/day, difficulty to rise by 5.3 %"
_B14 = {
    "hashprice_usd_ph_day": 37.70,
    "forward_sold_ratio": 0.4,
    "forward_hashprice_usd_ph_day": 50.13,
}


def _reward_after(height: Floats, subsidy: Floats, fees: Floats) -> Floats:
    retarget = (height // EPOCH_BLOCKS + 1) * EPOCH_BLOCKS
    return (subsidy_of(retarget) + fees) / (subsidy + fees)


def _after_retarget(hashprice: Floats, change_ratio: Floats, reward_ratio: Floats) -> Floats:
    return hashprice * reward_ratio / (1 + change_ratio)


def _retarget_effect(change_ratio: Floats) -> Floats:
    none = np.zeros_like(change_ratio)
    return hashprice_change_ratio(price=none, difficulty=change_ratio, fees=none, fee_share=none)


def _next_margin(hashprice: Floats, pool_fee_ratio: Floats, hashcost: Floats) -> Floats:
    return net_of_fee(hashprice, pool_fee_ratio) - hashcost


def _next_margin_ratio(hashprice: Floats, pool_fee_ratio: Floats, margin: Floats) -> Floats:
    return margin / net_of_fee(hashprice, pool_fee_ratio)


def _blended(spot: Floats, sold_ratio: Floats, sold_at: Floats) -> Floats:
    return sold_ratio * sold_at + (1 - sold_ratio) * spot


def _mean_over(
    days: int, height: float, difficulty: float, fees: float, change: float, growth: float
) -> float:
    """Return the forward hashprice, NaN where a number is no network's (the guards name why)."""
    if not np.isfinite([height, difficulty, fees, change, growth]).all():
        return np.nan
    try:
        outlook = Outlook(int(height), difficulty, fees, change, growth)
    except ValueError:
        return np.nan
    return forward_hashprice_btc_ph_day(outlook, days * SECONDS_PER_DAY)


def _forward(days: int, btc: float, usd: float) -> tuple[Metric, Metric]:
    """Declare the mean hashprice over the coming `days`, in BTC and at today's price."""
    mean = np.vectorize(partial(_mean_over, days), otypes=[np.float64])
    given = {**NETWORK, "retarget_change_ratio": -0.0328, "difficulty_growth_ratio": 0.02}
    words = f"{REF}; -3.28 % at the coming retarget, then +2 % at each"
    return (
        _metric(
            name=f"forward_{days}d_hashprice_btc_ph_day",
            unit="BTC/PH/day",
            inputs=_OUTLOOK,
            description=f"Mean hashprice in BTC of the coming {days} days, with the retargets and"
            " the halving that fall into them.",
            formula="time-weighted mean over the epochs to come; each ends after 2,016 blocks of"
            " 600 / (1 + its change) s; a halving multiplies the subsidy only",
            source=_SOURCE,
            compute=mean,
            guards=(HEIGHT_OK, DIFFICULTY_ABOVE_ZERO, *_LIMITS),
            examples=(
                Example(given, btc, 8, words),
                Example({**NETWORK, "retarget_change_ratio": 4}, None, reason="invalid_change"),
            ),
            label=f"Hashprice {days} d (BTC)",
        ),
        _metric(
            name=f"forward_{days}d_hashprice_usd_ph_day",
            unit="USD/PH/day",
            inputs=(f"forward_{days}d_hashprice_btc_ph_day", "btc_usd"),
            description=f"Mean hashprice of the coming {days} days at today's BTC price.",
            formula=f"forward_{days}d_hashprice_btc_ph_day x btc_usd",
            source=_SOURCE,
            compute=np.multiply,
            examples=(Example({**given, "btc_usd": 91_132}, usd, 2, words),),
            label=f"Hashprice {days} d",
        ),
    )


_NEXT_EPOCH = (
    _metric(
        name="next_epoch_reward_ratio",
        unit="ratio",
        inputs=("height", "subsidy_btc", "fees_btc_per_block"),
        description="Income of the block at the coming retarget against today's: 1 unless a"
        " halving comes before it.",
        formula="(subsidy at the retarget + fees_btc_per_block) / (subsidy_btc +"
        " fees_btc_per_block)",
        source=_SOURCE,
        compute=_reward_after,
        guards=(HEIGHT_OK,),
        examples=(
            Example({"height": 931_995, "fees_btc_per_block": 0.016238}, 1, 4, REF),
            Example(
                {"height": 839_999, "fees_btc_per_block": 0.3125},
                0.5238,
                4,
                "the halving of 2024 came 672 blocks before a retarget: 3.4375 of 6.5625",
            ),
        ),
        label="Next epoch's reward",
    ),
    _metric(
        name="next_epoch_hashprice_btc_ph_day",
        unit="BTC/PH/day",
        inputs=("hashprice_btc_ph_day", "retarget_change_ratio", _HALVING_BETWEEN),
        description="Hashprice in BTC after the coming retarget, fees unchanged.",
        formula="hashprice_btc_ph_day x next_epoch_reward_ratio / (1 + retarget_change_ratio)",
        source=_SOURCE,
        compute=_after_retarget,
        guards=(_CHANGE_OK,),
        examples=(
            Example({**NETWORK, "retarget_change_ratio": -0.0328}, 0.00044605, 8, REF),
            Example({**NETWORK, **PACE, "height": 931_535}, None, reason="too_early"),
        ),
        label="Next hashprice (BTC)",
    ),
    _metric(
        name="next_epoch_hashprice_usd_ph_day",
        unit="USD/PH/day",
        inputs=("hashprice_usd_ph_day", "retarget_change_ratio", _HALVING_BETWEEN),
        description="Hashprice after the coming retarget, price and fees unchanged.",
        formula="hashprice_usd_ph_day x next_epoch_reward_ratio / (1 + retarget_change_ratio)",
        source=_SOURCE,
        compute=_after_retarget,
        guards=(_CHANGE_OK,),
        examples=(Example(_B07, 49.86, 2, _B07_SOURCE),),
        label="Next hashprice",
    ),
    _metric(
        name="retarget_effect_ratio",
        unit="ratio",
        inputs=("retarget_change_ratio",),
        description="What the coming retarget does to hashprice at once, all else equal.",
        formula="1 / (1 + retarget_change_ratio) - 1",
        source=_SOURCE,
        compute=_retarget_effect,
        guards=(_CHANGE_OK,),
        examples=(
            Example({"retarget_change_ratio": -0.0328}, 0.0339, 4, "retarget at height 933,408"),
            Example({"retarget_change_ratio": -1}, None, reason="invalid_change"),
        ),
        label="Retarget effect",
    ),
)

_COMPANIES = (
    mine_metric(
        name="next_epoch_margin_usd_ph_day",
        unit="USD/PH/day",
        inputs=("next_epoch_hashprice_usd_ph_day", POOL_FEE, "power_hashcost_usd_ph_day"),
        description="What 1 PH/s will leave in a day after the coming retarget, pool fee and"
        " electricity paid.",
        formula="next_epoch_hashprice_usd_ph_day x (1 - pool_fee_ratio) -"
        " power_hashcost_usd_ph_day",
        source=f"{_SOURCE} and 3",
        compute=_next_margin,
        guards=FEE_OK,
        examples=(
            Example(_B07_FLEET, 21.06, 2, f"{_B07_SOURCE}, hashcost 28.80"),
            Example({**_B07_FLEET, "hashrate_eh_s": 0}, None, reason="no_mining"),
        ),
        label="Next margin",
    ),
    mine_metric(
        name="next_epoch_margin_ratio",
        unit="ratio",
        inputs=("next_epoch_hashprice_usd_ph_day", POOL_FEE, "next_epoch_margin_usd_ph_day"),
        description="Share of mining revenue that electricity will leave after the coming"
        " retarget.",
        formula="next_epoch_margin_usd_ph_day / (next_epoch_hashprice_usd_ph_day x"
        " (1 - pool_fee_ratio))",
        source=f"{_SOURCE} and 3",
        compute=_next_margin_ratio,
        guards=(Guard("next_epoch_hashprice_usd_ph_day", above(0.0), "no_hashprice"), *FEE_OK),
        examples=(Example(_B07_FLEET, 0.422, 3, f"{_B07_SOURCE}, hashcost 28.80"),),
        label="Next margin %",
    ),
    mine_metric(
        name="blended_hashprice_usd_ph_day",
        unit="USD/PH/day",
        inputs=("hashprice_usd_ph_day", "forward_sold_ratio", "forward_hashprice_usd_ph_day"),
        description="Hashprice that the company earns: part sold forward, the rest at spot.",
        formula="forward_sold_ratio x forward_hashprice_usd_ph_day + (1 - forward_sold_ratio) x"
        " hashprice_usd_ph_day",
        source=_LUXOR_FORWARD,
        compute=_blended,
        guards=(
            Guard("forward_sold_ratio", at_least(0.0), "invalid_share"),
            Guard("forward_sold_ratio", at_most(1.0), "invalid_share"),
        ),
        examples=(
            Example(_B14, 42.67, 2, "40 % sold at 50.13, spot 37.70"),
            Example({**_B14, "forward_sold_ratio": 1.2}, None, reason="invalid_share"),
            Example(HASHPRICE, None, reason="missing:forward_sold_ratio"),
        ),
        label="Blended hashprice",
    ),
)

METRICS: tuple[Metric, ...] = (
    *_NEXT_EPOCH,
    *_forward(30, 0.00043931, 40.04),
    *_forward(90, 0.00042607, 38.83),
    *_forward(180, 0.00040126, 36.57),
    *_COMPANIES,
)
