"""Companies side by side: one metric's values with age, quality, basis, rank and distance. Pure.

Only values that a rule may fire on are ranked, as in the metrics that compare companies: a stale
margin among fresh ones would shift every rank. The others stand below, with the reason.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from monitor.compute.plan import MARKET_INPUTS, STOCK_INPUTS, TENANT_INPUTS
from monitor.compute.situation import UNPUBLISHED, Record, Situation
from monitor.domain.events import Quality
from monitor.domain.facts import FACTS
from monitor.domain.peers import middle, ranks, robust_spread
from monitor.metrics.base import Metric

HASHRATE = "hashrate_eh_s"
MARKET = MARKET_INPUTS.keys() | STOCK_INPUTS.keys() | TENANT_INPUTS.keys()


def compare(
    situation: Situation,
    metric: Metric,
    tickers: Collection[str] = (),
    worst: Quality = Quality.SINGLE,
    *,
    ascending: bool = False,
) -> list[Record]:
    """Return one row for each company that `metric` applies to, the highest value (or lowest) first.

    With `tickers` only those companies, also one that it does not apply to: somebody asked. Values
    up to the quality `worst` are ranked; equal ones share a rank and keep the order of their names.
    """
    rows = [
        _row(situation, metric, ticker, worst)
        for ticker, company in situation.companies.items()
        if (ticker in tickers if tickers else company.type in metric.applies_to)
    ]
    values = np.array([row["value"] if row["ranked"] else np.nan for row in rows], dtype=np.float64)
    spread = robust_spread(values)
    distances = (values - middle(values)) / (spread if spread > 0 else np.nan)
    places = ranks(-values if ascending else values)
    for row, rank, distance in zip(rows, places, distances, strict=True):
        row["rank"] = int(rank) if np.isfinite(rank) else None
        row["robust_z"] = float(distance) if np.isfinite(distance) else None
    sign = 1 if ascending else -1

    def order(row: Record) -> tuple[bool, bool, float, str]:
        value = row["value"]
        return not row["ranked"], value is None, sign * (value or 0.0), row["company"]

    return sorted(rows, key=order)


def refused(situation: Situation, metric: Metric, tickers: Collection[str] = ()) -> list[str]:
    """Return the companies whose type `metric` is refused to, of `tickers` or of all.

    Nobody misses a metric that merely says nothing of a type; only one with words why is refused.
    """
    return [
        ticker
        for ticker, company in situation.companies.items()
        if metric.refusal
        and company.type not in metric.applies_to
        and (ticker in tickers or not tickers)
    ]


def look_ahead(situation: Situation, metric: Metric, rows: Collection[Record]) -> list[str]:
    """Return a note on the values of an earlier day that may rest on what nobody knew then, or none.

    As in `explain`: a figure without a day of publication counts from the day that it describes.
    """
    leaves = situation.plan.leaves_of(metric.name)
    whose: dict[str, str] = {}
    for row in rows:
        names = [name for name in leaves if situation.is_unpublished(name, row["company"])]
        if names and row["value"] is not None:
            whose[row["company"]] = f"{row['company']} ({', '.join(names)})"
    if not whose:
        return []
    return [f"look-ahead: {', '.join(whose.values())}: {UNPUBLISHED}"]


def _row(situation: Situation, metric: Metric, ticker: str, worst: Quality) -> Record:
    reading = situation.reading(metric.name, ticker)
    leaves = set(situation.plan.leaves_of(metric.name))
    origins = _origins(situation, metric, ticker)
    usable = reading.value is not None and reading.quality <= worst
    dated = [item for item in origins.values() if item["operand"] and item["age_s"] is not None]
    oldest = max(dated, key=lambda item: item["age_s"], default=None)
    return {
        "metric": metric.name,
        "company": ticker,
        "value": reading.value,
        "unit": metric.unit,
        "quality": reading.quality.word,
        "reason": reading.reason or (None if usable else reading.quality.word),
        "ranked": usable,
        "rank": None,
        "robust_z": None,
        "as_of": None if oldest is None else oldest["as_of"] or oldest["observed_at"],
        "age_s": None if oldest is None else oldest["age_s"],
        "oldest_input": None if oldest is None else oldest["name"],
        "basis": _basis(situation, ticker) if HASHRATE in origins else None,
        "overrides": situation.overrides(origins, ticker),
        "market": situation.market.value if MARKET & leaves else None,
    }


def _origins(situation: Situation, metric: Metric, ticker: str) -> Mapping[str, Record]:
    """Return the known inputs that a metric rests on, each with whether it enters a formula."""
    road = situation.catalogue.road_to(metric.name)
    operands = {item.name for step in road for item in step.arguments if item.operand}
    found: dict[str, Record] = {}
    own = situation.shared_figures(metric, ticker)
    for name in situation.plan.leaves_of(metric.name):
        item = situation.origin(name, ticker, own.get(name))
        if item["value"] is not None:
            found[name] = item | {"operand": name in operands}
    return found


def _basis(situation: Situation, ticker: str) -> str:
    """Return which of a company's hashrates stands for it: they differ by up to 40 %."""
    figure = situation.figure(HASHRATE, ticker)
    return "as given" if figure is None else FACTS[figure.fact].basis or figure.basis
