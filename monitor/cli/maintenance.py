"""`hashhedge maintenance`: announce work on a feed or the broker, told at its begin and end."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from monitor.app.providers import find_feeds
from monitor.cli.live import LiveOption, ask, committed, required_url
from monitor.cli.orders import AuthorOption, DryRunOption, end_of, moment_of, send, show
from monitor.cli.output import Output, OutputOption, emit, sheet
from monitor.compute.saved import Saved
from monitor.core.clock import iso
from monitor.core.errors import ConfigError
from monitor.core.mends import nearest
from monitor.domain.commands import AddMaintenance, EndMaintenance, Place
from monitor.store.client import server_time

app = typer.Typer(help="Announced work on a feed or the broker.", no_args_is_help=True)
BROKER = "broker"


@app.command("add")
def add_window(
    what: Annotated[str, typer.Argument(metavar="FEED|broker", help="A feed's name, or broker.")],
    reason: Annotated[str, typer.Option("--reason", help="What is done, for those who wait.")],
    begin: Annotated[str | None, typer.Option("--from", help="Begin, UTC; else now.")] = None,
    for_: Annotated[str | None, typer.Option("--for", help="How long: 2h.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Or until when, UTC.")] = None,
    author: AuthorOption = None,
    dry_run: DryRunOption = False,  # an option of the command line
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Announce a window: the feed's values are left out in it, and its silence is no news."""
    feeds = [feed.spec.name for feed in find_feeds()]
    if what != BROKER and what not in feeds and not what.startswith("external/"):
        raise ConfigError(f"no feed `{what}`", where="FEED", hint=nearest(what, [*feeds, BROKER]))
    url = required_url(live)
    now = ask(url, lambda client, _: server_time(client))
    first = now if begin is None else moment_of(begin, "--from")
    wish = AddMaintenance(
        place=Place.BROKER if what == BROKER else Place.FEED,
        feed="" if what == BROKER else what,
        begin=first,
        until=end_of(url, for_, until, first),
        reason=reason,
    )
    show(send(url, wish, author, dry_run=dry_run, where="maintenance"), output)


@app.command("list")
def list_windows(live: LiveOption = None, output: OutputOption = Output.TABLE) -> None:
    """List the windows that are announced or on."""
    rows = windows(committed(required_url(live)))
    emit(rows, output, lambda: _table(rows))


@app.command("end")
def end_window(
    window: Annotated[str, typer.Argument(help="Its id, as `maintenance list` shows it.")],
    author: AuthorOption = None,
    dry_run: DryRunOption = False,  # an option of the command line
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """End a window before its time."""
    wish = EndMaintenance(window=window)
    show(send(required_url(live), wish, author, dry_run=dry_run, where="WINDOW"), output)


def windows(saved: Saved) -> list[dict[str, Any]]:
    """Return the maintenance windows of a committed state, in order of their beginning."""
    return [
        {
            "id": it.id,
            "what": BROKER if it.place is Place.BROKER else it.feed,
            "author": it.by,
            "reason": it.reason,
            "begin": iso(it.begin),
            "until": iso(it.until),
            "on": it.begun,
        }
        for it in sorted(saved.desk.windows.values(), key=lambda item: (item.begin, item.id))
    ]


def _table(rows: list[dict[str, Any]]) -> Group | Table:
    if not rows:
        return Group(Text("no maintenance is announced"))
    table = sheet("id", "what", "author", "begin", "until", "on", "reason")
    for row in rows:
        begin, until = (row[name][:16].replace("T", " ") for name in ("begin", "until"))
        table.add_row(
            row["id"],
            row["what"],
            row["author"],
            begin,
            until,
            "yes" if row["on"] else "",
            row["reason"],
        )
    return table
