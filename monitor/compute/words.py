"""What a message says of a value beside the value: what it is made of, and whom it is about. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from alerts.model import Remarks
from monitor.compute.firms import Firm
from monitor.compute.instruments import Instruments
from monitor.compute.plan import TENANT_INPUTS, Plan
from monitor.compute.recompute import Table
from monitor.compute.targets import quoted
from monitor.domain.symbols import symbol_of
from monitor.metrics.base import Input


class Columns(Protocol):
    """What stands in and behind the columns of a company at the step's present moment."""

    table: Table
    now: int | None

    def instrument_of(self, column: str, row: int) -> str | None:
        """Return the instrument that feeds a column, None for a figure of the books."""
        ...

    def tenant_of(self, row: int) -> str | None:
        """Return the company that a company depends on."""
        ...

    def is_fact(self, column: str) -> bool:
        """Tell whether a column is a figure of the books."""
        ...


class Words:
    """The inputs and remarks of messages."""

    def __init__(
        self,
        firms: Sequence[Firm],
        plan: Plan,
        instruments: Instruments,
        columns: Columns,
    ) -> None:
        self._firms = firms
        self._rows = {firm.ticker: row for row, firm in enumerate(firms)}
        self._plan = plan
        self._instruments = instruments
        self._columns = columns

    def remarks(self, target: str, company: str | None) -> Remarks:
        """Return what a message adds: words of the source, the tenant, flags of whom it is about."""
        ticker = company or symbol_of(target, self._rows).ticker  # of a share and its figures too
        spoken = () if company else self._instruments.origin(target)
        notes = tuple(quote.note for quote in spoken if quote.note)
        if (row := self._rows.get(ticker)) is None:
            return Remarks(notes)
        flags = self._firms[row].flags(self._columns.now or 0)
        notes = (*notes, *(sentence for _, sentence in flags))
        tenant = self._columns.tenant_of(row)
        if tenant and set(TENANT_INPUTS) & set(self._plan.leaves_of(target)):
            notes = (f"Tenant: {tenant}.", *notes)
        return Remarks(notes, tuple(word for word, _ in flags), ticker)

    def inputs(self, target: str, company: str | None) -> tuple[Mapping[str, object], ...]:
        """Return what a value is made of: the sources of an instrument, the inputs of a metric."""
        if target not in self._plan.catalogue:
            return tuple(quoted(quote) for quote in self._instruments.origin(target))
        row = 0 if company is None else self._rows[company]
        inputs = {item.name: item for item in self._plan.catalogue[target].arguments}
        if company is not None:  # a figure given live is named, however deep it enters
            leaves = self._plan.leaves_of(target)
            facts = (leaf for leaf in leaves if self._columns.is_fact(leaf))
            live = (leaf for leaf in facts if self._columns.instrument_of(leaf, row) is not None)
            inputs |= {leaf: Input(leaf) for leaf in live if leaf not in inputs}
        return tuple(self._argument(item, row) for item in inputs.values())

    def _argument(self, item: Input, row: int) -> Mapping[str, object]:
        """Return one input of a metric as a message shows it."""
        single = len(self._columns.table.column(item.name).values) == 1
        reading = self._columns.table.reading(item.name, 0 if single else row)
        value = item.default if reading.value is None else reading.value
        shown = {"name": item.name, "value": value, "quality": reading.quality.word}
        instrument = self._columns.instrument_of(item.name, row)
        if instrument is None:
            return shown
        sources = sorted({quote.source for quote in self._instruments.origin(instrument)})
        return shown | {"instrument": instrument, "sources": sources}
