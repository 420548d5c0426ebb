"""The whole page, instruments and gauges, as Prometheus' own linter sees it."""

from __future__ import annotations

import pytest

from grafana.build import families
from monitor.compute.gauges import ReadingGauges, Row
from monitor.metrics.base import Scope
from monitor.telemetry.exposition import render
from monitor.telemetry.instruments import Instruments
from monitor.telemetry.series import Known
from tests.prometheus.binaries import promtool
from tests.prometheus.examples import COMPANIES, FAMILIES, rows

AT = 1_768_229_760_000
EVERY = FAMILIES | families()
KNOWN = Known(feeds=("coinbase", "kraken"), companies=("RIOT",), metrics=("x",), sinks=("mqtt",))


def declared_rows() -> list[Row]:
    """Return a reading of every metric that is declared anywhere."""
    made = list(rows(AT))
    for metrics in families().values():
        for it in metrics:
            company = None if it.scope is Scope.NETWORK else "RIOT"
            made.append(Row(it.name, it.unit, it.scope, company, 1.0, "ok", AT))
    return made


@pytest.mark.parametrize("readings", [(), tuple(declared_rows())], ids=["first scrape", "running"])
def test_promtool_has_nothing_to_say(readings: tuple[Row, ...]) -> None:
    """`promtool check metrics` prints nothing over the full page, empty or full."""
    instruments = Instruments(KNOWN, version="1.0.0")
    instruments.step_took(0.001)
    instruments.registry.register(
        ReadingGauges(
            lambda: readings,
            companies=lambda: COMPANIES,
            declarations=[it for metrics in EVERY.values() for it in metrics],
        )
    )
    page, _ = render(instruments.registry)
    done = promtool("check", "metrics", given=page)

    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_series_stay_within_a_formula() -> None:
    """200 companies and 25 metrics stay below 80 series a company plus a constant."""
    companies = tuple(f"C{number:03}" for number in range(200))
    readings = [
        Row(f"m{number}_ratio", "ratio", Scope.COMPANY, company, 0.5, "ok", AT)
        for number in range(25)
        for company in companies
    ]
    instruments = Instruments(Known(companies=companies, feeds=("kraken",)), version="1")
    instruments.registry.register(ReadingGauges(lambda: readings))
    page, _ = render(instruments.registry)
    series = sum(1 for line in page.splitlines() if line and not line.startswith(b"#"))

    assert series <= 80 * len(companies) + 300
