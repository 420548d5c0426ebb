"""Small books and the situation they stand in, for tests of what explains and compares numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from alerts.rulebook import Rulebook
from monitor.app.world import World, build_step
from monitor.compute.overrides import overridden
from monitor.compute.plan import Plan
from monitor.compute.situation import MarketOrigin, Situation
from monitor.compute.step import DAY
from monitor.domain.companies import Companies, Company, CompanyType, Confidence, Figure
from monitor.domain.events import Quality, Quote, Reading
from monitor.metrics.catalogue import Catalogue
from monitor.nyse import nyse_calendar
from tests.worlds import CATALOGUE, NOON, tick

MONTH_AGO = NOON - 30 * DAY

# Hashprice 52.50 USD/PH/day, the reference of the feature list.
MARKET: dict[str, float] = {
    "btc_usd": 105_000,
    "difficulty": 126.98e12,
    "height": 906_000,
    "fees_btc_per_block": 0.03125,
}
FLEET: dict[str, float] = {
    "efficiency_j_th": 20,
    "power_price_usd_kwh": 0.06,
    "hashrate_average_operating_eh_s": 10,
}


def figure(fact: str, value: float, as_of: int = MONTH_AGO, **fields: Any) -> Figure:
    """Return a figure of a book."""
    base = {
        "source": "https://example.com/report",
        "title": "Invented report",
        "confidence": Confidence.CONFIRMED,
    }
    return Figure(fact=fact, value=value, as_of=as_of, **(base | fields))


def company(
    ticker: str,
    facts: Mapping[str, float] | Sequence[Figure] = (),
    kind: CompanyType = CompanyType.MINER,
    **fields: Any,
) -> Company:
    """Return a company with these figures, or with these facts a month old."""
    figures = (
        [figure(name, value) for name, value in facts.items()]
        if isinstance(facts, Mapping)
        else facts
    )
    histories: dict[str, tuple[Figure, ...]] = {}
    for item in figures:
        histories[item.fact] = (*histories.get(item.fact, ()), item)
    return Company(
        ticker=ticker,
        name=ticker.title(),
        type=kind,
        fiscal_year_end="12-31",
        figures=histories,
        **fields,
    )


def situation(
    *companies: Company,
    catalogue: Catalogue = CATALOGUE,
    market: Mapping[str, float] = MARKET,
    quotes: Sequence[Quote] = (),
    now: int = NOON,
) -> Situation:
    """Return what follows from these books, these numbers of the market and these quotes."""
    book = Companies({item.ticker: item for item in companies})
    step = build_step(World(book, Rulebook(()), (), catalogue, nyse_calendar()))
    if quotes:
        step.process(tick(now, *quotes))
    step.advance(now)
    laid = Companies({name: overridden(item, quotes, now) for name, item in book.items()})
    origin = MarketOrigin.GIVEN if market else MarketOrigin.NONE
    found = Situation(step, laid, Plan(catalogue), now, origin)
    readings = {name: Reading(value, Quality.OK) for name, value in market.items()}
    found.change(readings, None, origin.value)
    return found
