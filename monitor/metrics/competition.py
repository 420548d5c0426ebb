"""Competition for AI tenants: how many others began, and where the rental price goes.

The price of 30 days ago is sampled at 00:00 UTC (`monitor/domain/market_days.py`).
"""

from __future__ import annotations

import numpy as np

from monitor.metrics.base import Example, Floats, Guard, Metric, Scope, above

_SOURCE = "docs/formulas.md 9, competition"
_FALL = {"gpu_rental_usd_hour": 2.10, "gpu_rental_30_days_ago_usd_hour": 2.60}


def _counted(entered: Floats) -> Floats:
    known = np.isfinite(entered)
    return np.full(1, np.sum(entered, where=known) if known.any() else np.nan)


def _change(now: Floats, before: Floats) -> Floats:
    return now / before - 1.0


METRICS: tuple[Metric, ...] = (
    Metric(
        name="ai_entrants_count",
        unit="count",
        scope=Scope.SECTOR,
        inputs=("entered_ai_count",),
        description="Companies of the book that began with AI within 365 days.",
        formula="sum of entered_ai_count",
        source=_SOURCE,
        compute=_counted,
        across=True,
        examples=(Example({"entered_ai_count": 1.0}, 1.0, 0, "one company"),),
        label="AI entrants, 365 days",
    ),
    Metric(
        name="gpu_rental_change_30d_ratio",
        unit="ratio",
        scope=Scope.NETWORK,
        inputs=("gpu_rental_usd_hour", "gpu_rental_30_days_ago_usd_hour"),
        description="Change of the rental price of an H100 hour in 30 days; a price war shows here"
        " before it is in a report.",
        formula="gpu_rental_usd_hour / gpu_rental_30_days_ago_usd_hour - 1",
        source=_SOURCE,
        compute=_change,
        guards=(Guard("gpu_rental_30_days_ago_usd_hour", above(0.0), "no_rental_price"),),
        examples=(
            Example(_FALL, -0.192, 3, "2.10 / 2.60 - 1"),
            Example(
                {**_FALL, "gpu_rental_30_days_ago_usd_hour": 0.0}, None, reason="no_rental_price"
            ),
        ),
        label="GPU rental price, 30 days",
    ),
)
