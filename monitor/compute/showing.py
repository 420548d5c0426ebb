"""What of a step people have to be shown anew: nothing where nothing changed. Pure.

Beside the road of the ticks, once a second. A look goes in pieces, for the ticks do not wait: the
readings of the market and all metrics are as they were at its beginning, whatever comes between.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from monitor.compute.plan import MARKET_INPUTS, MARKET_UNITS
from monitor.compute.recompute import Table
from monitor.compute.step import Step
from monitor.compute.views import encoded, quoted, shown
from monitor.domain.consensus import ReferencePrice
from monitor.domain.events import BTC_USD, Reading
from monitor.metrics.base import Metric, Scope
from monitor.metrics.vector import Column

MAX_WATCHED = 100
"""Of what comes by ingest only, as far as rules watch it: a stranger may send any number of names."""

Changes: TypeAlias = dict[str, Mapping[str, Any] | bytes | None]
"""What is shown by name, as it is now, in JSON or to be; None: it is not shown any more."""

AT_A_TIME = 500
"""Companies of a metric that are told in one piece."""

Mark: TypeAlias = tuple[Reading, int, ReferencePrice | None]
"""What an instrument's view is made of: its reading, how many sources it has, who agreed on it."""


@dataclass(slots=True)
class News:
    """What a look has found to be otherwise than at the last one."""

    market: Changes = field(default_factory=dict)
    companies: dict[str, Changes] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Tell whether it has found anything."""
        return bool(self.market or self.companies)


class Showing:
    """What people have been shown of one step."""

    def __init__(self, step: Step, metrics: Iterable[Metric]) -> None:
        """Begin with nothing shown."""
        self.step = step
        self._metrics = tuple(metrics)
        self._columns: dict[str, Column] = {}
        self._market: dict[str, Mapping[str, Any]] = {}
        self._marks: dict[str, Mark] = {}
        self._quoted: tuple[str, ...] | None = None
        self._watched: list[str] = []
        self._seen: tuple[int, int, int] | None = None
        self.news = News()

    @property
    def whole(self) -> bool:
        """Tell whether nothing was shown before: the news is all there is."""
        return self._seen is None

    def take(self) -> News:
        """Return what the last look has found; it counts as shown."""
        taken, self.news = self.news, News()
        return taken

    def look(self) -> Iterator[None]:
        """Find what changed since the last look, piece by piece."""
        step = self.step
        seen = (step.ticks, step.instruments.revision, step.table.revision)
        if seen == self._seen:
            return
        table = step.table.snapshot()
        self._look_at_inputs()
        yield
        if self._seen is None or seen[2] != self._seen[2]:
            yield from self._look_at_metrics(table)
            step.table.settle_by(table)
        yield from self._look_at_quotes()
        self._seen = seen

    # ---------------------------------------------------------------- the market

    def _look_at_inputs(self) -> None:
        """Look at what the metrics are made of, at one moment."""
        for name, instrument in MARKET_INPUTS.items():
            self._look_at(instrument, MARKET_UNITS[name])

    def _look_at_quotes(self) -> Iterator[None]:
        """Look at the shares that were quoted, and at what else rules watch."""
        instruments, firms = self.step.instruments, self.step.firms
        shares = tuple(
            it.ticker for it in firms if instruments.reading(it.ticker).value is not None
        )
        if shares != self._quoted:
            yield from self._name(shares)
        for ticker in shares:
            self._look_at(ticker, "USD")
            yield
        for name in self._watched:
            self._look_at(name, "")
            yield

    def _name(self, shares: tuple[str, ...]) -> Iterator[None]:
        """Choose what is shown beside the `shares`, and take back what is not any more."""
        network = (it.name for it in self._metrics if it.scope is not Scope.COMPANY)
        named = {*MARKET_INPUTS.values(), *network, *shares}
        yield
        self._watched = sorted(self.step.watch.scalars.keys() - named)[:MAX_WATCHED]
        self._quoted = shares
        for name in self._market.keys() - named.union(self._watched):
            del self._market[name]
            self._marks.pop(name, None)
            self.news.market[name] = None

    def _look_at(self, instrument: str, unit: str) -> None:
        """Look at one instrument; one that is as it was costs two comparisons."""
        instruments = self.step.instruments
        known, reading = instruments.known(instrument), instruments.reading(instrument)
        sources = 0 if known is None else len(known.quotes)
        agreed = instruments.reference if instrument == BTC_USD else None
        mark = self._marks.get(instrument)
        if mark is not None and mark[0] is reading and mark[1] == sources and mark[2] is agreed:
            return
        self._marks[instrument] = (reading, sources, agreed)
        self._tell(instrument, quoted(self.step, instrument, unit))

    def _tell(self, name: str, view: Mapping[str, Any]) -> None:
        if self._market.get(name) != view:
            self._market[name] = self.news.market[name] = view

    # ---------------------------------------------------------------- the metrics

    def _look_at_metrics(self, table: Table) -> Iterator[None]:
        """Look at each metric's column."""
        for metric in self._metrics:
            column = table.column(metric.name)
            before, self._columns[metric.name] = self._columns.get(metric.name), column
            if before is not column:
                if metric.scope is not Scope.COMPANY:
                    self._tell(metric.name, shown(table.reading(metric.name, 0), metric.unit))
                else:
                    yield from self._tell_of(metric, differing(column, before), table)
            yield

    def _tell_of(self, metric: Metric, rows: Sequence[int], table: Table) -> Iterator[None]:
        """Tell some companies' readings of a metric."""
        for start in range(0, len(rows), AT_A_TIME):
            some = rows[start : start + AT_A_TIME]
            for row, body in zip(some, encoded(table, metric, some), strict=True):
                ticker = self.step.firms[row].ticker
                self.news.companies.setdefault(ticker, {})[metric.name] = body
            yield


def differing(column: Column, before: Column | None) -> list[int]:
    """Return where a column reads otherwise than before."""
    if before is None:
        return list(range(len(column.values)))
    now, then = column.values, before.values
    other = (now != then) & ~(np.isnan(now) & np.isnan(then))
    if column.quality is not before.quality:
        other |= column.quality != before.quality
    if column.reason is not before.reason:
        other |= column.reason != before.reason
    places: list[int] = np.flatnonzero(other).tolist()
    return places
