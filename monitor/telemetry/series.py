"""The series behind the instruments: built from the catalogue, complete from the first scrape.

Series that are known in advance start at 0, leave with their entity, and a label value outside
its closed set counts as `other`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from monitor.telemetry import catalogue as c
from monitor.telemetry.declarations import OTHER, Instrument, Kind, Label


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The label values that only the books and the plug-ins know.

    A process names only what its roles do: a pod without the feeds role names no feeds, so it
    does not report them as down.
    """

    feeds: tuple[str, ...] = ()
    streams: tuple[str, ...] = ()
    companies: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    rule_types: tuple[str, ...] = ()
    sinks: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()

    def words(self) -> dict[str, tuple[str, ...]]:
        """Return the words by the name of the label they stand in."""
        return {
            "feed": self.feeds,
            "stream": self.streams,
            "company": self.companies,
            "metric": self.metrics,
            "rule_type": self.rule_types,
            "sink": self.sinks,
            "channel": self.channels,
        }


MAX_SAMPLES = 1_000
"""Observations that wait for a look at the registry."""


class _First(Collector):
    """Has something done before the registry is looked at; gives no samples of its own."""

    def __init__(self, do: Callable[[], None]) -> None:
        self._do = do

    def collect(self) -> Iterable[Metric]:
        self._do()
        return ()


class Series:
    """One registry with every instrument of the catalogue in it."""

    def __init__(self, known: Known, *, version: str) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        self._words: dict[str, tuple[str, ...]] = {"version": (version,)}
        self._counters: dict[str, Counter] = {}
        self._found: dict[tuple[str, tuple[str, ...]], Counter] = {}
        self._tallies: dict[Counter, float] = {}
        self._samples: dict[str, list[float]] = {}
        self._gauges: dict[str, Gauge] = {}
        self._histograms: dict[str, Histogram] = {}
        self.registry.register(_First(self._settle))
        for declared in c.CATALOGUE:
            self._build(declared)
        ProcessCollector(registry=self.registry)
        self.know(known)
        self.set(c.BUILD_INFO, 1, version)

    def know(self, known: Known) -> None:
        """Take over new books: new series start at 0, series of what is gone are removed."""
        before, self._words = self._words, self._words | known.words()
        self._settle()
        self._found.clear()
        for declared in c.CATALOGUE:
            for label in declared.labels:
                for gone in set(before.get(label.name, ())) - set(self._allowed(label)):
                    self._family(declared).remove_by_labels({label.name: gone})
            self._start(declared)
        for feed in set(known.feeds) - set(before.get("feed", ())):
            self.set(c.FEED_STATE, 1, feed, "waiting")
            self.set(c.FEED_BREAKER, 1, feed, "closed")

    def count(self, declared: Instrument, *words: str, by: float = 1) -> None:
        """Raise a counter."""
        self._counter(declared, words).inc(by)

    def tally(self, declared: Instrument, *words: str, by: float = 1) -> None:
        """Raise a counter at the next look at the registry: of what comes with each tick.

        From the event loop's thread alone.
        """
        counter = self._counter(declared, words)
        self._tallies[counter] = self._tallies.get(counter, 0) + by

    def sample(self, declared: Instrument, value: float) -> None:
        """Add an observation to a histogram without labels, as `tally` counts."""
        values = self._samples.setdefault(declared.name, [])
        values.append(value)
        if len(values) >= MAX_SAMPLES:
            self._settle()

    def _counter(self, declared: Instrument, words: tuple[str, ...]) -> Counter:
        counter = self._found.get((declared.name, words))
        if counter is None:
            counter = self._counters[declared.name]
            if words:
                values = tuple(self._values(declared, words))
                counter = counter.labels(*values)
                if values != words:
                    return counter  # anybody's words are not kept: there may be any number
            self._found[declared.name, words] = counter
        return counter

    def _settle(self) -> None:
        """Bring the registry up to date."""
        tallies, self._tallies = self._tallies, {}
        for counter, by in tallies.items():
            counter.inc(by)
        samples, self._samples = self._samples, {}
        for name, values in samples.items():
            for value in values:
                self._histograms[name].observe(value)

    def set(self, declared: Instrument, value: float, *words: str) -> None:
        """Set a gauge."""
        gauge = self._gauges[declared.name]
        (gauge.labels(*self._values(declared, words)) if words else gauge).set(value)

    def observe(self, declared: Instrument, value: float, *words: str) -> None:
        """Add one observation to a histogram."""
        histogram = self._histograms[declared.name]
        (histogram.labels(*self._values(declared, words)) if words else histogram).observe(value)

    def _build(self, it: Instrument) -> None:
        names = [label.name for label in it.labels]
        if it.kind is Kind.COUNTER:
            self._counters[it.name] = Counter(it.name, it.help, names, registry=self.registry)
        elif it.kind is Kind.GAUGE:
            self._gauges[it.name] = Gauge(it.name, it.help, names, registry=self.registry)
        else:
            self._histograms[it.name] = Histogram(
                it.name, it.help, names, registry=self.registry, buckets=it.buckets
            )

    def _start(self, declared: Instrument) -> None:
        if declared.labels:
            every = product(*(self._allowed(label) for label in declared.labels))
            for values in every if declared.starts is None else declared.starts:
                self._family(declared).labels(*values)

    def _allowed(self, label: Label) -> tuple[str, ...]:
        return self._words.get(label.name, ()) if label.words is None else label.words

    def _family(self, declared: Instrument) -> Counter | Gauge | Histogram:
        families: Mapping[Kind, Mapping[str, Counter | Gauge | Histogram]] = {
            Kind.COUNTER: self._counters,
            Kind.GAUGE: self._gauges,
            Kind.HISTOGRAM: self._histograms,
        }
        return families[declared.kind][declared.name]

    def _values(self, declared: Instrument, words: tuple[str, ...]) -> Iterator[str]:
        for label, word in zip(declared.labels, words, strict=True):
            yield word if word in self._allowed(label) else OTHER
