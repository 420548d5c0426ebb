"""What there is for a rule to watch, and how a message shows a quote. Hop 5, pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from alerts.rules.base import Rule
from alerts.series import Target
from monitor.compute.plan import MARKET_INPUTS, MARKET_UNITS
from monitor.domain.events import Quote
from monitor.domain.facts import FACTS
from monitor.domain.series import series_of
from monitor.domain.symbols import NAME_RULE, is_name, symbol_of
from monitor.metrics.base import Metric, Scope
from monitor.metrics.catalogue import Catalogue

_SHARE_PRICES = frozenset({"stock_usd", "tenant_stock_usd"})
_SCOPE_LABELS: Mapping[Scope, Mapping[str, str]] = {
    Scope.NETWORK: {"network": "bitcoin"},
    Scope.SECTOR: {"sector": "companies"},
    Scope.COMPANY: {},
}


def targets(
    catalogue: Catalogue,
    tickers: Sequence[str],
    rules: Collection[Rule] = (),
    quoted: Iterable[str] = (),
) -> dict[str, Target]:
    """Return all that a rule may watch: metrics, figures, instruments, and what `rules` name besides.

    A name in capitals that no feed of ours quotes is taken for an instrument of the ingest
    contract; a series needs no feed either. The series among the instruments that feeds have
    `quoted` are there without a rule, too.
    """
    asked = [rule for rule in rules if rule.sessions is not None]
    of_shares = {it.on for it in asked if it.on in catalogue and _moves(catalogue, it.on)}
    found = {it.name: _of_metric(it, tickers, shares=it.name in of_shares) for it in catalogue}
    found |= {
        it.name: Target(it.name, it.unit, tuple(tickers), stands=True) for it in FACTS.values()
    }
    for name, instrument in MARKET_INPUTS.items():
        unit = MARKET_UNITS[name]
        found[instrument] = Target(instrument, unit, None, {"instrument": instrument})
    for name in tickers:
        found[name] = Target(name, "USD", None, {"instrument": name}, shares=True)
    # a million rules name a thousand instruments
    names = dict.fromkeys(name for rule in rules for name in rule.reads())
    for name in (*names, *quoted):
        if name not in found and (series := series_of(name)) is not None:
            labels = {"instrument": name}
            found[name] = Target(name, series.unit, None, labels, series.unwatched)
    others = (_other(name, tickers) for name in names if name not in found)
    return found | {target.name: target for target in others if target is not None}


def _of_metric(metric: Metric, tickers: Sequence[str], *, shares: bool) -> Target:
    companies = tuple(tickers) if metric.scope is Scope.COMPANY else None
    labels = _SCOPE_LABELS[metric.scope]
    return Target(metric.name, metric.unit, companies, labels, shares=shares, stands=True)


def _other(name: str, tickers: Collection[str]) -> Target | None:
    """Return an instrument that no feed of ours need quote; None: the name is none of one."""
    labels = {"instrument": name}
    if not is_name(name):
        return Target(name, "", None, labels, f"name an instrument by {NAME_RULE}")
    if not name[:1].isupper():
        return None
    return Target(name, "", None, labels, shares=symbol_of(name, tickers).kind.in_sessions)


def _moves(catalogue: Catalogue, name: str) -> bool:
    """Tell whether a metric moves with the price of a share."""
    return not _SHARE_PRICES.isdisjoint(catalogue.leaves_of(name))


def quoted(quote: Quote) -> Mapping[str, object]:
    """Return a source's quote as a message shows it."""
    shown: dict[str, object] = {
        "name": quote.instrument,
        "value": float(quote.value),
        "source": quote.source,
        "observed_at": quote.observed_at,
    }
    if quote.delay_ms:
        shown["delay_ms"] = quote.delay_ms
    if quote.session is not None:
        shown["session"] = quote.session.value
    return shown
