"""The rendered page: text by default, OpenMetrics on request, no twins."""

from __future__ import annotations

from monitor.telemetry.exposition import render
from monitor.telemetry.instruments import Instruments
from monitor.telemetry.series import Known


def test_text_without_created_twins() -> None:
    """The text page has the counters and not the library's `_created` gauges."""
    page, content_type = render(Instruments(Known(), version="1").registry)

    assert content_type.startswith("text/plain")
    assert b"\nhashhedge_ticks_total 0.0\n" in page
    assert b"_created" not in page


def test_openmetrics_when_asked() -> None:
    """An OpenMetrics reader gets that format, ended by its EOF mark."""
    accept = "application/openmetrics-text; version=1.0.0"
    page, content_type = render(Instruments(Known(), version="1").registry, accept)

    assert content_type.startswith("application/openmetrics-text")
    assert page.endswith(b"# EOF\n")
    assert b"_created" not in page
