"""All metrics as one graph: what feeds what, in which order, and one value with its reasons.

The metrics come in as an argument; discovery stays with the application. Backs the recompute plan,
`hashhedge calc` and `hashhedge explain`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

import numpy as np

from monitor.domain.events import Quality
from monitor.metrics.across import AcrossMetric
from monitor.metrics.base import Metric, Scope
from monitor.metrics.vector import Column, ReasonTable, VectorMetric, leaf_column


@dataclass(frozen=True, slots=True)
class Assumed:
    """A default that stood in for an unknown input, and the words to print beside it."""

    value: float
    words: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One metric computed for one company, or for the network, from given numbers.

    Attributes:
        metric: what was computed.
        value: in the metric's unit; None where `reason` says why.
        reason: empty, `missing:<input>` (the first one), a guard's reason or `not_finite`.
        missing: every given input that is still needed, when that is why there is no value.
        inputs: the direct inputs, known or assumed, in the order of the formula.
        used: the given numbers that the value rests on, direct or through other metrics.
        assumed: defaults that entered, by input.
        remarks: words that the value, or one that it rests on, carries.

    """

    metric: Metric
    value: float | None
    reason: str
    missing: tuple[str, ...]
    inputs: Mapping[str, float]
    used: Mapping[str, float]
    assumed: Mapping[str, Assumed]
    remarks: tuple[str, ...] = ()

    @property
    def unit(self) -> str:
        """Return the unit of the value."""
        return self.metric.unit


_NOBODY: Mapping[str, str] = {}


class Catalogue:
    """The declared metrics, each after its inputs.

    `of_one_period` has the metrics whose inputs are to be of one reported period, with what they
    rest on.

    Raises:
        ValueError: two metrics share a name, metrics feed each other in a circle, a guard names
            no input, a network metric reads a company's or a sector's, or a metric of one period
            rests on one of another. The message names them.

    """

    def __init__(
        self, metrics: Iterable[Metric], families: Mapping[str, str] | None = None
    ) -> None:
        self._families = dict(families or {})
        declared = tuple(metrics)
        by_name = {metric.name: metric for metric in declared}
        if len(by_name) != len(declared):
            names = [metric.name for metric in declared]
            twice = sorted({name for name in names if names.count(name) > 1})
            raise ValueError(f"metric names must be unique; declared twice: {', '.join(twice)}")
        self._inputs = {m.name: tuple(item.name for item in m.arguments) for m in declared}
        self.metrics: tuple[Metric, ...] = tuple(by_name[name] for name in self._sorted())
        self._by_name = {metric.name: metric for metric in self.metrics}
        # asked for again and again, by every table that is made of this catalogue
        self._roads: dict[str, tuple[Metric, ...]] = {}
        self._dependents: dict[str, tuple[Metric, ...]] = {}
        self._reasons = ReasonTable()
        self._vectors = {m.name: evaluator(m, self._reasons) for m in self.metrics}
        self.of_one_period = tuple(
            (it.name, self.leaves_of(it.name)) for it in self.metrics if it.same_period
        )
        for metric in self.metrics:
            self._check_scope(metric)
            self._check_period(metric)

    @classmethod
    def of(cls, families: Mapping[str, Iterable[Metric]]) -> Catalogue:
        """Return the catalogue of metrics given by the name of the file that declares them."""
        named = {metric.name: family for family, found in families.items() for metric in found}
        return cls((metric for found in families.values() for metric in found), named)

    def family_of(self, name: str) -> str:
        """Return the name of the file that declares a metric; '' where it was not told."""
        return self._families.get(name, "")

    def __getitem__(self, name: str) -> Metric:
        """Return the metric called `name`.

        Raises:
            KeyError: there is none; the message names the nearest.

        """
        try:
            return self._by_name[name]
        except KeyError:
            near = difflib.get_close_matches(name, self._by_name, n=3, cutoff=0.5)
            hint = f"; nearest: {', '.join(near)}" if near else ""
            raise KeyError(f"unknown metric {name!r}{hint}") from None

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __iter__(self) -> Iterator[Metric]:
        return iter(self.metrics)

    def __len__(self) -> int:
        return len(self.metrics)

    @property
    def leaves(self) -> tuple[str, ...]:
        """Return the inputs that are no metric: market inputs and company facts, sorted."""
        named = {name for inputs in self._inputs.values() for name in inputs}
        return tuple(sorted(named - self._by_name.keys()))

    def leaves_of(self, name: str) -> tuple[str, ...]:
        """Return the inputs that are no metric and that `name` rests on, sorted.

        Raises:
            KeyError: there is no such metric.

        """
        named = {item for metric in self.road_to(name) for item in self._inputs[metric.name]}
        return tuple(sorted(named - self._by_name.keys()))

    def road_to(self, name: str) -> tuple[Metric, ...]:
        """Return `name` and the metrics that it rests on, each after its inputs.

        Raises:
            KeyError: there is no such metric.

        """
        known = self._roads.get(name)
        if known is None:
            known = self._roads[name] = self._family(self[name], frozenset())
        return known

    def dependents(self, name: str) -> tuple[Metric, ...]:
        """Return the metrics that a change of input or metric `name` reaches, in order."""
        known = self._dependents.get(name)
        if known is None:
            known = self._dependents[name] = self._reached_by(name)
        return known

    def _reached_by(self, name: str) -> tuple[Metric, ...]:
        reached = {name}
        found = []
        for metric in self.metrics:
            if not reached.isdisjoint(self._inputs[metric.name]):
                reached.add(metric.name)
                found.append(metric)
        return tuple(found)

    def evaluate(
        self, name: str, given: Mapping[str, float], without: Mapping[str, str] = _NOBODY
    ) -> Evaluation:
        """Compute one metric from `given` numbers, in the units their names end in.

        A given number takes the place of the metric of that name. What neither given nor derived
        is missing, never 0. A metric of `without` has no value, for the reason given there.

        Raises:
            KeyError: there is no metric called `name`; the message names the nearest.

        """
        target = self[name]
        family = self._family(target, given.keys())
        columns: dict[str, Column] = {}
        for metric in family:
            for item in self._inputs[metric.name]:
                if item not in columns:
                    columns[item] = leaf_column(item, [given.get(item)], self._reasons)
            inputs = [columns[item] for item in self._inputs[metric.name]]
            columns[metric.name] = self._vectors[metric.name](inputs)
            if metric.name in without:
                columns[metric.name] = self._nothing(without[metric.name])
        return self._evaluation(target, family, columns, given)

    def _nothing(self, reason: str) -> Column:
        code = np.array([self._reasons.code(reason)], dtype=np.uint16)
        return Column(np.array([np.nan]), np.array([Quality.MISSING], dtype=np.uint8), code)

    def _evaluation(
        self,
        target: Metric,
        family: tuple[Metric, ...],
        columns: Mapping[str, Column],
        given: Mapping[str, float],
    ) -> Evaluation:
        used: dict[str, float] = {}
        assumed: dict[str, Assumed] = {}
        missing: dict[str, None] = {}
        derived = {metric.name for metric in family}
        for metric in family:
            for item in metric.arguments:
                value = _value(columns[item.name])
                if value is None and item.default is not None:
                    assumed[item.name] = Assumed(item.default, item.assumption)
                elif item.name not in derived and value is None:
                    missing[item.name] = None
                elif item.name in given and value is not None:
                    used[item.name] = value
        inputs = {item.name: _value(columns[item.name]) for item in target.arguments}
        inputs |= {name: assumed[name].value for name in inputs if name in assumed}
        result = columns[target.name]
        lacks = int(result.quality[0]) == Quality.MISSING
        return Evaluation(
            metric=target,
            value=_value(result),
            reason=self._reasons.word(int(result.reason[0])),
            missing=tuple(missing) if lacks else (),
            inputs={name: value for name, value in inputs.items() if value is not None},
            used=used,
            assumed=assumed,
            remarks=_remarks(family, columns),
        )

    def _family(self, target: Metric, given: Iterable[str]) -> tuple[Metric, ...]:
        """Return `target` and the metrics it rests on, in order, but none that is given."""
        stop = set(given)
        wanted = {target.name}
        for metric in reversed(self.metrics):
            if metric.name in wanted:
                wanted.update(name for name in self._inputs[metric.name] if name not in stop)
        return tuple(metric for metric in self.metrics if metric.name in wanted)

    def _sorted(self) -> Iterator[str]:
        try:
            order = tuple(TopologicalSorter(self._inputs).static_order())
        except CycleError as error:
            ring: list[str] = error.args[1]
            raise ValueError(f"metrics feed each other in a circle: {' < '.join(ring)}") from error
        return (name for name in order if name in self._inputs)

    def _check_scope(self, metric: Metric) -> None:
        if metric.scope is not Scope.NETWORK:
            return
        for name in self._inputs[metric.name]:
            source = self._by_name.get(name)
            if source is not None and source.scope is not Scope.NETWORK:
                raise ValueError(f"network metric {metric.name} reads {source.scope} metric {name}")

    def _check_period(self, metric: Metric) -> None:
        """Refuse a metric of one period over one that may take another: their sums would differ."""
        if not metric.same_period:
            return
        own = self.leaves_of(metric.name)
        for name in self._inputs[metric.name]:
            below = self._by_name.get(name)
            if below is not None and not (below.same_period and self.leaves_of(name) == own):
                raise ValueError(
                    f"metric {metric.name} is of one period and rests on {name}, which takes its own"
                )


def evaluator(metric: Metric, reasons: ReasonTable) -> VectorMetric | AcrossMetric:
    """Return the metric made ready for columns."""
    return AcrossMetric(metric, reasons) if metric.across else VectorMetric(metric, reasons)


def _remarks(family: Iterable[Metric], columns: Mapping[str, Column]) -> tuple[str, ...]:
    """Return the words that the values of a family carry, each once, in order."""
    words = {
        remark.word: None
        for metric in family
        for remark in metric.remarks
        if (value := _value(columns[remark.input])) is not None
        and remark.holds(np.array([value]))[0]
    }
    return tuple(words)


def _value(column: Column) -> float | None:
    return float(column.values[0]) if column.quality[0] < Quality.MISSING else None
