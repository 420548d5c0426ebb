"""The history of one fact: its figures by date, and how far each lies from those before. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.compute.overrides import author_of, is_override
from monitor.compute.situation import Record
from monitor.domain.companies import Company, Figure, iso_day
from monitor.domain.facts import FACTS
from monitor.domain.figures import standing

SLACK_DAYS = 4
"""Quarters and months differ by so many days and are still periods of one length."""


def history(company: Company, fact: str, now: int) -> list[Record]:
    """Return the figures of `fact` known at `now` (ms UTC), oldest first.

    Each is compared with the one before it and with the first of its kind: the same measurement
    over a period of the same length. Where several facts stand for `fact`, each is one kind.
    """
    names = FACTS[fact].best_of or (fact,)
    known = [
        figure
        for name in names
        for figure in company.figures.get(name, ())
        if figure.known_at <= now
    ]
    known.sort(key=standing)
    rows: list[Record] = []
    for place, figure in enumerate(known):
        same = [earlier for earlier in known[:place] if earlier.fact == figure.fact]
        kind = [earlier for earlier in same if _comparable(earlier, figure)]
        restates = any(figure.restates(earlier) for earlier in same)
        rows.append(_row(figure, kind, now) | {"restates": restates})
    return rows


def _comparable(earlier: Figure, figure: Figure) -> bool:
    """Tell whether two figures measure the same thing at different times."""
    if earlier.as_of == figure.as_of:
        return False
    if earlier.period_days is None or figure.period_days is None:
        return earlier.period_days is figure.period_days
    return abs(earlier.period_days - figure.period_days) <= SLACK_DAYS


def _row(figure: Figure, kind: Sequence[Figure], now: int) -> Record:
    before = kind[-1] if kind else None
    first = kind[0] if kind else None
    return {
        "fact": figure.fact,
        "value": figure.value,
        "unit": figure.unit,
        "as_of": iso_day(figure.as_of),
        "period_from": None if figure.period_start is None else iso_day(figure.period_start),
        "known_at": iso_day(figure.known_at),
        "quality": figure.quality_at(now).word,
        "change": None if before is None else figure.value - before.value,
        "change_ratio": None if before is None else _times(before, figure, less=1),
        "times_first": None if first is None else _times(first, figure),
        "basis": figure.basis,
        "basis_before": None if before is None or before.basis == figure.basis else before.basis,
        "confidence": figure.confidence.value,
        "override": author_of(figure.source) if is_override(figure) else None,
        "expires": None if figure.expires is None else iso_day(figure.expires),
        "source": figure.source,
        "title": figure.title,
        "note": figure.note,
    }


def _times(earlier: Figure, figure: Figure, less: int = 0) -> float | None:
    """Return how many times the earlier value a figure is; None from nothing or from below."""
    return figure.value / earlier.value - less if earlier.value > 0 else None
