"""All inputs of all companies at one moment, and where each of them comes from. Pure.

What `explain`, `compare`, `whatif` and `stress` stand on: the step computes the numbers, as it does
live; this knows of each input who said it and when. Inputs may be put in by hand or be invented;
they are marked, since a number that rests on them is no news of the market.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from monitor.compute import conversion
from monitor.compute.history import EARLIER_FACTS, EARLIER_MS, HISTORY_INPUTS, PAIR_INPUTS
from monitor.compute.overrides import author_of, is_override
from monitor.compute.plan import MARKET_UNITS, STOCK_INPUTS, TENANT_INPUTS, Plan
from monitor.compute.sharing import shared_by
from monitor.compute.step import Step
from monitor.core.clock import SECOND, iso
from monitor.domain.companies import Companies, Figure, earlier_fact, fact_at, iso_day
from monitor.domain.events import Reading
from monitor.domain.facts import FACTS
from monitor.domain.periods import NEWEST, Shared
from monitor.metrics.base import Metric
from monitor.metrics.catalogue import Catalogue

Record: TypeAlias = dict[str, Any]

REMEMBERED = "what the service remembers of past days"
"""The source of an input that no quote brings: returns at past closes, samples at midnight."""

UNPUBLISHED = (
    "no day of publication is known, so they count from the day they describe, which is earlier than"
    " anybody knew them"
)
"""What a figure that no paper dates means for an answer about an earlier day."""

_UNITS = (MARKET_UNITS, PAIR_INPUTS, HISTORY_INPUTS)


class MarketOrigin(StrEnum):
    """Where the market's inputs come from."""

    SERVICE = "service"
    GIVEN = "given"
    SYNTHETIC = "synthetic"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Situation:
    """The state of the step at one moment, with the words that belong to it.

    Attributes:
        step: computes; its table holds every input and every metric.
        companies: the books as known at `now`, live figures laid over.
        plan: which metrics depend on what.
        now: the moment, ms UTC.
        market: where the market's inputs come from.
        put: inputs and metrics that no source gave, by (name, ticker; None for what is one for
            all), with the word to show in a source's place.

    """

    step: Step
    companies: Companies
    plan: Plan
    now: int
    market: MarketOrigin = MarketOrigin.NONE
    put: dict[tuple[str, str | None], str] = field(default_factory=dict)

    @property
    def catalogue(self) -> Catalogue:
        """Return the metrics."""
        return self.plan.catalogue

    def reading(self, name: str, ticker: str | None) -> Reading:
        """Return the reading of an input or a metric of `ticker`, or of what is one for all."""
        return self.step.table.reading(name, self._place(name, ticker)[1])

    def change(
        self,
        values: Mapping[str, Reading],
        ticker: str | None,
        source: str,
        *,
        in_proportion: bool = False,
    ) -> None:
        """Put `values` of inputs or metrics of `ticker` in place of what is known.

        A metric that was put stays as it is, whatever later happens to what it is made of. What
        takes a figure of an earlier period in place of an input takes the value that was put;
        `in_proportion` it keeps its period, and its figure moves as much as the newest did.
        """
        table = self.step.table
        for name, reading in values.items():
            owner, row = self._place(name, ticker)  # looking at a metric settles it first
            before = table.reading(name, row).value
            table.set(name, row, reading)
            moved = in_proportion and before and reading.value is not None
            table.move(name, row, (reading.value or 0.0) / (before or 1.0) if moved else None)
            self.put[name, owner] = source
        self.step.table.recompute(self.affected(values))

    def affected(self, names: Iterable[str]) -> tuple[Metric, ...]:
        """Return the metrics that a change of `names` moves, in order of computing."""
        fixed = {name for name, _ in self.put}
        return tuple(metric for metric in self.plan.affected(names) if metric.name not in fixed)

    def _place(self, name: str, ticker: str | None) -> tuple[str | None, int]:
        """Return whose a column's element is, and its row: None and 0 where one serves all."""
        single = len(self.step.table.column(name).values) == 1
        return (None, 0) if ticker is None or single else (ticker, self._row(ticker))

    def _row(self, ticker: str) -> int:
        return next(row for row, firm in enumerate(self.step.firms) if firm.ticker == ticker)

    # ---------------------------------------------------------------- where an input comes from

    def figure(self, name: str, ticker: str | None) -> Figure | None:
        """Return the company's figure that an input is, None where it is none."""
        fact = EARLIER_FACTS.get(name, name)
        if ticker is None or fact not in FACTS or (name, self._place(name, ticker)[0]) in self.put:
            return None
        if fact != name:
            return earlier_fact(self.companies[ticker], fact, self.now, EARLIER_MS)
        return fact_at(self.companies[ticker], fact, self.now)

    def shared(self, metric: Metric, ticker: str | None) -> Shared:
        """Return what a metric rests on in place of its inputs' newest figures."""
        if not metric.same_period or ticker is None:
            return NEWEST
        names = self.plan.leaves_of(metric.name)
        if any((it, ticker) in self.put for it in names):
            return NEWEST
        return shared_by(self.companies[ticker], names, self.now)

    def shared_figures(self, metric: Metric, ticker: str | None) -> dict[str, Figure]:
        """Return the same of a metric and of all that it rests on."""
        steps = self.catalogue.road_to(metric.name)
        found = [self.shared(step, ticker).figures for step in steps if step.same_period]
        return {name: figure for own in found for name, figure in own.items()}

    def argument(self, metric: str, name: str, ticker: str) -> Reading:
        """Return an input of a metric as the metric sees it."""
        return self.step.table.argument(metric, name, self._row(ticker))

    def is_unpublished(self, name: str, ticker: str | None) -> bool:
        """Tell whether an input is a figure that no paper dates: it may have been known to nobody."""
        figure = self.figure(name, ticker)
        return figure is not None and figure.published is None and figure.expires is None

    def origin(self, name: str, ticker: str | None, own: Figure | None = None) -> Record:
        """Return one input with everything known about it; every key is always there.

        `own` is the figure that a metric takes in place of the newest one.
        """
        reading = self.reading(name, ticker)
        if own is not None:
            reading = Reading(own.value, own.quality_at(self.now), "", own.as_of)
        found: Record = dict.fromkeys(_KEYS)
        found |= {
            "name": name,
            "value": reading.value,
            "unit": unit_of(name),
            "quality": reading.quality.word,
        }
        word = self.put.get((name, self._place(name, ticker)[0]))
        if word is not None:
            return found | {"source": word}
        figure = own or self.figure(name, ticker)
        if figure is not None:
            return found | self._cited(figure)
        return found | self._quoted(name, ticker)

    def overrides(self, names: Iterable[str], ticker: str) -> list[str]:
        """Return which of the inputs `names` somebody gave live: by whom, until when."""
        figures = ((name, self.figure(name, ticker)) for name in names)
        return [
            f"{name} by {author_of(figure.source)} until {iso(figure.expires)[:16]}Z"
            for name, figure in figures
            if figure is not None and figure.expires is not None and is_override(figure)
        ]

    def _cited(self, figure: Figure) -> Record:
        cited: Record = {
            "source": figure.source,
            "title": figure.title,
            "basis": figure.basis,
            "confidence": figure.confidence.value,
            "as_of": iso_day(figure.as_of),
            "published": None if figure.published is None else iso_day(figure.published),
            "age_s": (self.now - figure.as_of) // SECOND,
            "converted": conversion.of_figure(figure, self.now),
        }
        if is_override(figure) and figure.expires is not None:
            cited["override"] = {
                "author": author_of(figure.source),
                "since": iso(figure.as_of),
                "until": iso(figure.expires),
                "note": figure.note,
            }
        return cited

    def _quoted(self, name: str, ticker: str | None) -> Record:
        if name in PAIR_INPUTS or name in HISTORY_INPUTS:
            known = self.reading(name, ticker).value is not None
            return {"source": REMEMBERED} if known else {}
        row = 0 if ticker is None else self._row(ticker)
        instrument = self.step.instrument_of(name, row)
        if instrument is None:
            return {}
        observed_at = self.step.instruments.reading(instrument).observed_at
        if observed_at is None:
            return {}
        quotes = self.step.instruments.origin(instrument)
        return {
            "source": ", ".join(sorted({quote.source for quote in quotes})),
            "observed_at": iso(observed_at),
            "age_s": (self.now - observed_at) // SECOND,
            "converted": conversion.of_share(self.step.instruments, instrument, self.now),
        }


_KEYS = (
    "name",
    "value",
    "unit",
    "quality",
    "source",
    "title",
    "basis",
    "confidence",
    "as_of",
    "published",
    "observed_at",
    "age_s",
    "override",
    "converted",
)


def unit_of(name: str) -> str | None:
    """Return the unit of an input; None for one that only its metric knows."""
    fact = EARLIER_FACTS.get(name, name)
    if fact in FACTS:
        return FACTS[fact].unit
    if name in STOCK_INPUTS or name in TENANT_INPUTS:
        return "USD"
    return next((units[name] for units in _UNITS if name in units), None)
