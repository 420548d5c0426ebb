"""Where in the table of metrics an instrument's value goes. Hop 5, pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from monitor.compute.plan import MARKET_INPUTS, STOCK_INPUTS, TENANT_INPUTS
from monitor.compute.tenancy import Tenancy

EVERYWHERE = -1
_INPUTS_OF = {instrument: name for name, instrument in MARKET_INPUTS.items()}
_TENANTS_OWN = {own: name for name, own in TENANT_INPUTS.items()}


class Places:
    """The columns and rows that instruments feed."""

    def __init__(self, rows: Mapping[str, int], facts: Collection[str], tenancy: Tenancy) -> None:
        """Take the row of each ticker, the facts that may be told live, and who is whose tenant."""
        self._rows, self._facts, self._tenancy = rows, facts, tenancy

    def of(self, name: str) -> list[tuple[str, int]]:
        """Return the (column, row) that an instrument feeds; the row of a market input is -1."""
        market = _INPUTS_OF.get(name)
        if market is not None:
            return [(market, EVERYWHERE)]
        ticker, _, figure = name.partition(".")
        row = self._rows.get(ticker)
        if row is None:
            return []
        if figure and figure not in STOCK_INPUTS:
            # a company's other columns are not for a stranger to write: metrics, market inputs
            return [(figure, row)] if figure in self._facts else []
        column = figure or "stock_usd"
        landlords = self._tenancy.landlords_of(ticker)
        return [(column, row), *((_TENANTS_OWN[column], landlord) for landlord in landlords)]
