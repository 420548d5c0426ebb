"""Figures that somebody gives live, laid over those of the books, for whoever shows them. Pure.

A company's figure that comes by the ingest contract stands in for the book's while it is fresh; the
step computes with it (`Step._figure`). Here it becomes a figure of the company, so that a card, an
explanation or a history shows it with who gave it and until when, by the same road as any other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import chain, count

from monitor.domain.companies import Company, Confidence, Figure
from monitor.domain.events import Quote
from monitor.domain.facts import FACTS
from monitor.domain.figures import GIVEN_LIVE
from monitor.domain.freshness import is_fresh
from monitor.domain.symbols import Kind

BY_HAND = "manual-"
"""The source of a figure that a person set with `hashhedge fact set` is this and a name."""


BESIDE = "/"
"""Parts a person's name from the number of a figure that lies over another of theirs."""


def author_of(source: str) -> str:
    """Return who gave a live figure: the person's name, else the program's."""
    if not source.startswith(BY_HAND):
        return source
    return source.removeprefix(BY_HAND).partition(BESIDE)[0]


def source_beside(quote: Quote, standing: Iterable[Quote]) -> str:
    """Return the source under which a person's figure drops none of theirs that outlives it.

    Of one source only the last word is kept. So a figure for an hour that is laid over one for a
    week comes beside it: it is newer and counts, and when it has ended the older one counts again.
    """
    kept = {
        other.source
        for other in standing
        if other.instrument == quote.instrument and expires_at(other) > expires_at(quote)
    }
    names = (f"{quote.source}{BESIDE}{number}" for number in count(2))
    return next(name for name in chain((quote.source,), names) if name not in kept)


def is_override(figure: Figure) -> bool:
    """Tell whether a figure was given live, in place of the book's."""
    return figure.basis == GIVEN_LIVE and figure.expires is not None


def expires_at(quote: Quote) -> int:
    """Return the moment (ms UTC) from which a live figure does not count any more."""
    fresh_ms = Kind.FIGURE.fresh_ms if quote.fresh_ms is None else quote.fresh_ms
    return quote.observed_at + fresh_ms + 1


def live_figures(quotes: Iterable[Quote], now: int) -> list[Quote]:
    """Return the quotes of company figures that are fresh at `now` (ms UTC), newest first."""
    found = [
        quote
        for quote in quotes
        if quote.instrument.partition(".")[2] in FACTS
        and is_fresh(quote, now, Kind.FIGURE.fresh_ms)
    ]
    return sorted(found, key=lambda quote: -quote.observed_at)


def overridden(company: Company, quotes: Iterable[Quote], now: int) -> Company:
    """Return `company` with the live figures among `quotes` that count at `now` (ms UTC)."""
    figures = dict(company.figures)
    newest: dict[str, Quote] = {}
    for quote in live_figures(quotes, now):
        ticker, _, fact = quote.instrument.partition(".")
        if ticker == company.ticker:
            newest.setdefault(fact, quote)
    for fact, quote in newest.items():
        # A fact that several measurements stand for takes the place of the best of them.
        home = FACTS[fact].best_of[0] if FACTS[fact].best_of else fact
        figures[home] = (*figures.get(home, ()), _figure(fact, quote, now))
    return replace(company, figures=figures) if newest else company


def _figure(fact: str, quote: Quote, now: int) -> Figure:
    return Figure(
        fact=fact,
        value=float(quote.value),
        as_of=min(quote.observed_at, now),  # the sender's clock may be a little ahead of ours
        source=quote.source,
        title=f"given live by {author_of(quote.source)}",
        confidence=Confidence.UNCONFIRMED,
        basis=GIVEN_LIVE,
        note=quote.note,
        expires=expires_at(quote),
    )
