"""`hashhedge data plan`: what Redis keeps, for how long, and how large that becomes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.text import Text

from monitor.app.data_plan import Load, Planned, planned, shown_numbers
from monitor.app.providers import configured_feeds
from monitor.app.world import find_catalogue
from monitor.books import load_companies
from monitor.cli.company import CompaniesOption
from monitor.cli.live import LiveOption, ask, redis_url, settings_with
from monitor.cli.output import Output, OutputOption, emit, sheet
from monitor.core.clock import HOUR, SECOND, SystemClock
from monitor.domain.companies import Companies
from monitor.store.sizes import measured_bytes

MIB = 1 << 20
FLAWS_A_FEED = 10.0
"""Gaps and spans that a feed is taken to have in a day."""
HEAD_ROOM = 1.5
"""What to give Redis over the forecast: its own buffers, and a copy while the file is rewritten."""

app = typer.Typer(help="Data: what is kept, and how much memory it takes.", no_args_is_help=True)


@app.command()
def plan(
    days: Annotated[int, typer.Option(min=0, max=36_500, help="After so many days.")] = 365,
    companies_count: Annotated[
        int | None, typer.Option("--companies-count", min=0, max=100_000, help="Else the books'.")
    ] = None,
    alerts_per_day: Annotated[
        float, typer.Option(min=0, max=1e6, help="Alerts that fire in a day.")
    ] = 20.0,
    firing: Annotated[int, typer.Option(min=0, max=10**6, help="Alerts standing at once.")] = 20,
    extra_quotes_per_minute: Annotated[
        float, typer.Option(min=0, max=1e6, help="Quotes by ingest, each an entry of its own.")
    ] = 0.0,
    companies: CompaniesOption = None,
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Forecast the memory that Redis needs, by key, beside what a running service takes now."""
    settings = settings_with(companies=companies)
    books = load_companies(SystemClock().now(), settings.companies)
    polls = _polls(settings.feeds, books)
    if extra_quotes_per_minute:
        polls.append((1, extra_quotes_per_minute * 60))
    metrics, market = shown_numbers(find_catalogue(), books)
    load = Load(
        polls=polls,
        companies=len(books) if companies_count is None else companies_count,
        metrics=metrics,
        market=market,
        alerts_per_day=alerts_per_day,
        firing=firing,
        flaws_per_day=FLAWS_A_FEED * len(polls),
        days=days,
    )
    url = redis_url(live)
    measured = None if url is None else ask(url, measured_bytes)
    data = _answer(planned(load), measured, days)
    emit(data, output, lambda: _draw(data), lambda: data["keys"])


def _polls(path: Path | None, books: Companies) -> list[tuple[int, float]]:
    """Return quotes a poll and polls an hour of each feed that is switched on."""
    specs = [feed.spec for feed in configured_feeds(path) if feed.spec.enabled]
    return [
        (len(spec.instruments) + spec.shares * len(books), HOUR / SECOND / spec.interval_s)
        for spec in specs
    ]


def _answer(rows: list[Planned], measured: dict[str, int] | None, days: int) -> dict[str, Any]:
    total = sum(row.size_bytes for row in rows)
    return {
        "days": days,
        "planned_bytes": total,
        "maxmemory_bytes": round(total * HEAD_ROOM),
        "measured_bytes": None if measured is None else sum(measured.values()),
        "keys": [
            {
                "key": row.key,
                "what": row.what,
                "keeps": row.keeps,
                "entries": row.entries,
                "planned_bytes": row.size_bytes,
                "measured_bytes": None if measured is None else measured.get(row.key, 0),
            }
            for row in rows
        ],
    }


def _draw(data: dict[str, Any]) -> Group:
    known = data["measured_bytes"] is not None
    names = ["key", "what", "keeps", "entries", "MiB", *(["MiB now"] if known else [])]
    table = sheet(*names, right=("entries", "MiB", "MiB now"))
    for row in data["keys"]:
        words = (Text(row[name]) for name in ("key", "what", "keeps"))
        now = [f"{row['measured_bytes'] / MIB:,.2f}"] if known else []
        table.add_row(*words, f"{row['entries']:,}", f"{row['planned_bytes'] / MIB:,.2f}", *now)
    total = f"{data['planned_bytes'] / MIB:,.1f} MiB after {data['days']:,} days"
    at_present = f"; {data['measured_bytes'] / MIB:,.1f} MiB now" if known else ""
    give = f"give Redis {data['maxmemory_bytes'] / MIB:,.0f} MiB (maxmemory), noeviction"
    return Group(table, Text(f"{total}{at_present}\n{give}"))
