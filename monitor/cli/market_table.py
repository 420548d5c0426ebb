"""`hashhedge market-table`: what each share owes to bitcoin and to AI, from daily closes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.text import Text

from monitor.app.world import find_catalogue
from monitor.cli.company import moment_of
from monitor.cli.output import Output, OutputOption, emit, sheet
from monitor.compute.market_table import Closes, MarketRow, market_table
from monitor.core.clock import DAY, SECOND
from monitor.core.errors import ConfigError
from monitor.core.mends import nearest
from monitor.domain.events import BTC_USD
from monitor.domain.pairs import BASKET
from monitor.nyse import nyse_calendar
from monitor.replay.daily import read_prices, read_stocks
from monitor.replay.layouts import Layout, open_history

WINDOW_DAYS = 363
"""Without --from: a year of sessions up to the newest close, as the published table has."""


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("market-table")(show_market_table)


def show_market_table(
    data: Annotated[
        Path,
        typer.Option("--data", help="Folder of daily closes of shares and bitcoin, as for replay."),
    ],
    start: Annotated[str | None, typer.Option("--from", help="First day of the window.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Last day of the window.")] = None,
    tickers: Annotated[
        list[str] | None, typer.Option("--tickers", help="Only these shares: RIOT,HIVE.")
    ] = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Show each share's beta to bitcoin, alone and beside AI, and what part of it AI explains.

    Closes go through the live estimators, a session at a time, all weighing alike; the AI basket is
    NVDA and CRWV without the share itself. With the number of returns and 95 % intervals.
    """
    closes = read_closes(data)
    days = _window(closes, _day(start, "--from"), _day(end, "--to"))
    wanted = [word for item in tickers or [] for word in item.replace(",", " ").upper().split()]
    shares = _shares(closes, wanted, days)
    rows = market_table(closes, shares, days, nyse_calendar(), find_catalogue())
    rows.sort(key=lambda row: -(row.values["ai_explained_share_ratio"] or -1.0))
    records = [_record(row) for row in rows]
    answer = {"from": str(days[1]), "to": str(days[-1]), "basket": list(BASKET), "shares": records}
    emit(answer, output, lambda: _draw(answer), lambda: records)


def read_closes(folder: Path) -> Closes:
    """Return the daily closes of a folder; a share has all of them from one kind of file.

    Adjusted closes go first: a split in the window is a jump in the others.

    Raises:
        ConfigError: no closes of bitcoin or of shares are there.

    """
    tables = open_history(folder).tables
    found: dict[str, dict[date, float]] = {}
    for table in tables.get(Layout.PRICES, ()):
        for piece in read_prices(table, ()):
            for quote in piece.quotes:
                day = _date(quote.observed_at - DAY)
                found.setdefault(BTC_USD, {})[day] = float(quote.value)
    plain, adjusted = tables.get(Layout.CLOSES, ()), tables.get(Layout.ADJUSTED_CLOSES, ())
    for kind in (read_stocks((), adjusted), read_stocks(plain, ())):
        own: dict[str, dict[date, float]] = {}
        for piece in kind:
            for quote in piece.quotes:
                if "." not in quote.instrument:
                    day = _date(quote.observed_at)
                    own.setdefault(quote.instrument, {})[day] = float(quote.value)
        found = own | found
    lacking = [name for name in (BTC_USD, *BASKET) if name not in found]
    if lacking:
        raise ConfigError(
            f"no daily closes of {', '.join(lacking)}",
            where=str(folder),
            hint="put files there with date, close, source (bitcoin) and ticker, date, adj_close",
        )
    return found


def _window(closes: Closes, first: date | None, last: date | None) -> list[date]:
    """Return the sessions of the window with the one before it."""
    traded = sorted(closes[BASKET[0]])
    until = last or traded[-1]
    since = first or date.fromordinal(until.toordinal() - WINDOW_DAYS)
    inside = [day for day in traded if since <= day <= until]
    before = [day for day in traded if day < since][-1:]
    if not before or not inside:
        raise ConfigError(
            f"no closes from before {since} up to {until}",
            where="--from",
            hint=f"the files have {traded[0]} to {traded[-1]}",
        )
    return [*before, *inside]


def _shares(closes: Closes, wanted: list[str], days: Iterable[date]) -> list[str]:
    """Return the shares to show: those named, else all that were traded within the window."""
    known = sorted(closes.keys() - {BTC_USD, *BASKET})
    for name in wanted:
        if name not in closes or name == BTC_USD:
            problem = f"the files have no closes of {name}"
            raise ConfigError(problem, where="--tickers", hint=nearest(name, known))
    return wanted or [name for name in known if not closes[name].keys().isdisjoint(days)]


def _day(text: str | None, option: str) -> date | None:
    return None if text is None else _date(moment_of(text, option))


def _date(moment: int) -> date:
    return datetime.fromtimestamp(moment / SECOND, UTC).date()


def _record(row: MarketRow) -> dict[str, Any]:
    flat = asdict(row)
    reasons = flat.pop("reasons")
    return {**flat.pop("values"), **flat, "reasons": reasons or None} | {"ticker": row.ticker}


def _draw(answer: dict[str, Any]) -> Group:
    names = (
        "share",
        "n",
        "beta",
        "95 %",
        "R2",
        "n joint",
        "to BTC",
        "to AI",
        "R2 ",
        "AI %",
        "95 % ",
    )
    table = sheet(*names, right=names[1:])
    for row in answer["shares"]:
        low, high = row["ai_share_low_ratio"], row["ai_share_high_ratio"]
        table.add_row(
            row["ticker"],
            str(row["pairs"]),
            _two(row["btc_beta_ratio"]),
            _range(row["btc_beta_low_ratio"], row["btc_beta_high_ratio"]),
            _two(row["btc_r2_ratio"]),
            str(row["joint_pairs"]),
            _two(row["joint_btc_beta_ratio"]),
            _two(row["joint_ai_beta_ratio"]),
            _two(row["joint_r2_ratio"]),
            "-"
            if row["ai_explained_share_ratio"] is None
            else f"{row['ai_explained_share_ratio']:.0%}",
            "-" if low is None else f"{low:.0%}..{high:.0%}",
        )
    head = Text(f"{answer['from']} to {answer['to']}, AI is {', '.join(answer['basket'])}", "bold")
    words = (
        "- is refused: under 30 returns, 120 for the joint columns, or R2 under 0.05 for the share"
    )
    return Group(head, table, Text(words, style="dim"))


def _two(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _range(low: float | None, high: float | None) -> str:
    return "-" if low is None or high is None else f"{low:.2f}..{high:.2f}"
