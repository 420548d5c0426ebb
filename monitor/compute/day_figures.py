"""The figures of the books on a day, put into the table of metrics. Hop 5, pure."""

from __future__ import annotations

from collections.abc import Iterable

from monitor.compute.history import EARLIER_FACTS, EARLIER_MS
from monitor.compute.making import NO_TENANT
from monitor.compute.parts import Parts
from monitor.compute.plan import STOCK_INPUTS, TENANT_INPUTS
from monitor.core.clock import DAY
from monitor.domain.events import Reading


class DayFigures:
    """Reads what the books say, and what is told live in their stead.

    Attributes:
        read_at: event time at which they were read last, ms UTC; 0 before.

    """

    def __init__(self, parts: Parts) -> None:
        """Take the books and the parts of the step that their figures go to."""
        self._plan, self._firms, self._facts = parts.plan, parts.firms, parts.facts
        self._table, self._instruments = parts.table, parts.instruments
        self._tenancy = parts.tenancy
        self.read_at = 0

    def read(self, now: int) -> dict[int, set[str]]:
        """Put the figures of this day into the table; return what changed, by row."""
        self.read_at = now
        changed = self._read_tenants(now)
        for row, firm in enumerate(self._firms):
            found = {fact: self.figure(row, fact, now) for fact in self._facts}
            for column, fact in EARLIER_FACTS.items():
                found[column] = firm.earlier(fact, now, EARLIER_MS)
            for column, reading in found.items():
                if self._table.set(column, row, reading):
                    changed.setdefault(row, set()).add(column)
            for name, facts in self._plan.catalogue.of_one_period:
                own = firm.together(facts, now)
                pairs = {
                    name: (found[name] if name in EARLIER_FACTS else firm.fact(name, now), reading)
                    for name, reading in own.items()
                }
                if self._table.bring_together(name, row, pairs):
                    changed.setdefault(row, set()).update(facts)
        return changed

    def read_again(self, now: int, live: Iterable[tuple[str, int]]) -> None:
        """Put the figures of this day into the table, where that is not done yet.

        Books say the same all day long; of what was read on it only the `live` columns and rows,
        those that instruments feed, may be otherwise by now.
        """
        if self.read_at // DAY != now // DAY:
            self.read(now)
            return
        self.read_at = now
        for column, row in live:
            if column in self._facts:
                self._table.set(column, row, self.figure(row, column, now))

    def _read_tenants(self, now: int) -> dict[int, set[str]]:
        """Show each company the share of its tenant of now; return what changed, by row."""
        changed: dict[int, set[str]] = {}
        for row, tenant in self._tenancy.read(now):
            for column, own in TENANT_INPUTS.items():
                share = STOCK_INPUTS[own].format(ticker=tenant)
                reading = NO_TENANT if tenant is None else self._instruments.reading(share)
                if self._table.set(column, row, reading):
                    changed.setdefault(row, set()).add(column)
        return changed

    def figure(self, row: int, fact: str, now: int) -> Reading:
        """Return a company's figure: a live one while it is fresh, else the book's."""
        firm = self._firms[row]
        live = self._instruments.reading(f"{firm.ticker}.{fact}")
        return live if live.quality.usable else firm.fact(fact, now)
