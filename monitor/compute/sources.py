"""What a value is made of and how it reads now, for rules and for messages. Hop 5, pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from msgspec import structs

from alerts.remarks import Remarks
from monitor.compute.parts import Parts
from monitor.compute.plan import MARKET_INPUTS, STOCK_INPUTS, TENANT_INPUTS
from monitor.compute.targets import quoted
from monitor.domain.events import Quality, Reading
from monitor.domain.labels import of_parts
from monitor.domain.symbols import symbol_of
from monitor.metrics.base import Input

Inputs: TypeAlias = tuple[Mapping[str, object], ...]


@dataclass(frozen=True, slots=True)
class Feeding:
    """What feeds a column of a company: it stays while its tenant does.

    Attributes:
        tenant: at the time.
        fixed: the instruments that always do.
        live: those that do while they are usable: figures of the books, given live.

    """

    tenant: str | None
    fixed: tuple[str, ...]
    live: tuple[str, ...]


class Sources:
    """The instruments and figures behind the table of one shard.

    All companies that one price moves at a moment rest on the same instruments: what is known of
    those is worked out once, and holds until a reading changes.
    """

    def __init__(self, parts: Parts) -> None:
        """Take the parts of the step that it looks at."""
        self._plan, self._table, self._instruments = parts.plan, parts.table, parts.instruments
        self._firms, self._tenants, self._facts = parts.firms, parts.tenancy.of, parts.facts
        self._rows = {firm.ticker: row for row, firm in enumerate(parts.firms)}
        self._feeding: dict[tuple[str, int], Feeding] = {}
        self._revision = -1
        self._told: dict[tuple[str, ...], list[str]] = {}
        self._labels: dict[tuple[str, ...], Reading] = {}

    def reading(self, target: str, company: str | None) -> Reading:
        """Return the present reading of what a rule watches."""
        if company is None and target not in self._plan.catalogue:
            return self._instruments.reading(target)
        return self.metric(target, 0 if company is None else self._rows[company])

    def metric(self, name: str, row: int) -> Reading:
        """Return the reading of a metric or a figure with the newest source time among its inputs."""
        label = self._label_of(self._feeding_now(name, row))
        known = self._table.reading(name, row, label.observed_at)
        if not label.delay_ms and label.session is None:
            return known
        return structs.replace(known, delay_ms=label.delay_ms, session=label.session)

    def _label_of(self, instruments: tuple[str, ...]) -> Reading:
        """Return what the readings of instruments say together of time, delay and session."""
        self._keep_up()
        found = self._labels.get(instruments)
        if found is None:
            readings = [self._instruments.reading(it) for it in instruments]
            times = (it.observed_at for it in readings)
            newest = max((time for time in times if time is not None), default=None)
            found = of_parts(Reading(None, Quality.MISSING, "", newest), readings)
            self._labels[instruments] = found
        return found

    def _keep_up(self) -> None:
        """Forget what was worked out, if a reading may have changed since."""
        if self._revision != self._instruments.revision:
            self._revision = self._instruments.revision
            self._told.clear()
            self._labels.clear()

    def _feeding_now(self, name: str, row: int) -> tuple[str, ...]:
        """Return the instruments that a column of a company rests on now."""
        known = self._feeding.get((name, row))
        if known is None or known.tenant != self._tenants[row]:
            known = self._feeding[name, row] = self._feeding_of(name, row)
        instruments = self._instruments
        live = [it for it in known.live if instruments.reading(it).quality.usable]
        return (*known.fixed, *live) if live else known.fixed

    def _feeding_of(self, name: str, row: int) -> Feeding:
        leaves = self._plan.leaves_of(name)
        live = [f"{self._firms[row].ticker}.{it}" for it in leaves if it in self._facts]
        feeding = (self.instrument_of(it, row) for it in leaves if it not in self._facts)
        return Feeding(self._tenants[row], tuple(it for it in feeding if it), tuple(live))

    def remarks(self, target: str, company: str | None, now: int) -> Remarks:
        """Return what a message adds: words of the source, the tenant, flags of whom it is about."""
        ticker = company or self._ticker_of(target)  # of a share and its figures too
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

    def _ticker_of(self, target: str) -> str:
        known = self._instruments.known(target)
        return (symbol_of(target, self._rows) if known is None else known.symbol).ticker

    def inputs(self, target: str, company: str | None) -> Inputs:
        """Return what a value is made of: the sources of an instrument, the inputs of a metric."""
        if target not in self._plan.catalogue:
            if company is not None:  # a figure
                return (self._argument(target, Input(target), self._rows[company]),)
            return tuple(quoted(quote) for quote in self._instruments.origin(target))
        row = 0 if company is None else self._rows[company]
        inputs = {item.name: item for item in self._plan.catalogue[target].arguments}
        if company is not None:  # a figure given live is named, however deep it enters
            for leaf in self._plan.leaves_of(target):
                if leaf in self._facts and leaf not in inputs and self.instrument_of(leaf, row):
                    inputs[leaf] = Input(leaf)
        return tuple(self._argument(target, item, row) for item in inputs.values())

    def _argument(self, target: str, item: Input, row: int) -> Mapping[str, object]:
        """Return one input of a metric as a message shows it, with all who told what it rests on."""
        reading = self._table.argument(target, item.name, row)
        value = item.default if reading.value is None else reading.value
        shown: dict[str, object] = {
            "name": item.name,
            "value": value,
            "quality": reading.quality.word,
        }
        instrument = self.instrument_of(item.name, row)
        if instrument is not None:
            shown["instrument"], shown["sources"] = instrument, self._told_by((instrument,))
        elif item.name in self._plan.catalogue:
            sources = self._told_by(self._feeding_now(item.name, row))
            if sources:
                shown["sources"] = sources
        return shown

    def _told_by(self, instruments: tuple[str, ...]) -> list[str]:
        """Return who told the quotes behind instruments, each once."""
        self._keep_up()
        found = self._told.get(instruments)
        if found is None:
            origins = (self._instruments.origin(name) for name in instruments)
            found = sorted({quote.source for quotes in origins for quote in quotes})
            self._told[instruments] = found
        return found

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
