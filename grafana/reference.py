"""The page docs/metrics.md from the same declarations as the boards, so that it cannot fall behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from monitor.compute.gauges import (
    BTC_PRICE,
    COMPANY_INFO,
    READING_QUALITY,
    READING_TIMESTAMP,
    SERIES,
    gauge_name,
)
from monitor.domain.events import Quality
from monitor.metrics.base import Metric, Scope
from monitor.telemetry.catalogue import CATALOGUE
from monitor.telemetry.declarations import Instrument

FILE = Path(__file__).parents[1] / "docs" / "metrics.md"

_HEAD = """\
# Metrics and instruments

<!-- Written by `make dashboards` from the declarations; edit those, not this page. -->

A *metric* is a number about the market or a company. A rule names it in `on`, `hashhedge calc`
computes it, `hashhedge explain` takes it apart. [formulas.md](formulas.md) defines them.
An *instrument* counts the service itself. Both are on `/metrics`.
"""
_READINGS = f"""\
A value is on the page only while a rule may fire on it. When it goes stale its series ends, a gap
on the board, and two others stay:

- `{READING_QUALITY}{{metric,company}}`: {", ".join(f"{it.value} {it.word}" for it in Quality)}.
  Rules fire up to {int(Quality.SINGLE)}; what does not apply is absent.
- `{READING_TIMESTAMP}{{metric,company}}`: the source's own time.

Besides them: `{BTC_PRICE}`, the reference price, `{COMPANY_INFO}{{company,name,type}}`, and
`{SERIES}{{group,subject,figure}}`, the [series](../monitor/domain/series.py) of the market around bitcoin
that a [feed](feeds.md) declares or a rule watches.
"""


_TITLES = {
    Scope.NETWORK: "One for all",
    Scope.SECTOR: "One over all companies",
    Scope.COMPANY: "One for each company",
}


def page(families: Mapping[str, Iterable[Metric]]) -> str:
    """Return the text of the page."""
    return "\n".join([_HEAD, *_metrics(families), _READINGS, *_instruments()]) + "\n"


def _metrics(families: Mapping[str, Iterable[Metric]]) -> Iterator[str]:
    for scope, title in _TITLES.items():
        declared = [it for family in families.values() for it in family if it.scope is scope]
        if not declared:
            continue
        yield f"## Metrics: {title.lower()}\n"
        yield "| metric, and its gauge | unit | what it is | formula |"
        yield "|---|---|---|---|"
        for metric in declared:
            gauge, _ = gauge_name(metric.name, metric.scope)
            yield (
                f"| `{metric.name}`<br>`{gauge}` | {metric.unit} | {metric.description} "
                f"| {metric.formula} |"
            )
        yield ""


def _instruments() -> Iterator[str]:
    yield "## Instruments\n"
    yield "| instrument | kind | what it says |"
    yield "|---|---|---|"
    for it in CATALOGUE:
        yield f"| `{it.name}{_labels(it)}` | {it.kind} | {it.help} |"
    yield "\nThe words that a label may hold, and no others:\n"
    labels = {(label.name, label.words) for it in CATALOGUE for label in it.labels if label.words}
    for name, words in sorted(labels):
        users = [
            it.name
            for it in CATALOGUE
            if any((label.name, label.words) == (name, words) for label in it.labels)
        ]
        yield f"- `{name}` of {', '.join(f'`{user}`' for user in users)}: {', '.join(words)}."


def _labels(instrument: Instrument) -> str:
    names = ",".join(label.name for label in instrument.labels)
    return f"{{{names}}}" if names else ""
