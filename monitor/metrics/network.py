"""What the network pays a miner now: subsidy, implied hashrate, hashprice. One value for all."""

from __future__ import annotations

import numpy as np

from monitor.domain.network import (
    FIRST_SUBSIDY_SAT,
    HALVING_BLOCKS,
    hashprice_btc_ph_day,
    implied_hashrate_eh_s,
)
from monitor.domain.units import SAT_PER_BTC
from monitor.metrics.base import Floats, Guard, Metric, Scope, above, at_least

_DIFFICULTY_ABOVE_ZERO = Guard("difficulty", above(0.0), "no_difficulty")


def _subsidy_btc(height: Floats) -> Floats:
    # Halving a float is exact and floor drops what the integer shift of consensus drops.
    return np.floor(FIRST_SUBSIDY_SAT / np.exp2(height // HALVING_BLOCKS)) / SAT_PER_BTC


def _basis(index: Floats, own: Floats) -> Floats:
    return index / own - 1


METRICS: tuple[Metric, ...] = (
    Metric(
        name="subsidy_btc",
        unit="BTC/block",
        scope=Scope.NETWORK,
        inputs=("height",),
        description="New coins that the current block pays its miner.",
        formula="50 BTC halved every 210,000 blocks, in whole satoshi",
        source="Bitcoin consensus, GetBlockSubsidy; docs/formulas.md 1.3",
        compute=_subsidy_btc,
        guards=(Guard("height", at_least(0.0), "negative_height"),),
        label="Subsidy",
    ),
    Metric(
        name="implied_hashrate_eh_s",
        unit="EH/s",
        scope=Scope.NETWORK,
        inputs=("difficulty",),
        description="Hashrate that would find a block every 600 s at today's difficulty.",
        formula="difficulty x 2^32 / 600 s / 1e18",
        source="docs.coinmetrics.io, hash rate; docs/formulas.md 1.1",
        compute=implied_hashrate_eh_s,
        guards=(_DIFFICULTY_ABOVE_ZERO,),
        label="Implied hashrate",
    ),
    Metric(
        name="hashprice_btc_ph_day",
        unit="BTC/PH/day",
        scope=Scope.NETWORK,
        inputs=("subsidy_btc", "fees_btc_per_block", "difficulty"),
        description="Bitcoin that 1 PH/s earns in a day at expected value, before the pool fee.",
        formula="86,400 s x 1e15 x (subsidy_btc + fees_btc_per_block) / (difficulty x 2^32)",
        source="Luxor, docs.luxor.tech/hashrateindex/hashprice; docs/formulas.md 2.1",
        compute=hashprice_btc_ph_day,
        guards=(_DIFFICULTY_ABOVE_ZERO,),
        label="Hashprice (BTC)",
    ),
    Metric(
        name="hashprice_usd_ph_day",
        unit="USD/PH/day",
        scope=Scope.NETWORK,
        inputs=("hashprice_btc_ph_day", "btc_usd"),
        description="Dollars that 1 PH/s earns in a day at expected value, before the pool fee.",
        formula="hashprice_btc_ph_day x btc_usd",
        source="Luxor, docs.luxor.tech/hashrateindex/hashprice; docs/formulas.md 2.1",
        compute=np.multiply,
        label="Hashprice",
    ),
    Metric(
        name="hashprice_basis_ratio",
        unit="ratio",
        scope=Scope.NETWORK,
        inputs=("hashprice_index_usd_ph_day", "hashprice_usd_ph_day"),
        description="How far a published hashprice index stands from our own: beyond a few percent "
        "one of the inputs is wrong.",
        formula="hashprice_index_usd_ph_day / hashprice_usd_ph_day - 1",
        source="docs/formulas.md 2.5",
        compute=_basis,
        guards=(Guard("hashprice_usd_ph_day", above(0.0), "no_hashprice"),),
        label="Hashprice basis",
    ),
)
