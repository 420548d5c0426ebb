"""What the figures are held against: the bare chain F and Node-RED, measured in the same run.

Latency of the middle and ticks per second are compared repetition by repetition, and the median
of the ratios counts; p99 needs the latencies of all repetitions together. What was not measured
keeps no bar and breaks none.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.bench.chain import Measured
from tests.bench.job import percentile_ms

FLOOR = "bare chain, raw"
NODE_RED = "Node-RED"
RATES = (200, 1_000)
P50_TO_FLOOR, P50_TO_NODE_RED = 3.0, 1.6
NOT_MEASURED = "not measured"
GLOBAL_COMPANIES, GLOBAL_P99_MS = 1_000, 6.0
"""The global tick, 10 rules a company, 100 ticks a second: until the last of its alerts is there."""

Runs = Sequence[Measured]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure and its bars.

    Attributes:
        name: with its unit.
        each: of one repetition, NaN if it was not measured.
        pooled: of all repetitions, where a median of `each` says less.
        digits: after the point.
        most: the greatest allowed ratio to F and to Node-RED; None without a bar.
        least: the least allowed ratio to Node-RED; None without a bar.

    """

    name: str
    each: Callable[[Measured], float]
    pooled: Callable[[Runs], float] | None = None
    digits: int = 2
    most: tuple[float | None, float | None] = (None, None)
    least: float | None = None

    def of(self, runs: Runs) -> float:
        """Return the figure of all repetitions, NaN of none."""
        if self.pooled is not None:
            return self.pooled(runs)
        return statistics.median(map(self.each, runs)) if runs else math.nan

    def ratio(self, ours: Runs, theirs: Runs) -> float:
        """Return our figure by theirs, NaN if either was not measured."""
        if not ours or not theirs:
            return math.nan
        if self.pooled is not None:
            return _by(self.pooled(ours), self.pooled(theirs))
        pairs = zip(ours, theirs, strict=True)
        return statistics.median(_by(self.each(mine), self.each(other)) for mine, other in pairs)

    def bar(self) -> str:
        """Return the bar in words."""
        words = [
            f"<= {_times(limit)}{name}"
            for limit, name in zip(self.most, ("F", NODE_RED), strict=True)
            if limit is not None
        ]
        if self.least is not None:
            words.append(f">= {_times(self.least)}{NODE_RED}")
        return " and ".join(words)

    def kept(self, to_floor: float, to_node_red: float) -> str:
        """Return whether the bars are kept; one that is missed decides, whatever else is known."""
        found = [
            (ratio, ratio <= limit)
            for ratio, limit in zip((to_floor, to_node_red), self.most, strict=True)
            if limit is not None
        ]
        if self.least is not None:
            found.append((to_node_red, to_node_red >= self.least))
        known = [kept for ratio, kept in found if not math.isnan(ratio)]
        if not all(known):
            return "no"
        return "yes" if len(known) == len(found) else NOT_MEASURED


def global_bar(companies: int, p99_ms: float) -> str:
    """Return the bar of the global tick end to end and whether it is kept; empty: there is none."""
    if companies != GLOBAL_COMPANIES:
        return ""
    kept = NOT_MEASURED if math.isnan(p99_ms) else "yes" if p99_ms <= GLOBAL_P99_MS else "no"
    return f"; bar: p99 <= {GLOBAL_P99_MS:g} ms, kept: {kept}"


def bar_rows(ours: Runs, floor: Runs, node_red: Runs) -> list[list[str]]:
    """Return one row per figure: all three, both ratios, the bar and whether it is kept."""
    rows = []
    for figure in _figures():
        to_floor, to_node_red = figure.ratio(ours, floor), figure.ratio(ours, node_red)
        rows.append(
            [
                figure.name,
                *(_number(figure.of(runs), figure.digits) for runs in (ours, floor, node_red)),
                *(_number(ratio, 2) for ratio in (to_floor, to_node_red)),
                figure.bar(),
                figure.kept(to_floor, to_node_red),
            ]
        )
    return rows


def _figures() -> list[Figure]:
    most = P50_TO_FLOOR, P50_TO_NODE_RED
    return [
        *(Figure(f"p50 ms at {rate:,}/s", _p50(rate), most=most) for rate in RATES),
        *(
            Figure(f"p99 ms at {rate:,}/s", _p99(rate), _pooled_p99(rate), 1, (None, 1.0))
            for rate in RATES
        ),
        Figure("sustained ticks/s", _sustained, digits=0, least=1.0),
    ]


def _p50(rate: int) -> Callable[[Measured], float]:
    return lambda item: item.paced[rate].p50_ms


def _p99(rate: int) -> Callable[[Measured], float]:
    return lambda item: percentile_ms(item.paced[rate].latencies_s, 99)


def _pooled_p99(rate: int) -> Callable[[Runs], float]:
    return lambda runs: percentile_ms([s for run in runs for s in run.paced[rate].latencies_s], 99)


def _sustained(item: Measured) -> float:
    return item.drain.ticks_s if item.drain else math.nan


def _by(mine: float, other: float) -> float:
    return mine / other if other else math.nan


def _times(limit: float) -> str:
    return "" if limit == 1.0 else f"{limit:g} x "


def _number(value: float, digits: int) -> str:
    return NOT_MEASURED if math.isnan(value) else f"{value:,.{digits}f}"
