"""Every metric of every company after one BTC tick: the metric layer alone, all of it asked for.

The table is told that all metrics are watched, as if a rule looked at each. Invented companies have
a value within its plausible range for every fact that a metric asks for, so that no metric is cheap
for want of an input; those of the book have what the book says.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from monitor.app.world import find_catalogue
from monitor.books import load_companies
from monitor.compute.plan import MARKET_INPUTS, Plan
from monitor.compute.recompute import Table
from monitor.core.clock import SystemClock
from monitor.domain.companies import Companies, CompanyType, latest
from monitor.domain.events import Quality, Reading
from monitor.domain.facts import FACTS

LOW_USD, HIGH_USD = 60_000.0, 60_060.0


@dataclass(frozen=True, slots=True)
class MetricCost:
    """What a change costs with every metric of `companies` companies computed at once.

    Attributes:
        companies: rows.
        what: whose figures they are.
        metrics: declared in all.
        touched: of them depend on the BTC price.
        computed: were computed by the tick: never more than depend on what changed.
        row_touched: depend on a power price.
        tick_us: one BTC tick.
        row_us: a new power price of one company.
        nothing_us: one BTC tick if no rule watches anything.

    """

    companies: int
    what: str
    metrics: int
    touched: int
    computed: int
    row_touched: int
    tick_us: float
    row_us: float
    nothing_us: float


def book_cost(repetitions: int = 200) -> MetricCost:
    """Measure the companies of the default book."""
    book = load_companies(SystemClock().now())
    return _cost("of the book", _of_book(book, None), _of_book(book, []), repetitions)


def metric_cost(companies: int, repetitions: int = 200) -> MetricCost:
    """Measure invented companies."""
    tables = invented_table(companies, None), invented_table(companies, [])
    return _cost("synthetic", *tables, repetitions)


def computed_by_a_tick(table: Table) -> set[str]:
    """Return the metrics whose columns a change of the BTC price makes anew."""
    names = [metric.name for metric in table.catalogue]
    before = {name: table.column(name) for name in names}
    table.set("btc_usd", 0, Reading(HIGH_USD + 1, Quality.OK))
    table.recompute(Plan(table.catalogue).affected(["btc_usd"]))
    return {name for name in names if table.column(name) is not before[name]}


def _cost(what: str, all_watched: Table, none_watched: Table, repetitions: int) -> MetricCost:
    """Measure; microseconds, medians of `repetitions`."""
    companies = len(all_watched.companies)
    plan = Plan(all_watched.catalogue)
    of_btc = plan.affected(["btc_usd"])
    of_power = plan.affected(["power_price_usd_kwh"])

    def tick(table: Table, turn: int) -> None:
        table.set("btc_usd", 0, Reading((LOW_USD, HIGH_USD)[turn % 2], Quality.OK))
        table.recompute(of_btc)

    def row(turn: int) -> None:
        place = turn % companies
        reading = Reading(0.05 + 0.001 * (turn % 7), Quality.OK)
        all_watched.set("power_price_usd_kwh", place, reading)
        all_watched.recompute(of_power, [place])

    return MetricCost(
        companies=companies,
        what=what,
        metrics=len(all_watched.catalogue),
        touched=len(of_btc),
        computed=len(computed_by_a_tick(all_watched)),
        row_touched=len(of_power),
        tick_us=_median_us(lambda turn: tick(all_watched, turn), repetitions),
        row_us=_median_us(row, repetitions),
        nothing_us=_median_us(lambda turn: tick(none_watched, turn), repetitions),
    )


def _median_us(work: Callable[[int], None], repetitions: int) -> float:
    work(0)
    took = []
    for turn in range(1, repetitions + 1):
        began = time.perf_counter()
        work(turn)
        took.append(time.perf_counter() - began)
    return statistics.median(took) * 1e6


def _of_book(book: Companies, watched: list[str] | None) -> Table:
    """Return a table with the newest figures of the book, and an invented market."""
    kinds = [company.type for company in book.values()]
    table = Table(find_catalogue(), list(book), kinds, MARKET_INPUTS, watched)
    for name in table.catalogue.leaves:
        for row, company in enumerate(book.values()):
            figure = latest(company, name) if name in FACTS else None
            if figure is not None:
                table.set(name, row, Reading(figure.value, Quality.OK))
    for name in MARKET_INPUTS:
        table.set(name, 0, Reading(1.5, Quality.OK))
    table.set("height", 0, Reading(931_995.0, Quality.OK))
    table.recompute(tuple(table.catalogue))
    return table


def invented_table(companies: int, watched: list[str] | None) -> Table:
    """Return a table in which every input has a value."""
    catalogue = find_catalogue()
    tickers = [f"S{number:05d}" for number in range(companies)]
    table = Table(catalogue, tickers, [CompanyType.MINER] * companies, MARKET_INPUTS, watched)
    for name in catalogue.leaves:
        rows = 1 if name in MARKET_INPUTS else companies
        spec = FACTS.get(name)
        low, high = (1.0, 2.0) if spec is None else (max(spec.low, 0.0), spec.high)
        for row in range(rows):
            share = 0.1 + 0.8 * (row * 7 % companies) / companies
            table.set(name, row, Reading(low + share * (high - low), Quality.OK))
    table.set("height", 0, Reading(931_995.0, Quality.OK))
    table.recompute(tuple(catalogue))
    return table
