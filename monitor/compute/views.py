"""How a reading is shown to people: in the hashes for redis-cli, and in the retained MQTT states."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from monitor.compute.step import Step
from monitor.domain.events import BTC_USD, Reading


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
