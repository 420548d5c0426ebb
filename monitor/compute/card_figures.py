"""The figures on a card: every one with its day and source, and what their history tells."""

from __future__ import annotations

from monitor.compute.card_metrics import Card
from monitor.domain.companies import Company, Figure, fact_at, iso_day
from monitor.domain.derived import year_ago
from monitor.domain.facts import FACTS
from monitor.domain.figures import current, known_of

# Facts whose change over a year tells the story of a pivot.
_CHANGES = ("total_revenue_usd", "mining_revenue_usd", "ai_revenue_usd", "btc_produced")


def figures_of(company: Company, now: int) -> dict[str, list[Card]]:
    """Return every figure known at `now` (ms UTC), by fact in the catalogue's order, newest first."""
    shown: dict[str, list[Card]] = {}
    for fact in FACTS:
        known = known_of(company.figures.get(fact, ()), now)
        if known:
            shown[fact] = [_figure(item, known, now) for item in reversed(known)]
    return shown


def _figure(figure: Figure, known: list[Figure], now: int) -> Card:
    stated = figure.stated
    replacing = next((item for item in reversed(known) if item.restates(figure)), None)
    return {
        "value": figure.value,
        "unit": figure.unit,
        "as_of": iso_day(figure.as_of),
        "age_days": figure.age_days(now),
        "quality": figure.quality_at(now).word,
        "period_from": None if figure.period_start is None else iso_day(figure.period_start),
        "published": None if figure.published is None else iso_day(figure.published),
        "known_from": iso_day(figure.known_at),
        "replaced_on": None if replacing is None else iso_day(replacing.known_at),
        "stated": stated
        and {
            "value": stated.value,
            "unit": stated.unit,
            "currency": stated.currency,
            "fx_usd": stated.fx_usd,
        },
        "expires": None if figure.expires is None else iso_day(figure.expires),
        "is_derived": figure.is_derived,
        "basis": figure.basis,
        "confidence": figure.confidence.value,
        "source": figure.source,
        "title": figure.title,
        "note": figure.note,
    }


def hashrates(company: Company, now: int) -> list[Card]:
    """Return the hashrate on each basis that is known, the best first; `used` is the metrics' one."""
    used = fact_at(company, "hashrate_eh_s", now)
    found = []
    for fact in FACTS["hashrate_eh_s"].best_of:
        figure = fact_at(company, fact, now)
        if figure is not None:
            found.append(
                {
                    "fact": fact,
                    "basis": FACTS[fact].basis,
                    "value": figure.value,
                    "unit": figure.unit,
                    "as_of": iso_day(figure.as_of),
                    "quality": figure.quality_at(now).word,
                    "used": figure == used,
                    "source": figure.source,
                    "title": figure.title,
                }
            )
    return found


def gpu_history(company: Company, now: int) -> Card:
    """Return how many graphics processors there were, oldest first, and how many times the first."""
    known = known_of(company.figures.get("gpu_count", ()), now)
    counted = [item for item in known if not any(other.restates(item) for other in known)]
    first, last = (counted[0], counted[-1]) if counted else (None, None)
    return {
        "points": [
            {
                "as_of": iso_day(item.as_of),
                "value": item.value,
                "basis": item.basis,
                "confidence": item.confidence.value,
                "source": item.source,
                "title": item.title,
            }
            for item in counted
        ],
        "growth_ratio": last.value / first.value if first and last and first.value else None,
    }


def changes(company: Company, now: int) -> list[Card]:
    """Return the newest period of each telling fact against the same period a year before."""
    found: list[Card] = []
    for fact in _CHANGES:
        history = known_of(company.figures.get(fact, ()), now)
        new = current(history)
        old = year_ago(history, new) if new else None
        if new is None or old is None or old.value <= 0:
            continue
        found.append(
            {
                "fact": fact,
                "value": new.value,
                "year_ago": old.value,
                "unit": new.unit,
                "change_ratio": new.value / old.value - 1,
                "as_of": iso_day(new.as_of),
                "year_ago_as_of": iso_day(old.as_of),
                "period_days": new.period_days,
                "basis": new.basis,
            }
        )
    return found


def reading_notes(company: Company, now: int) -> list[str]:
    """Return what is to be known of the figures as a whole: currency, and days of publication."""
    known = [item for history in company.figures.values() for item in known_of(history, now)]
    codes = sorted({item.stated.currency for item in known if item.stated})
    silent = sum(item.published is None for item in known)
    notes = ["All money is in USD."]
    if codes:
        printed = [item for item in known if not item.is_derived]  # a yearly rate is no paper's
        converted = sum(item.stated is not None for item in printed)
        notes.append(
            f"{converted} figures are stated in {' and '.join(codes)} and converted at the mean"
            " rate of their period, which stands beside them."
        )
    if silent:
        notes.append(
            f"{silent} of {len(known)} figures have no day of publication: as-of reads count them"
            " from the day they describe, which is earlier than anybody knew them."
        )
    return notes
