"""One company file to one frozen company: every figure dated, sourced, in its unit and range."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from monitor.books.entries import CompanyEntry
from monitor.books.figure_section import read_figures
from monitor.books.profile_sections import (
    read_aliases,
    read_fleets,
    read_listings,
    read_risks,
    read_sites,
)
from monitor.books.reading import Reading
from monitor.books.story_sections import (
    read_claims,
    read_contracts,
    read_corporate_actions,
    read_events,
    read_flags,
    read_statuses,
)
from monitor.core.clock import Millis
from monitor.core.errors import ConfigError, ConfigErrors
from monitor.core.yamltext import Document
from monitor.domain.companies import Company, Figure
from monitor.domain.contracts import Contract
from monitor.domain.derived import with_derived
from monitor.domain.guards import implied_prices
from monitor.domain.jumps import jumps
from monitor.domain.parts import parts_above_wholes


def read_company(document: Document, now: Millis) -> Company:
    """Return the company that a file describes; `now` (ms UTC) is where the future begins.

    Raises:
        ConfigError: the file's frame is wrong, or `ConfigErrors` for what stands in it.

    """
    entry = document.convert(CompanyEntry)
    reading = Reading(document, now, entry.sources)
    reading.check_sources()
    figures, statuses = read_figures(reading, entry.figures), read_statuses(reading)
    contracts, fleets, sites = read_contracts(reading), read_fleets(reading), read_sites(reading)
    derived = with_derived(figures, contracts, fleets, sites, statuses)
    reading.problems += _contradictions(derived)
    company = Company(
        ticker=entry.ticker,
        name=entry.name,
        type=entry.type,
        fiscal_year_end=entry.fiscal_year_end,
        aliases=read_aliases(reading),
        cik=entry.cik or "",
        listings=read_listings(reading),
        # a file without `listings` says nothing of them; an empty list says that there are none
        listed=entry.listings is None or bool(entry.listings),
        note=entry.note,
        ai_status=statuses,
        figures=derived,
        contracts=contracts,
        events=read_events(reading),
        corporate_actions=read_corporate_actions(reading),
        flags=read_flags(reading),
        claims=read_claims(reading),
        fleets=fleets,
        sites=sites,
        risks=read_risks(reading),
        complete_at=_complete_at(derived, contracts),
    )
    if reading.problems:
        raise ConfigErrors(reading.problems)
    return company


def _contradictions(figures: Mapping[str, Sequence[Figure]]) -> Iterator[ConfigError]:
    """Yield what cannot be true beside another figure for certain, each at its place."""
    leaps = [slip for slip in jumps(figures) if slip.certain]
    # what a figure that is refused would imply says more of the slip than its own history
    places = {slip.figure.where for slip in leaps}
    implied = [slip for slip in implied_prices(figures) if slip.figure.where in places]
    parts = [slip for slip in parts_above_wholes(figures) if slip.certain]
    for slip in (*parts, *leaps, *implied):
        yield ConfigError(slip.problem, where=slip.figure.where, hint=slip.hint)


def _complete_at(figures: Mapping[str, Sequence[Figure]], contracts: Sequence[Contract]) -> Millis:
    known = [figure.known_at for history in figures.values() for figure in history]
    signed = [step.since for contract in contracts for step in contract.stages]
    return max((*known, *signed), default=0)
