"""The company numbers as Prometheus gauges, rendered from the current readings at scrape time.

Beside the road: nothing is copied on a tick. A value is on the page only while it may be trusted;
when it goes stale its series ends (a gap on the board, not a frozen line) while its quality and
its timestamp stay, so that one can see why and since when.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from monitor.domain.events import BTC_USD, Quality
from monitor.metrics.base import Metric, Scope
from monitor.telemetry.declarations import PREFIX

READING_QUALITY = f"{PREFIX}reading_quality"
READING_TIMESTAMP = f"{PREFIX}reading_timestamp_seconds"
COMPANY_INFO = f"{PREFIX}company_info"
BTC_PRICE = f"{PREFIX}btc_price_usd"
SERIES = f"{PREFIX}series"

# Where the plain rule (scope prefix, name as declared) would give a poor name.
_NAMES = {
    BTC_USD: "btc_price_usd",
    "mining_margin_ratio": "margin_ratio",
}
# Our names end in the unit people use; Prometheus wants seconds, and no one-letter units.
_UNITS: tuple[tuple[str, str, float], ...] = (
    ("_ms", "_seconds", 0.001),
    ("_minutes", "_seconds", 60.0),
    ("_hours", "_seconds", 3_600.0),
    ("_days", "_seconds", 86_400.0),
    ("_h_s", "_hashes_per_second", 1.0),
    ("h_s", "h_per_second", 1.0),
    ("_s", "_seconds", 1.0),
    ("_count", "_number", 1.0),
)
_WORDS = {Quality[word.name].word: word for word in Quality}


class Row(NamedTuple):
    """One current reading, as the worker hands it over.

    `name` is the declaration's, `observed_at` ms UTC, `quality` the word of a `Quality`;
    `company` is None for the network scope.
    """

    name: str
    unit: str
    scope: Scope
    company: str | None
    value: float | None
    quality: str
    observed_at: int | None


class CompanyRow(NamedTuple):
    """One company of the book: ticker, name for people, type."""

    ticker: str
    name: str
    type: str


class SeriesRow(NamedTuple):
    """One series of the market around bitcoin: its name's three parts and what it is worth now.

    The name must be one that a feed declares or a rule watches, never one that merely came in.
    """

    group: str
    subject: str
    figure: str
    value: float


def gauge_name(name: str, scope: Scope) -> tuple[str, float]:
    """Return the Prometheus name of a declared metric and the factor to its base unit."""
    plain = re.sub(r"[^a-z0-9]+", "_", _NAMES.get(name, name).lower())
    factor = 1.0
    for ending, proper, scale in _UNITS:
        if plain.endswith(ending):
            plain, factor = plain.removesuffix(ending) + proper, scale
            break
    prefix = "company_" if scope is Scope.COMPANY and not plain.startswith("company_") else ""
    return f"{PREFIX}{prefix}{plain}", factor


class ReadingGauges(Collector):
    """A collector over injected readings; register it with the instruments' registry.

    The callables are asked once per scrape, so a company that left the book has no series at
    the next one. Declared metrics have their HELP line even while no value may be shown.
    """

    def __init__(
        self,
        rows: Callable[[], Iterable[Row]],
        *,
        companies: Callable[[], Iterable[CompanyRow]] = tuple,
        series: Callable[[], Iterable[SeriesRow]] = tuple,
        declarations: Iterable[Metric] = (),
    ) -> None:
        self._rows = rows
        self._series = series
        self._companies = companies
        self._declarations = tuple(declarations)

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Return nothing: registering must not ask for readings that do not exist yet."""
        return ()

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Return every family of this scrape."""
        values = {BTC_PRICE: _family(BTC_PRICE, "Reference price of one bitcoin in USD.", ())}
        for metric in self._declarations:
            self._value_family(values, metric.name, metric.scope, _help(metric))
        quality = _family(
            READING_QUALITY,
            f"How far the reading may be trusted: {_scale()}.",
            ("metric", "company"),
        )
        moment = _family(
            READING_TIMESTAMP,
            "The source's own time of the reading, present also while its value is not.",
            ("metric", "company"),
        )
        for row in self._rows():
            self._add(row, values, quality, moment)
        yield from values.values()
        yield quality
        yield moment
        yield self._company_info()
        yield self._series_family()

    def _add(
        self,
        row: Row,
        values: dict[str, GaugeMetricFamily],
        quality: GaugeMetricFamily,
        moment: GaugeMetricFamily,
    ) -> None:
        grade = _WORDS[row.quality]
        if grade is Quality.NOT_APPLICABLE:
            return  # absent, not unknown: a treasury company has no hashcost to miss
        name, factor = gauge_name(row.name, row.scope)
        identity = (name.removeprefix(PREFIX), row.company or "")
        quality.add_metric(identity, grade)
        if row.observed_at is not None:
            moment.add_metric(identity, row.observed_at / 1_000)
        if row.value is None or not grade.usable or not math.isfinite(row.value):
            return
        family = self._value_family(values, row.name, row.scope, f"{row.name}, {row.unit}.")
        labels = () if row.company is None else (row.company,)
        family.add_metric(labels, row.value * factor)

    def _value_family(
        self, values: dict[str, GaugeMetricFamily], name: str, scope: Scope, help_text: str
    ) -> GaugeMetricFamily:
        proper, _ = gauge_name(name, scope)
        if proper not in values:
            labels = ("company",) if scope is Scope.COMPANY else ()
            values[proper] = _family(proper, help_text, labels)
        return values[proper]

    def _series_family(self) -> GaugeMetricFamily:
        family = _family(
            SERIES,
            "A series of the market around bitcoin, in the unit that its figure ends in.",
            ("group", "subject", "figure"),
        )
        for row in self._series():
            family.add_metric((row.group, row.subject, row.figure), row.value)
        return family

    def _company_info(self) -> GaugeMetricFamily:
        info = _family(
            COMPANY_INFO,
            "1 for each company of the book, with what it is as labels.",
            ("company", "name", "type"),
        )
        for company in self._companies():
            info.add_metric((company.ticker, company.name, company.type), 1)
        return info


def _family(name: str, help_text: str, labels: tuple[str, ...]) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, help_text, labels=labels)


def _help(metric: Metric) -> str:
    return (
        f"{metric.description.rstrip('.')}. Formula: {metric.formula}. Declared in {metric.unit}."
    )


def _scale() -> str:
    return ", ".join(f"{it.value} {it.word}" for it in Quality if it is not Quality.NOT_APPLICABLE)
