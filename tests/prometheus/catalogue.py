"""Every metric name that a page of ours can carry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from monitor.compute.gauges import (
    BTC_PRICE,
    COMPANY_INFO,
    READING_QUALITY,
    READING_TIMESTAMP,
    SERIES,
    gauge_name,
)
from monitor.metrics.base import Metric, Scope
from monitor.telemetry.catalogue import CATALOGUE
from monitor.telemetry.declarations import Kind

_PROCESS = ("process_resident_memory_bytes", "process_cpu_seconds_total")


def page_names(families: Mapping[str, Iterable[Metric]]) -> set[str]:
    """Return the sample names of the instruments and of the gauges of the declared metrics."""
    names = {BTC_PRICE, COMPANY_INFO, READING_QUALITY, READING_TIMESTAMP, SERIES, *_PROCESS}
    for it in CATALOGUE:
        endings = ("_bucket", "_sum", "_count") if it.kind is Kind.HISTOGRAM else ("",)
        names |= {it.name + ending for ending in endings}
    for metrics in families.values():
        names |= {gauge_name(it.name, Scope(it.scope))[0] for it in metrics}
    return names
