"""Machines and sites on a card: which go dark first, and where the power is."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.compute.card_metrics import Card
from monitor.domain.companies import Company, fact_at, iso_day
from monitor.domain.fleet import Fleet, Shutdown, fleet_at, shutdown_order
from monitor.domain.sites import Site, sites_at
from monitor.metrics.catalogue import Catalogue

_HASHPRICE = "hashprice_usd_ph_day"
_POWER_PRICE = "power_price_usd_kwh"
# what is assumed where a term is unknown, in the words that the metrics use
_ASSUMED: Mapping[str, tuple[float, str]] = {
    "site_overhead_ratio": (1.0, "efficiency is metered at the wall"),
    "pool_fee_ratio": (0.0, "gross of the pool fee, which the company does not state"),
}
_TERMS = (_POWER_PRICE, *_ASSUMED)


def fleet_of(
    company: Company, now: int, catalogue: Catalogue, market: Mapping[str, float]
) -> Card | None:
    """Return the newest fleet, worst machine first; None where the book has none.

    `unprofitable` names the machines that lose money at the market's hashprice. Without a power
    price, or a hashprice, it is null: nothing is put for unknown.
    """
    fleet = fleet_at(company.fleets, now)
    if fleet is None:
        return None
    terms = {name: _value(company, name, now) for name in _TERMS}
    order = _order(fleet, terms)
    hashprice = market.get(_HASHPRICE)
    if hashprice is None and _HASHPRICE in catalogue:
        hashprice = catalogue.evaluate(_HASHPRICE, market).value
    dark = None
    if terms[_POWER_PRICE] is not None and hashprice is not None:
        dark = [item for item in order if item.unprofitable_at(hashprice)]
    return {
        "as_of": iso_day(fleet.as_of),
        "efficiency_j_th": fleet.efficiency_j_th,
        **terms,
        "assumed": [words for name, (_, words) in _ASSUMED.items() if terms[name] is None],
        _HASHPRICE: hashprice,
        "machines": [_machine(item, terms, dark) for item in order],
        "unprofitable": None if dark is None else [item.machine.name for item in dark],
        "unprofitable_share_ratio": (
            None if dark is None else sum(item.machine.share_ratio for item in dark)
        ),
        "missing": [
            name
            for name, value in ((_POWER_PRICE, terms[_POWER_PRICE]), (_HASHPRICE, hashprice))
            if value is None
        ],
    }


def _value(company: Company, fact: str, now: int) -> float | None:
    figure = fact_at(company, fact, now)
    return None if figure is None else figure.value


def _order(fleet: Fleet, terms: Mapping[str, float | None]) -> tuple[Shutdown, ...]:
    """Return the machines, worst first; without a power price that is the least efficient."""
    default = {_POWER_PRICE: 1.0} | {name: value for name, (value, _) in _ASSUMED.items()}
    known = default | {name: value for name, value in terms.items() if value is not None}
    return shutdown_order(
        fleet,
        power_price_usd_kwh=known[_POWER_PRICE],
        site_overhead_ratio=known["site_overhead_ratio"],
        pool_fee_ratio=known["pool_fee_ratio"],
    )


def _machine(
    item: Shutdown, terms: Mapping[str, float | None], dark: list[Shutdown] | None
) -> Card:
    machine = item.machine
    is_priced = terms[_POWER_PRICE] is not None
    return {
        "name": machine.name,
        "share_ratio": machine.share_ratio,
        "hashrate_eh_s": machine.hashrate_eh_s,
        "efficiency_j_th": machine.efficiency_j_th,
        "shutdown_hashprice_usd_ph_day": item.hashprice_usd_ph_day if is_priced else None,
        "profitable": None if dark is None else item not in dark,
        "confidence": machine.confidence.value,
        "source": machine.source,
        "title": machine.title,
        "note": machine.note,
    }


def sites_of(company: Company, now: int) -> list[Card]:
    """Return the sites as known at `now` (ms UTC), by name."""
    return [_site(site) for site in sites_at(company.sites, now)]


def _site(site: Site) -> Card:
    return {
        "name": site.name,
        "use": site.use.value,
        "mw": site.mw,
        "mw_basis": site.mw_basis,
        "power_contracted_mw": site.power_contracted_mw,
        "cooling": None if site.cooling is None else site.cooling.value,
        "pue": site.pue,
        "ramp": None if site.ramp is None else iso_day(site.ramp),
        "as_of": iso_day(site.as_of),
        "confidence": site.confidence.value,
        "source": site.source,
        "title": site.title,
        "note": site.note,
    }
