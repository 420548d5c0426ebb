"""How a reading is shown to people: in the hashes for redis-cli, and in the retained MQTT states."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from monitor.compute.recompute import Table
from monitor.compute.step import Step
from monitor.domain.events import BTC_USD, Quality, Reading
from monitor.metrics.base import Metric


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


def quoted(step: Step, instrument: str, unit: str) -> dict[str, Any]:
    """Return an instrument's reading with the sources that speak of it."""
    sources: Sequence[str] = [quote.source for quote in step.instruments.quotes(instrument)]
    agreed = step.instruments.reference
    if instrument == BTC_USD and agreed is not None:
        sources = sorted(agreed.used)  # an outlier has no part in the price
    return shown(step.instruments.reading(instrument), unit, sources)


def encoded(table: Table, metric: Metric, rows: Sequence[int]) -> Iterator[bytes | None]:
    """Yield a company metric's readings as `shown` has them, in JSON; None where it does not apply.

    A price moves most of the metrics of all companies: what they have in common is made once.
    """
    column = table.column(metric.name)
    numbers = msgspec.json.encode(column.values[rows].tolist())[1:-1].split(b",")
    kinds = zip(column.quality[rows].tolist(), column.reason[rows].tolist(), strict=True)
    endings: dict[tuple[int, int], bytes | None] = {}
    for row, number, kind in zip(rows, numbers, kinds, strict=True):
        if kind not in endings:
            endings[kind] = _ending(table.reading(metric.name, row), metric.unit)
        ending = endings[kind]
        yield None if ending is None else b'{"value":' + number + ending


def _ending(reading: Reading, unit: str) -> bytes | None:
    """Return what follows the value in the JSON of a reading."""
    if reading.quality is Quality.NOT_APPLICABLE and reading.reason == "not_applicable":
        return None
    return b"," + msgspec.json.encode({**shown(reading, unit), "value": 0})[len('{"value":0,') :]
