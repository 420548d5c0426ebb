"""The market around bitcoin: what the largest traders disagree on, and who holds most coins."""

from __future__ import annotations

import numpy as np

from monitor.domain.peers import ranks
from monitor.metrics.base import Example, Floats, Guard, Metric, Scope, above

_SOURCE = "docs/formulas.md 10"
_VENUES = tuple(f"{venue}_top_traders_ratio" for venue in ("binance", "okx", "htx"))
_RATIOS = dict(zip(_VENUES, (1.5, 1.0, 0.25), strict=True))


def _spread(*ratios: Floats) -> Floats:
    long = [ratio / (1.0 + ratio) for ratio in ratios]
    spread: Floats = np.maximum.reduce(long) - np.minimum.reduce(long)
    return spread


METRICS: tuple[Metric, ...] = (
    Metric(
        name="top_traders_spread_ratio",
        unit="ratio",
        scope=Scope.NETWORK,
        inputs=_VENUES,
        description="How far Binance, OKX and HTX lie apart in the share of their largest traders"
        " that is long.",
        formula="greatest less least of r / (1 + r) over the three venues' long/short ratios r",
        source=_SOURCE,
        compute=_spread,
        guards=tuple(Guard(name, above(0.0), f"no_ratio:{name}") for name in _VENUES),
        examples=(
            Example(_RATIOS, 0.4, 2, "0.6, 0.5 and 0.2 are long"),
            Example(
                _RATIOS | {"htx_top_traders_ratio": 0.0},
                None,
                reason="no_ratio:htx_top_traders_ratio",
            ),
        ),
        label="Largest traders, spread",
    ),
    Metric(
        name="btc_held_rank",
        unit="rank",
        scope=Scope.COMPANY,
        inputs=("btc_held",),
        description="Rank by coins on the balance sheet among the companies of the book: 1 has the"
        " most, equals share a rank.",
        formula="1 + number of companies with a greater btc_held",
        source=_SOURCE,
        compute=ranks,
        across=True,
        examples=(Example({"btc_held": 50_000.0}, None, reason="too_few_companies"),),
        label="Bitcoin held, rank",
    ),
)
