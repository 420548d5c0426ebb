"""`hashhedge returns`: the return of each month and year, of bitcoin or of a share."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group
from rich.text import Text

from monitor.cli.live import LiveOption, committed, required_url
from monitor.cli.output import Output, OutputOption, emit, sheet
from monitor.compute.saved import Saved
from monitor.core.clock import DAY, SECOND
from monitor.core.errors import ConfigError
from monitor.core.mends import nearest
from monitor.domain.events import BTC_USD
from monitor.domain.returns import MONTHS, MonthReturn, monthly_returns, yearly_returns
from monitor.replay.daily import read_prices, read_stocks
from monitor.replay.table import Table, read_header

NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
STOCKS = {"ticker", "date"}
WHOLE_FROM = 9.95
"""Percent from which on twelve months have room in 80 columns only without a fraction."""


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("returns")(show_returns)


def show_returns(
    file: Annotated[
        Path | None,
        typer.Argument(help="Daily closes, as replay reads them; else the running service's."),
    ] = None,
    of: Annotated[
        str, typer.Option("--of", metavar="NAME", help="BTC-USD, or a ticker of the file.")
    ] = BTC_USD,
    since: Annotated[int | None, typer.Option("--since", help="First year to show.")] = None,
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Show the return of each month and year: a month's last close over that of the month before.

    A file has the columns date, close (bitcoin) or ticker, date, close (shares; adj_close if there
    is no close). Without one the midnights that the running service remembers are taken.
    """
    closes = _remembered(committed(required_url(live))) if file is None else _read(file, of)
    months = monthly_returns(closes)
    years = yearly_returns(months)
    shown = [item for item in months if since is None or item.year >= since]
    rows = [
        {
            "year": item.year,
            "month": item.month,
            "return_ratio": item.ratio,
            "close_usd": item.close,
            "whole": item.whole,
        }
        for item in shown
    ]
    data = {"of": of, "months": rows, "years": {year: years[year] for year in _years(shown)}}
    emit(data, output, lambda: _draw(of, shown, years), lambda: rows)


def _years(months: list[MonthReturn]) -> list[int]:
    return list(dict.fromkeys(item.year for item in months))


def _remembered(saved: Saved) -> dict[date, float]:
    """Return the closes of the days that ended in the midnights of a running service."""
    midnights = (day.whole for day in saved.days)
    return {_day(item.at - DAY): item.btc_usd for item in midnights if item.btc_usd is not None}


def _read(file: Path, of: str) -> dict[date, float]:
    """Return the closes of `of` in a file, by day."""
    header = read_header(file)
    table = Table(file, header)
    if set(header) >= STOCKS and {"close", "adj_close"} & set(header):
        plain, adjusted = ([table], []) if "close" in header else ([], [table])
        pieces = read_stocks(plain, adjusted)
        late = 0
    elif {"date", "close"} <= set(header):
        pieces, late = read_prices(table, ()), DAY
    else:
        hint = "a header line with date and close, or ticker, date and close"
        raise ConfigError("it has no daily closes", where=f"{file}:1", hint=hint)
    quotes = [quote for piece in pieces for quote in piece.quotes]
    found = {
        _day(quote.observed_at - late): float(quote.value)
        for quote in quotes
        if quote.instrument == of
    }
    if not found:
        names = {quote.instrument for quote in quotes if "." not in quote.instrument}
        hint = nearest(of, names)
        raise ConfigError(f"the file has no closes of {of}", where=str(file), hint=hint)
    return found


def _day(moment: int) -> date:
    return datetime.fromtimestamp(moment / SECOND, UTC).date()


def _draw(of: str, months: list[MonthReturn], years: dict[int, float | None]) -> Group:
    head = Text.assemble((of, "bold"), "  return of each month in percent; * so far")
    if not months:
        return Group(head, Text("no close is known", style="yellow"))
    table = sheet("year", *NAMES, "year ", right=(*NAMES, "year "))
    for year in _years(months):
        cells = {item.month: item for item in months if item.year == year}
        row = [_percent(cells.get(month)) for month in range(1, MONTHS + 1)]
        total = years[year]
        table.add_row(str(year), *row, "-" if total is None else f"{total * 100:,.0f}")
    return Group(head, table)


def _percent(item: MonthReturn | None) -> Text:
    if item is None or item.ratio is None:
        return Text("-" if item is not None else "")
    percent = item.ratio * 100
    shown = f"{percent:.1f}" if abs(percent) < WHOLE_FROM else f"{percent:.0f}"
    return Text(shown if item.whole else f"{shown}*", style="red" if percent < 0 else "green")
