"""What all metrics of a mine share: optional inputs with the words of their assumption, guards.

Figures per PH/s do not depend on how large the company is, so an unknown hashrate leaves them
standing; a hashrate of 0 means that there is no mine, and they are refused with the reason
`no_mining`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from monitor.domain.units import HOURS_PER_DAY
from monitor.metrics.base import (
    CompanyType,
    Floats,
    Guard,
    Input,
    Mask,
    Metric,
    Scope,
    above,
    at_least,
    below,
)


def at_most(bound: float) -> Callable[[Floats], Mask]:
    """Return a guard test: the input is `bound` or less."""
    return lambda values: np.less_equal(values, bound)


OVERHEAD = Input("site_overhead_ratio", 1.0, "efficiency is metered at the wall")
POOL_FEE = Input("pool_fee_ratio", 0.0, "gross of the pool fee, which the company does not state")
HOSTING = Input("hosting_share_ratio", 0.0, "no host is known to keep a share of the revenue")
# Not an operand: it only lets the guard see that a company mines at all.
ANY_HASHRATE = Input(
    "hashrate_eh_s", 1.0, "the company mines; the size does not matter per PH/s", operand=False
)

MINES = Guard("hashrate_eh_s", above(0.0), "no_mining")
HASHRATE_OK = Guard("hashrate_eh_s", at_least(0.0), "invalid_hashrate")
EFFICIENCY_OK = Guard("efficiency_j_th", above(0.0), "invalid_efficiency")
OVERHEAD_OK = Guard("site_overhead_ratio", at_least(1.0), "invalid_site_overhead")
FEE_OK = (
    Guard("pool_fee_ratio", at_least(0.0), "invalid_pool_fee"),
    Guard("pool_fee_ratio", below(1.0), "invalid_pool_fee"),
)
HOSTING_OK = (
    Guard("hosting_share_ratio", at_least(0.0), "invalid_hosting_share"),
    Guard("hosting_share_ratio", at_most(1.0), "invalid_hosting_share"),
)

MINERS = frozenset({CompanyType.MINER})
mine_metric = partial(Metric, scope=Scope.COMPANY, applies_to=MINERS)


def energy_kwh_ph_day(efficiency_j_th: Floats, site_overhead_ratio: Floats) -> Floats:
    """Return the energy that 1 PH/s takes in a day; 1 J/TH is 1 kW per PH/s."""
    return HOURS_PER_DAY * efficiency_j_th * site_overhead_ratio


def net_of_fee(hashprice: Floats, pool_fee_ratio: Floats) -> Floats:
    """Return what of a hashprice the pool leaves."""
    return hashprice * (1 - pool_fee_ratio)
