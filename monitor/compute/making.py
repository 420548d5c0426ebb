"""The table as a step begins with it: what rules watch at once, and what does not apply. Hop 5, pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from alerts.watch import Watch
from monitor.compute.firms import Firm
from monitor.compute.history import HISTORY_INPUTS
from monitor.compute.plan import MARKET_INPUTS, STOCK_INPUTS, TENANT_INPUTS
from monitor.compute.recompute import Table
from monitor.domain.events import Quality, Reading
from monitor.metrics.base import Scope
from monitor.metrics.catalogue import Catalogue

NO_TENANT = Reading(None, Quality.NOT_APPLICABLE, "no_tenant")
NOT_LISTED = Reading(None, Quality.NOT_APPLICABLE, "not_listed")


def table_of(
    catalogue: Catalogue, firms: Sequence[Firm], watch: Watch
) -> tuple[Table, Mapping[str, bool]]:
    """Return the columns, and what of them rules watch, in order: whether each company has its own.

    The metrics among it are computed at once. What else each company has its own of is a figure.
    """
    bound = {Scope.COMPANY: watch.vectors}
    figures = sorted(name for name in watch.vectors if name not in catalogue)
    metrics = (m for m in catalogue if m.name in bound.get(m.scope, watch.scalars))
    observed = dict.fromkeys(figures, True) | {m.name: m.scope is Scope.COMPANY for m in metrics}
    table = Table(
        catalogue,
        [firm.ticker for firm in firms],
        [firm.type for firm in firms],
        (*MARKET_INPUTS, *HISTORY_INPUTS),
        observed,
    )
    _leave_out(table, firms)
    return table, observed


def _leave_out(table: Table, firms: Sequence[Firm]) -> None:
    """Name what does not apply from the first moment on."""
    for row, firm in enumerate(firms):
        for column in TENANT_INPUTS:
            table.set(column, row, NO_TENANT)
        for column in () if firm.listed else STOCK_INPUTS:
            table.set(column, row, NOT_LISTED)
