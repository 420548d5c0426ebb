"""The YAML books: companies with dated, sourced figures; overrides of the feeds; dated events.

The default books lie beside this file. A directory of one's own adds companies and replaces those
of the same ticker, by file only.
"""

from __future__ import annotations

from monitor.books.calendar_book import load_calendar
from monitor.books.company_book import load_companies, parse_company
from monitor.books.feed_book import Declared, FeedOverride, load_feeds, load_flags
from monitor.books.scope_book import LeftOut, load_scope

__all__ = [
    "Declared",
    "FeedOverride",
    "LeftOut",
    "load_calendar",
    "load_companies",
    "load_feeds",
    "load_flags",
    "load_scope",
    "parse_company",
]
