"""What people see of the table: one plain record per company and one for the market.

Written once a second, beside the road of the ticks: to the company hashes for redis-cli, and from
there to the retained MQTT states.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from monitor.compute.plan import MARKET_INPUTS, MARKET_UNITS
from monitor.compute.step import Step
from monitor.domain.events import BTC_USD, Quality, Reading
from monitor.metrics.base import Metric, Scope

MAX_WATCHED = 100

View = dict[str, Mapping[str, Any]]


def shown(reading: Reading, unit: str, sources: Sequence[str] = ()) -> dict[str, Any]:
    """Return a reading as JSON shows it: value or reason, never a zero for unknown."""
    view: dict[str, Any] = {
        "value": reading.value,
        "unit": unit,
        "quality": reading.quality.word,
    }
    if reading.reason:
        view["reason"] = reading.reason
    if reading.observed_at is not None:
        view["observed_at"] = reading.observed_at
    if reading.delay_ms:
        view["delay_s"] = reading.delay_ms / 1_000
    if reading.session is not None:
        view["session"] = reading.session.value
    if sources:
        view["sources"] = list(sources)
    return view


def market_view(step: Step, metrics: list[Metric]) -> View:
    """Return the market inputs, the network metrics and every other quoted instrument."""
    view: View = {}
    for name, instrument in MARKET_INPUTS.items():
        view[instrument] = _quoted(step, instrument, MARKET_UNITS[name])
    for metric in metrics:
        if metric.scope is not Scope.COMPANY:
            view[metric.name] = shown(step.table.reading(metric.name, 0), metric.unit)
    for firm in step.firms:
        if step.instruments.reading(firm.ticker).value is not None:
            view[firm.ticker] = _quoted(step, firm.ticker, "USD")
    # what comes by ingest only, as far as rules watch it; a stranger may send any number of names
    for name in sorted(step.watch.scalars.keys() - view.keys())[:MAX_WATCHED]:
        view[name] = _quoted(step, name, "")
    return view


def _quoted(step: Step, instrument: str, unit: str) -> dict[str, Any]:
    """Return an instrument's reading with the sources that speak of it."""
    sources: Sequence[str] = [quote.source for quote in step.instruments.quotes(instrument)]
    agreed = step.instruments.reference
    if instrument == BTC_USD and agreed is not None:
        sources = sorted(agreed.used)  # an outlier has no part in the price
    return shown(step.instruments.reading(instrument), unit, sources)


def company_view(step: Step, row: int, metrics: list[Metric]) -> View:
    """Return a company's metrics; one that does not apply to it is absent."""
    view: View = {}
    for metric in metrics:
        if metric.scope is Scope.COMPANY:
            reading = step.table.reading(metric.name, row)
            if reading.quality is not Quality.NOT_APPLICABLE or reading.reason != "not_applicable":
                view[metric.name] = shown(reading, metric.unit)
    return view
