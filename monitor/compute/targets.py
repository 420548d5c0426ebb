"""What there is for a rule to watch, and how a message shows a quote. Hop 5, pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from alerts.rules.base import Rule
from alerts.watch import Target
from monitor.compute.plan import MARKET_INPUTS, MARKET_UNITS
from monitor.domain.events import Quote
from monitor.domain.series import series_of
from monitor.metrics.base import Scope
from monitor.metrics.catalogue import Catalogue

_SCOPE_LABELS: Mapping[Scope, Mapping[str, str]] = {
    Scope.NETWORK: {"network": "bitcoin"},
    Scope.SECTOR: {"sector": "companies"},
    Scope.COMPANY: {},
}


def targets(
    catalogue: Catalogue, tickers: Sequence[str], rules: Iterable[Rule] = ()
) -> dict[str, Target]:
    """Return all that a rule may watch: metrics, instruments, and what `rules` name besides.

    A name in capitals that no feed of ours quotes is taken for an instrument of the ingest
    contract; a series needs no feed either.
    """
    found = {
        metric.name: Target(
            metric.name,
            metric.unit,
            tuple(tickers) if metric.scope is Scope.COMPANY else None,
            _SCOPE_LABELS[metric.scope],
        )
        for metric in catalogue
    }
    for name, instrument in MARKET_INPUTS.items():
        unit = MARKET_UNITS[name]
        found[instrument] = Target(instrument, unit, None, {"instrument": instrument})
    for name in tickers:
        found[name] = Target(name, "USD", None, {"instrument": name})
    for rule in rules:
        if rule.on in found:
            continue
        series = series_of(rule.on)
        if series is not None and not series.unwatched:
            found[rule.on] = Target(rule.on, series.unit, None, {"instrument": rule.on})
        elif rule.on[:1].isupper():
            found[rule.on] = Target(rule.on, "", None, {"instrument": rule.on})
    return found


def quoted(quote: Quote) -> Mapping[str, object]:
    """Return a source's quote as a message shows it."""
    return {
        "name": quote.instrument,
        "value": float(quote.value),
        "source": quote.source,
        "observed_at": quote.observed_at,
    }
