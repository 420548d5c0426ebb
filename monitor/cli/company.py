"""`hashhedge company`: who is in the book, and everything known about one of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from monitor.app.world import find_catalogue
from monitor.books import load_companies
from monitor.cli.company_view import render_card
from monitor.cli.live import LiveOption, live_of
from monitor.cli.output import Output, OutputOption, emit, sheet
from monitor.compute.card import build_card
from monitor.compute.card_metrics import Card
from monitor.compute.overrides import overridden
from monitor.core.clock import Millis, SystemClock, parse_iso
from monitor.core.errors import ConfigError
from monitor.core.mends import nearest
from monitor.domain.companies import Companies, Company, iso_day

app = typer.Typer(help="Companies: figures, dates, sources, ratios.", no_args_is_help=True)

CompaniesOption = Annotated[
    Path | None,
    typer.Option("--companies", envvar="HASHHEDGE_COMPANIES", help="Folder of company files."),
]
AsOfOption = Annotated[
    str | None, typer.Option("--as-of", help="What was known on this day, for instance 2025-07-17.")
]


def moment_of(text: str | None, option: str) -> Millis:
    """Return the moment that an option names; now if it was not given.

    Raises:
        ConfigError: the text is no date.

    """
    if text is None:
        return SystemClock().now()
    try:
        return parse_iso(text)
    except ValueError as error:
        hint = "write 2025-07-17 or 2025-07-17T12:00Z"
        raise ConfigError(f"`{text}` is no date", where=option, hint=hint) from error


def day_known(text: str | None) -> Millis:
    """Return the moment of `--as-of`; now if it was not given.

    Raises:
        ConfigError: the text is no date, or a day of which nobody can know anything yet.

    """
    moment, now = moment_of(text, "--as-of"), SystemClock().now()
    if moment > now:
        problem = f"{text} is in the future; expected {iso_day(now)} or a day before"
        hint = "leave --as-of out for what is known now; `whatif` and `stress` look ahead"
        raise ConfigError(problem, where="--as-of", hint=hint)
    return moment


def find(companies: Companies, ticker: str) -> Company:
    """Return the company called `ticker`.

    Raises:
        ConfigError: there is none; names the nearest.

    """
    found = companies.find(ticker)
    if found is None:
        raise ConfigError(
            f"no company `{ticker}`", where="TICKER", hint=nearest(ticker.upper(), list(companies))
        )
    return found


@app.command("list")
def list_companies(companies: CompaniesOption = None, output: OutputOption = Output.TABLE) -> None:
    """List the companies of the book."""
    now = SystemClock().now()
    book = load_companies(now, companies)
    rows = [_row(company, now) for company in book.values()]
    emit(rows, output, lambda: _table(rows))


def _row(company: Company, now: Millis) -> dict[str, Any]:
    status = company.status_at(now)
    figures = [figure for history in company.figures.values() for figure in history]
    return {
        "ticker": company.ticker,
        "name": company.name,
        "type": company.type.value,
        "ai_status": None if status is None else status.status.value,
        "figures": len(figures),
        "newest": iso_day(max(figure.as_of for figure in figures)) if figures else None,
    }


def _table(rows: list[dict[str, Any]]) -> Table:
    table = sheet("ticker", "name", "type", "AI status", "figures", "newest", right=("figures",))
    for row in rows:
        table.add_row(*("-" if value is None else str(value) for value in row.values()))
    return table


@app.command()
def show(
    ticker: Annotated[str, typer.Argument(help="Ticker, or a former one.")],
    as_of: AsOfOption = None,
    companies: CompaniesOption = None,
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Show every figure of a company with date and source, its contracts and its ratios."""
    now = day_known(as_of)
    book = load_companies(SystemClock().now(), companies)
    found = find(book, ticker)
    market, quotes = ({}, []) if as_of is not None else live_of(live, found.ticker)
    company = overridden(found, quotes, now)
    card = build_card(company, now, find_catalogue(), book, market)
    emit(card, output, lambda: render_card(card), lambda: _records(card))


def _records(card: Card) -> list[dict[str, Any]]:
    """Return the numbers of a card as rows: its metrics, then its figures, the newest first."""
    subject = {"company": card["ticker"]}
    metrics = ("name", "value", "unit", "quality", "reason", "as_of", "formula")
    rows = [
        subject | {"kind": "metric", "section": section} | {key: entry[key] for key in metrics}
        for section in card["metric_sections"]
        for entry in card[section]
    ]
    return rows + [
        subject | {"kind": "figure", "section": "figures", "name": fact} | item
        for fact, history in card["figures"].items()
        for item in history
    ]
