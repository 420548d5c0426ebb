"""What the network pays a miner now: subsidy, fees, implied hashrate, hashprice. One value for all."""

from __future__ import annotations

from functools import partial

import numpy as np

from monitor.domain.network import (
    FIRST_SUBSIDY_SAT,
    HALVING_BLOCKS,
    fee_share_ratio,
    hashprice_btc_ph_day,
    implied_hashrate_eh_s,
)
from monitor.domain.units import PH_PER_EH, SAT_PER_BTC
from monitor.metrics.base import (
    Example,
    Floats,
    Guard,
    Metric,
    Scope,
    above,
    at_least,
    not_negative,
)
from monitor.metrics.reference import FEES_BTC, NETWORK, PRICED_NETWORK, REF

HEIGHT_OK = Guard("height", at_least(0.0), "negative_height")
DIFFICULTY_ABOVE_ZERO = Guard("difficulty", above(0.0), "no_difficulty")
_FEES_OK = Guard("fees_btc_per_block", at_least(0.0), "negative_fees")
_SUBSIDY_OK = not_negative("subsidy_btc")
_B08 = {"difficulty": 126.98e12, "fees_btc_per_block": 0.03125, "btc_usd": 105_000}

_metric = partial(Metric, scope=Scope.NETWORK)


def subsidy_of(height: Floats) -> Floats:
    """Return the subsidy in BTC at each height, as `domain.network.subsidy_sat` does for one."""
    # Halving a float is exact and floor drops what the integer shift of consensus drops.
    return np.floor(FIRST_SUBSIDY_SAT / np.exp2(height // HALVING_BLOCKS)) / SAT_PER_BTC


def _sat_th_day(hashprice_btc: Floats) -> Floats:
    return hashprice_btc * (SAT_PER_BTC / PH_PER_EH)  # as many TH in a PH as PH in an EH


def _basis(index: Floats, own: Floats) -> Floats:
    return index / own - 1


METRICS: tuple[Metric, ...] = (
    _metric(
        name="subsidy_btc",
        unit="BTC/block",
        inputs=("height",),
        description="New coins that the current block pays its miner.",
        formula="50 BTC halved every 210,000 blocks, in whole satoshi",
        source="Bitcoin consensus, GetBlockSubsidy; docs/formulas.md 1.3",
        compute=subsidy_of,
        guards=(HEIGHT_OK,),
        examples=(
            Example({"height": 839_999}, 6.25, 4, "the last block before the halving of 2024"),
            Example({"height": 840_000}, 3.125, 4, "the halving block itself"),
            Example({"height": 1_050_000}, 1.5625, 4, "the next halving"),
            Example({"height": 6_930_000}, 0, 8, "less than a satoshi"),
            Example({"height": -1}, None, reason="negative_height"),
        ),
        label="Subsidy",
    ),
    _metric(
        name="fee_share_ratio",
        unit="ratio",
        inputs=("subsidy_btc", "fees_btc_per_block"),
        description="Share of fees in a block's whole income; also the elasticity of hashprice to"
        " fees.",
        formula="fees_btc_per_block / (subsidy_btc + fees_btc_per_block)",
        source="docs/formulas.md 2.4",
        compute=fee_share_ratio,
        guards=(_FEES_OK, _SUBSIDY_OK),
        examples=(Example({"subsidy_btc": 3.125, "fees_btc_per_block": FEES_BTC}, 0.0052, 4, REF),),
        label="Fee share",
    ),
    _metric(
        name="fees_to_subsidy_ratio",
        unit="ratio",
        inputs=("fees_btc_per_block", "subsidy_btc"),
        description="Fees against new coins, over the same blocks.",
        formula="fees_btc_per_block / subsidy_btc",
        source="docs/formulas.md 2.4",
        compute=np.divide,
        guards=(_FEES_OK, Guard("subsidy_btc", above(0.0), "no_subsidy")),
        examples=(
            Example({"subsidy_btc": 3.125, "fees_btc_per_block": FEES_BTC}, 0.0052, 4, REF),
            Example({"height": 6_930_000, "fees_btc_per_block": 0.1}, None, reason="no_subsidy"),
        ),
        label="Fees to subsidy",
    ),
    _metric(
        name="implied_hashrate_eh_s",
        unit="EH/s",
        inputs=("difficulty",),
        description="Hashrate that would find a block every 600 s at today's difficulty.",
        formula="difficulty x 2^32 / 600 s / 1e18",
        source="docs.coinmetrics.io, hash rate; docs/formulas.md 1.1",
        compute=implied_hashrate_eh_s,
        guards=(DIFFICULTY_ABOVE_ZERO,),
        examples=(
            Example({"difficulty": NETWORK["difficulty"]}, 1_048.4915, 4, REF),
            Example({"difficulty": 126.98e12}, 908.96, 2, "difficulty of June 2025"),
            Example({"difficulty": 0}, None, reason="no_difficulty"),
        ),
        label="Implied hashrate",
        headline=True,
    ),
    _metric(
        name="hashprice_btc_ph_day",
        unit="BTC/PH/day",
        inputs=("subsidy_btc", "fees_btc_per_block", "difficulty"),
        description="Bitcoin that 1 PH/s earns in a day at expected value, before the pool fee.",
        formula="86,400 s x 1e15 x (subsidy_btc + fees_btc_per_block) / (difficulty x 2^32)",
        source="Luxor, docs.luxor.tech/hashrateindex/hashprice; docs/formulas.md 2.1",
        compute=hashprice_btc_ph_day,
        guards=(_SUBSIDY_OK, _FEES_OK, DIFFICULTY_ABOVE_ZERO),
        examples=(
            Example(NETWORK, 0.00043142, 8, f"{REF}; Luxor printed 0.00043143"),
            Example({**NETWORK, "subsidy_btc": -3.125}, None, reason="negative:subsidy_btc"),
            Example({**NETWORK, "fees_btc_per_block": -1}, None, reason="negative_fees"),
        ),
        label="Hashprice (BTC)",
    ),
    _metric(
        name="hashprice_sat_th_day",
        unit="sat/TH/day",
        inputs=("hashprice_btc_ph_day",),
        description="Satoshi that 1 TH/s earns in a day at expected value, before the pool fee.",
        formula="hashprice_btc_ph_day x 100,000",
        source="docs/formulas.md 0 and 2.1",
        compute=_sat_th_day,
        examples=(Example(NETWORK, 43.142, 3, REF),),
        label="Hashprice (sat)",
    ),
    _metric(
        name="hashprice_usd_ph_day",
        unit="USD/PH/day",
        inputs=("hashprice_btc_ph_day", "btc_usd"),
        description="Dollars that 1 PH/s earns in a day at expected value, before the pool fee.",
        formula="hashprice_btc_ph_day x btc_usd",
        source="Luxor, docs.luxor.tech/hashrateindex/hashprice; docs/formulas.md 2.1",
        compute=np.multiply,
        guards=(not_negative("hashprice_btc_ph_day"), not_negative("btc_usd")),
        examples=(
            Example(PRICED_NETWORK, 39.32, 2, f"{REF}; Luxor printed 39.53 at its own price"),
            Example(
                {**_B08, "subsidy_btc": 3.125}, 52.50, 2, "difficulty of June 2025, fees of 1 %"
            ),
            Example({**_B08, "height": 1_050_000}, 26.51, 2, "the same after the next halving"),
            Example({**PRICED_NETWORK, "btc_usd": -1}, None, reason="negative:btc_usd"),
        ),
        label="Hashprice",
        headline=True,
    ),
    _metric(
        name="hashprice_basis_ratio",
        unit="ratio",
        inputs=("hashprice_index_usd_ph_day", "hashprice_usd_ph_day"),
        description="How far a published hashprice index stands from our own: beyond a few percent "
        "one of the inputs is wrong.",
        formula="hashprice_index_usd_ph_day / hashprice_usd_ph_day - 1",
        source="docs/formulas.md 2.5",
        compute=_basis,
        guards=(Guard("hashprice_usd_ph_day", above(0.0), "no_hashprice"),),
        examples=(
            Example(
                {"hashprice_index_usd_ph_day": 39.53, "hashprice_usd_ph_day": 39.32},
                0.0053,
                4,
                "Luxor's print at Ref",
            ),
            Example(
                {"hashprice_index_usd_ph_day": 39.53, "hashprice_usd_ph_day": 0},
                None,
                reason="no_hashprice",
            ),
        ),
        label="Hashprice basis",
    ),
)
