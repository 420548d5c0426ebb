"""Block luck of a pool of one's own: a month of few blocks scatters, however good the machines.

A miner paid by FPPS has none of it. MARA, which runs its own pool, does: 201 blocks in a month move
by 7 %, so its realisation is held against this interval and not against 95 to 102 %.
"""

from __future__ import annotations

import numpy as np

from monitor.domain.production import luck_range_ratio
from monitor.domain.units import BLOCKS_PER_DAY
from monitor.metrics.base import Example, Floats, Guard, Metric, above
from monitor.metrics.reference import REF
from monitor.metrics.terms import HASHRATE_OK, mine_metric

MONTH_DAYS = 30

_SOURCE = "docs/formulas.md 4"
_MARA = {"own_pool_blocks_month": 201}
_BLOCKS_OK = Guard("own_pool_blocks_month", above(0.0), "no_mining")


def _blocks_month(hashrate_eh_s: Floats, network_eh_s: Floats) -> Floats:
    return MONTH_DAYS * BLOCKS_PER_DAY * hashrate_eh_s / network_eh_s


def _luck(blocks: Floats) -> Floats:
    return 1 / np.sqrt(blocks)


def _luck_low(blocks: Floats) -> Floats:
    return luck_range_ratio(blocks)[0]


def _luck_high(blocks: Floats) -> Floats:
    return luck_range_ratio(blocks)[1]


METRICS: tuple[Metric, ...] = (
    mine_metric(
        name="own_pool_blocks_month",
        unit="blocks/month",
        inputs=("hashrate_eh_s", "implied_hashrate_eh_s"),
        description="Blocks that the company would find in 30 days if it ran a pool alone, as"
        " MARA does.",
        formula="30 x 144 x hashrate_eh_s / implied_hashrate_eh_s",
        source=_SOURCE,
        compute=_blocks_month,
        guards=(HASHRATE_OK, Guard("implied_hashrate_eh_s", above(0.0), "no_difficulty")),
        examples=(
            Example({"hashrate_eh_s": 18.6, "implied_hashrate_eh_s": 1_048.4915}, 76.6, 1, REF),
        ),
        label="Own-pool blocks",
    ),
    mine_metric(
        name="own_pool_luck_ratio",
        unit="ratio",
        inputs=("own_pool_blocks_month",),
        description="Standard deviation that luck alone gives a month of such a pool.",
        formula="1 / sqrt(own_pool_blocks_month)",
        source=_SOURCE,
        compute=_luck,
        guards=(_BLOCKS_OK,),
        examples=(
            Example(_MARA, 0.07, 2, "MARA, July 2024: 201 blocks"),
            Example({"own_pool_blocks_month": 0}, None, reason="no_mining"),
        ),
        label="Own-pool luck",
    ),
    *(
        mine_metric(
            name=f"own_pool_luck_{end}_ratio",
            unit="ratio",
            inputs=("own_pool_blocks_month",),
            description=f"{word} end of the 95 % Poisson interval of such a month, as a share of"
            " what is expected.",
            formula=f"{degrees} / (2 x own_pool_blocks_month), n = own_pool_blocks_month",
            source=_SOURCE,
            compute=compute,
            guards=(_BLOCKS_OK,),
            examples=(Example(_MARA, value, 3, "MARA, July 2024: 201 blocks"),),
            label=f"Own-pool luck, {end}",
        )
        for end, word, degrees, compute, value in (
            ("low", "Lower", "chi-square quantile 2.5 % of 2n degrees", _luck_low, 0.867),
            ("high", "Upper", "chi-square quantile 97.5 % of 2n + 2 degrees", _luck_high, 1.148),
        )
    ),
)
