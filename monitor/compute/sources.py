"""What a value is made of and how it reads now, for rules and for messages. Hop 5, pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from alerts.remarks import Remarks
from monitor.compute.parts import Parts
from monitor.compute.plan import MARKET_INPUTS, STOCK_INPUTS, TENANT_INPUTS
from monitor.compute.targets import quoted
from monitor.domain.events import Reading
from monitor.domain.labels import of_parts
from monitor.domain.symbols import symbol_of
from monitor.metrics.base import Input

Inputs: TypeAlias = tuple[Mapping[str, object], ...]


class Sources:
    """The instruments and figures behind the table of one shard."""

    def __init__(self, parts: Parts) -> None:
        """Take the parts of the step that it looks at."""
        self._plan, self._table, self._instruments = parts.plan, parts.table, parts.instruments
        self._firms, self._tenants, self._facts = parts.firms, parts.tenancy.of, parts.facts
        self._rows = {firm.ticker: row for row, firm in enumerate(parts.firms)}

    def reading(self, target: str, company: str | None) -> Reading:
        """Return the present reading of what a rule watches."""
        if company is None and target not in self._plan.catalogue:
            return self._instruments.reading(target)
        return self.metric(target, 0 if company is None else self._rows[company])

    def metric(self, name: str, row: int) -> Reading:
        """Return the reading of a metric or a figure with the newest source time among its inputs."""
        feeding = (self.instrument_of(leaf, row) for leaf in self._plan.leaves_of(name))
        readings = [self._instruments.reading(item) for item in feeding if item]
        times = (item.observed_at for item in readings)
        newest = max((time for time in times if time is not None), default=None)
        return of_parts(self._table.reading(name, row, newest), readings)

    def remarks(self, target: str, company: str | None, now: int) -> Remarks:
        """Return what a message adds: words of the source, the tenant, flags of whom it is about."""
        ticker = company or symbol_of(target, self._rows).ticker  # of a share and its figures too
        spoken = () if company else self._instruments.origin(target)
        notes = tuple(quote.note for quote in spoken if quote.note)
        if (row := self._rows.get(ticker)) is None:
            return Remarks(notes)
        flags = self._firms[row].flags(now)
        notes = (*notes, *(sentence for _, sentence in flags))
        leaves = self._plan.leaves_of(target) if company else ()
        if self._tenants[row] and set(TENANT_INPUTS) & set(leaves):
            notes = (f"Tenant: {self._tenants[row]}.", *notes)
        return Remarks(notes, tuple(word for word, _ in flags), ticker)

    def inputs(self, target: str, company: str | None) -> Inputs:
        """Return what a value is made of: the sources of an instrument, the inputs of a metric."""
        if target not in self._plan.catalogue:
            if company is not None:  # a figure
                return (self._argument(target, Input(target), self._rows[company]),)
            return tuple(quoted(quote) for quote in self._instruments.origin(target))
        row = 0 if company is None else self._rows[company]
        inputs = {item.name: item for item in self._plan.catalogue[target].arguments}
        if company is not None:  # a figure given live is named, however deep it enters
            facts = (leaf for leaf in self._plan.leaves_of(target) if leaf in self._facts)
            live = (leaf for leaf in facts if self.instrument_of(leaf, row) is not None)
            inputs |= {leaf: Input(leaf) for leaf in live if leaf not in inputs}
        return tuple(self._argument(target, item, row) for item in inputs.values())

    def _argument(self, target: str, item: Input, row: int) -> Mapping[str, object]:
        """Return one input of a metric as a message shows it, with all who told what it rests on."""
        reading = self._table.argument(target, item.name, row)
        value = item.default if reading.value is None else reading.value
        shown = {"name": item.name, "value": value, "quality": reading.quality.word}
        instrument = self.instrument_of(item.name, row)
        if instrument is not None:
            return shown | {"instrument": instrument, "sources": self._told_by([instrument])}
        leaves = self._plan.leaves_of(item.name) if item.name in self._plan.catalogue else ()
        below = (self.instrument_of(leaf, row) for leaf in leaves)
        sources = self._told_by(name for name in below if name is not None)
        return shown | ({"sources": sources} if sources else {})

    def _told_by(self, instruments: Iterable[str]) -> list[str]:
        """Return who told the quotes behind instruments, each once."""
        origins = (self._instruments.origin(name) for name in instruments)
        return sorted({quote.source for quotes in origins for quote in quotes})

    def instrument_of(self, column: str, row: int) -> str | None:
        """Return the instrument that feeds a company's column, None for a figure of the books."""
        if column in MARKET_INPUTS:
            return MARKET_INPUTS[column]
        if column in self._facts:
            live = f"{self._firms[row].ticker}.{column}"
            return live if self._instruments.reading(live).quality.usable else None
        own = TENANT_INPUTS.get(column, column)
        ticker = self._firms[row].ticker if own == column else self._tenants[row]
        if ticker is None:
            return None
        return STOCK_INPUTS[own].format(ticker=ticker) if own in STOCK_INPUTS else None
