"""Render a registry as text: what a scrape of `/metrics` reads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from prometheus_client import Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector


@dataclass(frozen=True, slots=True)
class _WithoutCreated(Collector):
    """Hides the `_created` twin of each counter: twice the series, and no board reads them.

    The library's own switch for this is a process-wide global.
    """

    inner: Collector

    def collect(self) -> Iterable[Metric]:
        for family in self.inner.collect():
            kept = Metric(family.name, family.documentation, family.type, family.unit)
            kept.samples = [it for it in family.samples if not it.name.endswith("_created")]
            yield kept


def render(collector: Collector, accept: str = "") -> tuple[bytes, str]:
    """Return the page and its content type: OpenMetrics where `accept` asks for it, else text."""
    encode, content_type = choose_encoder(accept)
    return encode(_WithoutCreated(collector)), content_type
