"""`hashhedge fact`: give a company's figure by hand, for a while, with a name under it.

An override is a quote on the ingest stream, like any figure that a program sends: it stands in for
the book's while it is fresh, and is gone by event time when that has passed. Nothing of it is kept
anywhere else.
"""

from __future__ import annotations

import getpass
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any

import typer
from msgspec import structs
from rich.console import Group, RenderableType
from rich.text import Text

from monitor.books import load_companies
from monitor.cli.company import CompaniesOption
from monitor.cli.fact_guards import (
    refuse_a_part,
    refuse_far_off,
    refuse_what_does_not_apply,
    say_what_it_moves,
    stated,
)
from monitor.cli.fact_names import WHERE, company_fact
from monitor.cli.live import LiveOption, ask, required_url
from monitor.cli.output import Output, OutputOption, emit, measure, plain, sheet
from monitor.cli.quotes import stored_quotes
from monitor.cli.user_names import likely_name
from monitor.compute.overrides import (
    BY_HAND,
    author_of,
    expires_at,
    live_figures,
    source_beside,
)
from monitor.core.clock import SystemClock, iso
from monitor.core.durations import duration_ms
from monitor.core.errors import ConfigError
from monitor.domain.companies import Companies, Company, fact_at, iso_day
from monitor.domain.events import Quote
from monitor.domain.facts import FACTS
from monitor.store.client import RedisClient, server_time
from monitor.store.codec import MAX_NOTE
from monitor.store.keys import Keys
from monitor.store.ticks import TickWriter

app = typer.Typer(help="Figures given by hand, each for a while.", no_args_is_help=True)

Record = dict[str, Any]

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}")
_SIGNS = "a-z, 0-9, -, _ and ., a letter or digit first"

FactArgument = Annotated[str, typer.Argument(metavar=WHERE, help="For instance MARA.btc_held.")]
AuthorOption = Annotated[
    str | None, typer.Option("--author", help="Who says so; your user name if not given.")
]
DryOption = Annotated[
    bool, typer.Option("--dry-run", help="Say what would happen, and change nothing.")
]


@app.command("set")
def set_fact(
    what: FactArgument,
    value: Annotated[
        str, typer.Argument(help="Number, with its unit: 52000, 4c/kWh. A negative one after `--`.")
    ],
    ttl: Annotated[str, typer.Option("--ttl", help="How long it counts: 7d, 12h.")],
    unit: Annotated[str | None, typer.Option("--unit", help="Unit of the number.")] = None,
    author: AuthorOption = None,
    note: Annotated[str, typer.Option("--note", help="Why, for those who see the mark.")] = "",
    force: Annotated[
        bool, typer.Option("--force", help="Also ten times the book's value, or a tenth.")
    ] = False,
    dry_run: DryOption = False,  # an option of the command line
    companies: CompaniesOption = None,
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Set a company's figure in place of the book's until --ttl has passed."""
    books = load_companies(SystemClock().now(), companies)
    company, fact = company_fact(what, books)
    number, lifetime = _meant(company, fact, value, unit, force=force), _lifetime(ttl)
    if len(note) > MAX_NOTE:
        raise ConfigError(f"{len(note)} characters", where="--note", hint=f"at most {MAX_NOTE}")
    source, url = BY_HAND + author_name(author), required_url(live)
    quote = _laid(
        url,
        Quote(
            instrument=f"{company.ticker}.{fact}",
            value=Decimal(repr(number)),
            observed_at=ask(url, lambda client, _keys: server_time(client)),
            source=source,
            fresh_ms=lifetime,
            note=note,
        ),
        dry_run=dry_run,
    )
    say_what_it_moves(company, fact)
    data = _row(quote, counts=not dry_run) | {"dry_run": dry_run}
    emit(data, output, lambda: _planned(_said(quote), dry_run=dry_run))


def _meant(company: Company, fact: str, text: str, unit: str | None, *, force: bool) -> float:
    """Return the stated number in the fact's unit, if it can be meant."""
    refuse_a_part(FACTS[fact])
    refuse_what_does_not_apply(company, fact)
    value = stated(FACTS[fact], text, unit)
    if not force:
        refuse_far_off(company, FACTS[fact], value, SystemClock().now())
    return value


def _laid(url: str, quote: Quote, *, dry_run: bool) -> Quote:
    """Send a figure, beside what its author said before and that outlives it; return what was sent.

    A dry run sends nothing.
    """
    standing = [other for other, _ in _standing(url)]
    laid = structs.replace(quote, source=source_beside(quote, standing))
    if not dry_run:
        ask(url, lambda client, keys: _send(client, keys, [laid], laid.observed_at))
    return laid


def _lifetime(text: str) -> int:
    try:
        lifetime = duration_ms(text)
    except ValueError as error:
        raise ConfigError(str(error), where="--ttl", hint="7d") from error
    if lifetime <= 0:
        raise ConfigError(f"`{text}` is no time to count", where="--ttl", hint="7d")
    return lifetime


def author_name(name: str | None) -> str:
    """Return the author's name as a source's name may hold it; the user's, if none is given.

    Raises:
        ConfigError: it cannot, or nobody says who it is.

    """
    try:
        word = (name or getpass.getuser()).lower()
    except (OSError, KeyError) as error:
        raise ConfigError("nobody is logged in", where="--author", hint="--author anna") from error
    if not _NAME.fullmatch(word):
        raise ConfigError(
            f"`{word}` is no author's name",
            where="--author",
            hint=f"use 1 to 40 of {_SIGNS}: --author {likely_name(word)}",
        )
    return word


async def _send(client: RedisClient, keys: Keys, quotes: Sequence[Quote], now: int) -> None:
    fresh = live_figures(quotes, now)
    await TickWriter(client, keys).deliver([(quote, quote in fresh) for quote in quotes], now)


@app.command("list")
def list_facts(
    companies: CompaniesOption = None, live: LiveOption = None, output: OutputOption = Output.TABLE
) -> None:
    """List the figures that stand in for the books' now: who gave them, until when."""
    url = required_url(live)
    books = load_companies(SystemClock().now(), companies)
    rows = [
        _row(quote, counts=counts) | {"book": _of_the_book(books, quote)}
        for quote, counts in _standing(url)
    ]
    emit(rows, output, lambda: _table(rows))


@app.command("unset")
def unset_fact(
    what: FactArgument,
    author: Annotated[
        str | None, typer.Option("--author", help="Only this author's; else all set by hand.")
    ] = None,
    dry_run: DryOption = False,  # an option of the command line
    companies: CompaniesOption = None,
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """End what was set by hand before its time; the book counts again."""
    company, fact = company_fact(what, load_companies(SystemClock().now(), companies))
    url = required_url(live)
    wanted = f"{company.ticker}.{fact}"
    own = None if author is None else author_name(author)
    standing = [quote for quote, _ in _standing(url) if quote.source.startswith(BY_HAND)]
    ending = [
        quote
        for quote in standing
        if quote.instrument == wanted and own in {None, author_of(quote.source)}
    ]
    if not ending:
        others = ", ".join(sorted({quote.instrument for quote in standing})) or "nothing"
        by = "" if author is None else f" by {author}"
        raise ConfigError(
            f"no figure of {wanted} is set by hand{by}", where=WHERE, hint=f"set are: {others}"
        )
    # A millisecond after the last word and good for none: from now on it does not count.
    ended = [structs.replace(q, observed_at=q.observed_at + 1, fresh_ms=0) for q in ending]
    now = ask(url, lambda client, _keys: server_time(client))
    if not dry_run:
        ask(url, lambda client, keys: _send(client, keys, ended, now))
    rows = [_row(quote, counts=False) | {"dry_run": dry_run} for quote in ending]
    names = ", ".join(f"{row['fact']} by {row['author']}" for row in rows)
    word = "would end" if dry_run else "ended"
    said = Text(f"{word}: {company.ticker} {names}")
    emit(rows, output, lambda: _planned(said, dry_run=dry_run))


def _standing(url: str) -> list[tuple[Quote, bool]]:
    """Return the live figures that are fresh, and whether each is the one that counts."""

    async def read(client: RedisClient, keys: Keys) -> tuple[list[Quote], int]:
        quotes, _ = await stored_quotes(client, keys)
        return quotes, await server_time(client)

    quotes, now = ask(url, read)
    seen: set[str] = set()
    found: list[tuple[Quote, bool]] = []
    for quote in live_figures(quotes, now):
        found.append((quote, quote.instrument not in seen))
        seen.add(quote.instrument)
    return found


def _row(quote: Quote, *, counts: bool) -> Record:
    ticker, _, fact = quote.instrument.partition(".")
    return {
        "company": ticker,
        "fact": fact,
        "value": float(quote.value),
        "unit": FACTS[fact].unit,
        "author": author_of(quote.source),
        "source": quote.source,
        "since": iso(quote.observed_at),
        "until": iso(expires_at(quote)),
        "note": quote.note,
        "counts": counts,
    }


def _of_the_book(books: Companies, quote: Quote) -> Record | None:
    """Return the figure that a live one stands in for, None where the book has none."""
    ticker, _, fact = quote.instrument.partition(".")
    company = books.find(ticker)
    figure = None if company is None else fact_at(company, fact, quote.observed_at)
    if figure is None:
        return None
    return {"value": figure.value, "as_of": iso_day(figure.as_of), "source": figure.source}


def _planned(said: Text, *, dry_run: bool) -> RenderableType:
    dry = (Text("dry run: nothing was changed", style="yellow"),) if dry_run else ()
    return Group(said, *dry)


def _said(quote: Quote) -> Text:
    row = _row(quote, counts=True)
    return Text(
        f"{quote.instrument} = {measure(row['value'], row['unit'])} by {row['author']} "
        f"until {_moment(row['until'])}, in place of the book's"
    )


def _table(rows: list[Record]) -> RenderableType:
    if not rows:
        return Text("no figure is set by hand or given by a program")
    names = ("figure", "value", "book", "unit", "by", "until", "note")
    table = sheet(*names, right=("value", "book"))
    for row in rows:
        book = row["book"]
        table.add_row(
            f"{row['company']}.{row['fact']}",
            plain(row["value"]),
            "-" if book is None else plain(book["value"]),
            row["unit"],
            row["author"] if row["counts"] else f"{row['author']} (older)",
            _moment(row["until"]),
            Text(row["note"]),
        )
    return table


def _moment(text: str) -> str:
    return text[:16].replace("T", " ")
