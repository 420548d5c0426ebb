"""The miners as a basket, to tell a share's own move from that of the group.

Members are the miners with a fresh price and a previous close; in the cap-weighted basket also with
a share count. Rebalanced at every close (`monitor.domain.basket`).
"""

from __future__ import annotations

import numpy as np

from monitor.domain.basket import REBALANCING, cap_weights, equal_weights, weighted_change
from monitor.metrics.base import CompanyType, Example, Floats, Metric, Scope

_MINERS = frozenset({CompanyType.MINER})
_SOURCE = f"docs/formulas.md 6; rebalanced {REBALANCING}"
_CHANGE = "stock_change_day_ratio"
_ALONE = {_CHANGE: -0.12, "previous_close_usd": 12.5, "shares_count": 320e6}


def _by_cap(change: Floats, previous_close: Floats, shares_count: Floats) -> Floats:
    return cap_weights(change, previous_close * shares_count)


def _change(weights: Floats, changes: Floats) -> Floats:
    return np.array([weighted_change(weights, changes)])


_WEIGHTS: tuple[Metric, ...] = (
    Metric(
        name="sector_equal_weight_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=(_CHANGE,),
        description="Share of the company in the equal-weighted basket of miners.",
        formula="1 / number of miners with a price today and a previous close",
        source=_SOURCE,
        compute=equal_weights,
        applies_to=_MINERS,
        across=True,
        examples=(Example(_ALONE, None, reason="too_few_companies"),),
        label="Weight, equal",
    ),
    Metric(
        name="sector_cap_weight_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=(_CHANGE, "previous_close_usd", "shares_count"),
        description="Share of the company in the cap-weighted basket of miners.",
        formula="previous_close_usd x shares_count / sum of that over the miners",
        source=_SOURCE,
        compute=_by_cap,
        applies_to=_MINERS,
        across=True,
        examples=(Example(_ALONE, None, reason="too_few_companies"),),
        label="Weight, by market cap",
    ),
)

_CHANGES: tuple[Metric, ...] = tuple(
    Metric(
        name=f"sector_{kind}_change_day_ratio",
        unit="ratio",
        scope=Scope.SECTOR,
        inputs=(f"sector_{kind}_weight_ratio", _CHANGE),
        description=f"Change of the {kind}-weighted basket of miners since the previous close.",
        formula=f"sum of sector_{kind}_weight_ratio x {_CHANGE}",
        source=_SOURCE,
        compute=_change,
        across=True,
        examples=(Example(_ALONE, None, reason="too_few_companies"),),
        label=f"Miners today, {kind}-weighted",
    )
    for kind in ("equal", "cap")
)

_BEYOND = Metric(
    name="stock_beyond_sector_day_ratio",
    unit="ratio",
    scope=Scope.COMPANY,
    inputs=(_CHANGE, "sector_equal_change_day_ratio"),
    description="What the share did today beyond the equal-weighted basket of miners.",
    formula=f"{_CHANGE} - sector_equal_change_day_ratio",
    source=_SOURCE,
    compute=np.subtract,
    applies_to=_MINERS,
    examples=(
        Example(
            {_CHANGE: -0.12, "sector_equal_change_day_ratio": -0.05}, -0.07, 2, "own arithmetic"
        ),
        Example({_CHANGE: -0.12}, None, reason="too_few_companies"),
    ),
    label="Share beyond the sector",
)

METRICS: tuple[Metric, ...] = (*_WEIGHTS, *_CHANGES, _BEYOND)
