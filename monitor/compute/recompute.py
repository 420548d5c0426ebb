"""All inputs and metrics as columns over the companies, and their recomputing. Hop 5, pure.

A metric is computed for all companies in one vector operation, also when only one company's figure
changed: cutting one row out and putting it back costs more than ten thousand rows in one go.

What no rule watches is not computed on a tick: it is marked, and computed when somebody asks. So a
tick costs what the rules in force need, however many metrics are declared.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import copy
from typing import TypeAlias

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from monitor.compute.exclusion import Exclusion
from monitor.compute.heard import ONE_FOR_ALL, Heard
from monitor.core.faults import Faults
from monitor.domain.companies import CompanyType
from monitor.domain.events import Quality, Reading
from monitor.metrics.base import Metric, Scope
from monitor.metrics.catalogue import Catalogue, evaluator
from monitor.metrics.vector import Column, ReasonTable

Together: TypeAlias = Mapping[str, tuple[Reading, Reading]]
"""Input to its newest figure, and to the one of the period that it shares with the others."""

NOT_APPLICABLE = "not_applicable"
FAILED = "metric_failed"
"""Why a metric is missing that raised: whoever runs the service has the words in the log."""
NOT_YET = frozenset({"too_few_pairs", "too_few_days", "same_period"})
"""Why an input is missing that comes with time; of any other its own name says most."""

# a member is looked up by name in Python at each mention, a thousand times while the books are read
_MISSING, _NOT_APPLICABLE = Quality.MISSING, Quality.NOT_APPLICABLE


class Table:
    """The columns of one shard: one element per company, one in all for the market.

    Attributes:
        catalogue: the metrics.
        companies: tickers, in row order.
        recomputes: how often each company was recomputed, by row.
        leaves: the columns that are no metric.
        heard: which of the watched columns ever had a usable value, for whom.
        revision: another one whenever something here may read otherwise.
        faults: the metrics that raised; they have no value, and all others do.

    """

    def __init__(
        self,
        catalogue: Catalogue,
        companies: Sequence[str],
        types: Sequence[CompanyType],
        market_inputs: Iterable[str],
        watched: Collection[str] | None = None,
    ) -> None:
        """`market_inputs` have one value in all; the `watched` metrics are computed at once.

        Without `watched` all are. What is watched and no metric is a figure of the companies.
        """
        self.catalogue = catalogue
        self.companies = tuple(companies)
        self.recomputes: NDArray[np.int64] = np.zeros(len(companies), dtype=np.int64)
        self._reasons = ReasonTable()
        figures = (name for name in watched or () if name not in catalogue)
        self.leaves = frozenset((*catalogue.leaves, *figures))
        single = {m.name for m in catalogue if m.scope is not Scope.COMPANY} | set(market_inputs)
        self._columns = {
            name: self._unknown(f"missing:{name}", 1 if name in single else len(companies))
            for name in (*self.leaves, *single, *(m.name for m in catalogue))
        }
        self._inputs = {m.name: tuple(item.name for item in m.arguments) for m in catalogue}
        self._vectors = {m.name: evaluator(m, self._reasons) for m in catalogue}
        names = [it.name for it in catalogue if watched is None or it.name in watched]
        self._at_once = {step.name for name in names for step in catalogue.road_to(name)}
        self.revision = 0
        self.faults = Faults()
        self._unsettled: set[str] = set()
        self._together: dict[str, dict[int, Together]] = {}
        self.heard = Heard(
            {name: ONE_FOR_ALL if name in single else self.companies for name in watched or ()}
        )
        self._exclusions = _exclusions(catalogue, types, self._reasons.code(NOT_APPLICABLE))

    def _unknown(self, reason: str, length: int) -> Column:
        return Column(
            np.full(length, np.nan),
            np.full(length, Quality.MISSING, dtype=np.uint8),
            np.full(length, self._reasons.code(reason), dtype=np.uint16),
        )

    def __contains__(self, name: object) -> bool:
        """Tell whether a column of that name exists."""
        return name in self._columns

    def set(self, name: str, row: int, reading: Reading) -> bool:
        """Put one value; tell whether it changed."""
        column = self._columns.get(name)
        if column is None:
            return False
        value, quality = reading.value, reading.quality
        if quality < _MISSING and value is not None:
            rank = int(quality)  # numpy asks an enum's class for what it has not, in Python
            if column.quality[row] == rank and column.values[row] == value:
                return False
            changed = _with(column, row, value, rank, 0)
        else:
            rank = int(max(quality, _MISSING))
            named = rank == _NOT_APPLICABLE or reading.reason in NOT_YET
            code = self._reasons.code(reading.reason if named else f"missing:{name}")
            if column.quality[row] == rank and column.reason[row] == code:
                return False
            changed = _with(column, row, np.nan, rank, code)
        self._columns[name] = changed
        self.revision += 1
        self.heard.see(name, changed.quality)
        return True

    def column(self, name: str) -> Column:
        """Return a column as it is now; its arrays never change."""
        if name in self._unsettled:
            self._settle(name)
        return self._columns[name]

    def reading(self, name: str, row: int, observed_at: int | None = None) -> Reading:
        """Return one element with its quality and the name of its reason."""
        column = self.column(name)
        quality = Quality(int(column.quality[row]))
        if quality >= Quality.MISSING:
            return Reading(None, quality, self._reasons.word(int(column.reason[row])), observed_at)
        return Reading(float(column.values[row]), quality, "", observed_at)

    def recompute(self, metrics: Iterable[Metric], rows: Collection[int] | None = None) -> None:
        """Take it that the inputs of `metrics`, which come in order, changed.

        `rows` are the companies whose figures changed; without it all companies are touched.
        """
        for metric in metrics:
            if metric.name in self._at_once:
                self._compute(metric)
            else:
                self._unsettled.add(metric.name)
        self.revision += 1
        self.recomputes[slice(None) if rows is None else list(rows)] += 1

    def snapshot(self) -> Table:
        """Return the table as it stands: it stays, and is computed in as many pieces as one likes."""
        taken = copy(self)
        taken.part()
        return taken

    def part(self) -> None:
        """Share nothing that changes any more with the table that this is a copy of."""
        self._columns, self._unsettled = dict(self._columns), set(self._unsettled)
        self._together = {metric: dict(rows) for metric, rows in self._together.items()}

    @property
    def unsettled(self) -> frozenset[str]:
        """Return the metrics whose inputs changed and that nobody has asked for since."""
        return frozenset(self._unsettled)

    def settle_by(self, taken: Table) -> None:
        """Have what a snapshot has computed since, if nothing changed here."""
        if taken.revision == self.revision:
            done = self._unsettled - taken.unsettled
            self._columns |= {name: taken.column(name) for name in done}
            self._unsettled -= done

    def bring_together(self, metric: str, row: int, figures: Together) -> bool:
        """Let a metric of a row rest on figures of one period; tell whether they changed.

        They stand in while every input still has the value that they replace: whatever somebody
        gives, live or by hand, goes before the book. Figures without a value, each with a reason,
        leave the metric without one.
        """
        rows = self._together.setdefault(metric, {})
        if rows.get(row, {}) == figures:
            return False
        rows[row] = dict(figures)
        self.revision += 1
        return True

    def move(self, name: str, row: int, factor: float | None) -> None:
        """Let what stands in for an input's value, that just changed by `factor`, change with it.

        Without a factor nothing stands in any more: the input was given, and goes before.
        """
        newest = self.reading(name, row)
        self.revision += 1
        for rows in self._together.values():
            figures = rows.get(row, {})
            if name not in figures:
                continue
            _, own = figures[name]
            if factor is None:
                rows[row] = {}
            elif own.value is None:
                rows[row] = {**figures, name: (newest, own)}
            else:
                rows[row] = {
                    **figures,
                    name: (newest, structs.replace(own, value=own.value * factor)),
                }

    def argument(self, metric: str, name: str, row: int) -> Reading:
        """Return one input of a metric as the metric sees it."""
        figures = self._together.get(metric, {}).get(row, {})
        if name in figures and self._stands(row, figures):
            return figures[name][1]
        single = len(self.column(name).values) == 1
        return self.reading(name, 0 if single else row)

    def _stands(self, row: int, figures: Together) -> bool:
        return all(
            self._columns[name].values[row] == newest.value for name, (newest, _) in figures.items()
        )

    def _arguments(self, metric: str) -> list[Column]:
        found = {item: self._columns[item] for item in self._inputs[metric]}
        for row, figures in self._together.get(metric, {}).items():
            if figures and self._stands(row, figures):
                for name, (_, own) in figures.items():
                    if name not in found:
                        continue  # beneath a metric of the same period, which has it already
                    value = np.nan if own.value is None else own.value
                    code = self._reasons.code(own.reason)
                    found[name] = _with(found[name], row, value, own.quality, code)
        return list(found.values())

    def _settle(self, name: str) -> None:
        """Compute what was left, of all that `name` rests on."""
        for metric in self.catalogue.road_to(name):
            if metric.name in self._unsettled:
                self._compute(metric)

    def _compute(self, metric: Metric) -> None:
        name = metric.name
        columns = self._arguments(name)
        exclusion = self._exclusions.get(name)
        if exclusion is not None and metric.across:
            columns = [exclusion.without(column) for column in columns]
        try:
            result = self._vectors[name](columns)
        except Exception as bug:  # noqa: BLE001  # the border of a plug-in: it stops no other
            self.faults.failed(name, bug)
            result = self._unknown(FAILED, len(self._columns[name].values))
        else:
            self.faults.worked(name)
        shown = self._columns[name] = result if exclusion is None else exclusion.applied(result)
        self.heard.see(name, shown.quality)
        self._unsettled.discard(name)


def _exclusions(
    catalogue: Catalogue, types: Sequence[CompanyType], code: int
) -> dict[str, Exclusion]:
    """Return, by metric, the companies that it does not apply to; of most it does to all."""
    return {
        metric.name: Exclusion(out, code)
        for metric in catalogue
        if metric.scope is Scope.COMPANY
        for out in (np.array([t not in metric.applies_to for t in types], dtype=np.bool_),)
        if np.count_nonzero(out)
    }


def _with(column: Column, row: int, value: float, quality: int, code: int) -> Column:
    """Return a column with another element; the quality side stays the same object if it can."""
    values = column.values.copy()
    values[row] = value
    if column.quality[row] == quality and column.reason[row] == code:
        return column.revalued(values)
    qualities, reasons = column.quality.copy(), column.reason.copy()
    qualities[row], reasons[row] = quality, code
    return Column(values, qualities, reasons)
