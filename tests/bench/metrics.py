"""Every metric of every company after one BTC tick: the metric layer alone, all of it asked for.

The table is told that all metrics are watched, as if a rule looked at each. The companies are
invented; every fact that a metric asks for has a value within its plausible range, so that no metric
is cheap for want of an input.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from monitor.app.world import find_catalogue
from monitor.compute.plan import MARKET_INPUTS, Plan
from monitor.compute.recompute import Table
from monitor.domain.companies import CompanyType
from monitor.domain.events import Quality, Reading
from monitor.domain.facts import FACTS

LOW_USD, HIGH_USD = 60_000.0, 60_060.0


@dataclass(frozen=True, slots=True)
class MetricCost:
    """What a change costs with every metric of `companies` companies computed at once.

    Attributes:
        companies: rows.
        metrics: declared in all.
        touched: of them depend on the BTC price.
        tick_us: one BTC tick.
        row_us: a new power price of one company.
        nothing_us: one BTC tick if no rule watches anything.

    """

    companies: int
    metrics: int
    touched: int
    tick_us: float
    row_us: float
    nothing_us: float


def metric_cost(companies: int, repetitions: int = 200) -> MetricCost:
    """Measure; microseconds, medians of `repetitions`."""
    all_watched, none_watched = _table(companies, None), _table(companies, [])
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
        metrics=len(all_watched.catalogue),
        touched=len(of_btc),
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


def _table(companies: int, watched: list[str] | None) -> Table:
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
