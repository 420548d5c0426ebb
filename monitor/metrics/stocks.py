"""What a share does today, and what the share of the company's AI tenant does.

One tenant can carry a whole landlord (CoreWeave carries Core Scientific), so a fall of the tenant
is news for those who hold the landlord.
"""

from __future__ import annotations

from monitor.metrics.base import Example, Floats, Guard, Metric, Scope, above, not_negative

_SOURCE = "close-to-close return"


def _change(price: Floats, previous_close: Floats) -> Floats:
    return price / previous_close - 1


METRICS = (
    Metric(
        name="stock_change_day_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=("stock_usd", "previous_close_usd"),
        description="Change of the share since the previous session's close.",
        formula="stock_usd / previous_close_usd - 1",
        source=_SOURCE,
        compute=_change,
        guards=(
            not_negative("stock_usd"),
            Guard("previous_close_usd", above(0.0), "no_previous_close"),
        ),
        examples=(
            Example(
                {"stock_usd": 11.0, "previous_close_usd": 12.5},
                -0.12,
                2,
                "own arithmetic",
            ),
            Example(
                {"stock_usd": 11.0, "previous_close_usd": 0.0},
                None,
                reason="no_previous_close",
            ),
        ),
        label="Share today",
        headline=True,
    ),
    Metric(
        name="tenant_stock_change_day_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=("tenant_stock_usd", "tenant_previous_close_usd"),
        description="Change of the AI tenant's share since the previous session's close.",
        formula="tenant_stock_usd / tenant_previous_close_usd - 1",
        source=_SOURCE,
        compute=_change,
        guards=(
            not_negative("tenant_stock_usd"),
            Guard("tenant_previous_close_usd", above(0.0), "no_previous_close"),
        ),
        examples=(
            Example(
                {"tenant_stock_usd": 11.0, "tenant_previous_close_usd": 12.5},
                -0.12,
                2,
                "own arithmetic",
            ),
            Example(
                {"tenant_stock_usd": 11.0, "tenant_previous_close_usd": 0.0},
                None,
                reason="no_previous_close",
            ),
        ),
        label="Tenant's share today",
    ),
)
