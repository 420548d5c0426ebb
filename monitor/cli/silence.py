"""`hashhedge silence`: hide alerts for a while, with a name under it and an end."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from alerts.desk.matching import match_fault, match_mend, meets, subject_of, words_of
from alerts.model import AlertState
from monitor.cli.live import LiveOption, committed, required_url
from monitor.cli.orders import AuthorOption, DryRunOption, end_of, matchers, send, show
from monitor.cli.output import Output, OutputOption, emit, sheet
from monitor.compute.saved import Saved
from monitor.core.clock import iso
from monitor.core.errors import ConfigError
from monitor.domain.commands import AddSilence, EndSilence

app = typer.Typer(help="Alerts hidden for a while.", no_args_is_help=True)


@app.command("add")
def add_silence(
    match: Annotated[
        list[str],
        typer.Argument(
            metavar="MATCHER…",
            help="company=HIVE, rule=…, severity=…, target=… or key=…; all must hold.",
        ),
    ],
    reason: Annotated[str, typer.Option("--reason", help="Why, for those who will ask.")],
    for_: Annotated[str | None, typer.Option("--for", help="How long: 2h, 7d.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Or until when, UTC.")] = None,
    author: AuthorOption = None,
    dry_run: DryRunOption = False,  # an option of the command line
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Hide what matches until an end that you must give; state and history go on."""
    wanted = matchers(match)
    fault = match_fault(wanted)
    if fault:
        raise ConfigError(fault, where="MATCHER", hint=match_mend(wanted))
    if for_ is None and until is None:
        end_of("", None, None)  # says so before anything is looked for
    url = required_url(live)
    wish = AddSilence(match=wanted, until=end_of(url, for_, until), reason=reason)
    show(send(url, wish, author, dry_run=dry_run, where="silence"), output)


@app.command("list")
def list_silences(live: LiveOption = None, output: OutputOption = Output.TABLE) -> None:
    """List what is silenced: who, why, until when, and how many alerts it hides now."""
    rows = silences(committed(required_url(live)))
    emit(rows, output, lambda: _table(rows))


@app.command("end")
def end_silence(
    silence: Annotated[str, typer.Argument(help="Its id, as `silence list` shows it.")],
    author: AuthorOption = None,
    dry_run: DryRunOption = False,  # an option of the command line
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """End a silence before its time; what fires still is told."""
    wish = EndSilence(silence=silence)
    show(send(required_url(live), wish, author, dry_run=dry_run, where="SILENCE"), output)


def silences(saved: Saved) -> list[dict[str, Any]]:
    """Return the silences of a committed state, the one that ends first before the others."""
    firing = [
        standing
        for standing in saved.desk.standings.values()
        if standing.last.to_state is AlertState.FIRING
    ]
    return [
        {
            "id": it.id,
            "match": words_of(it.match),
            "author": it.by,
            "reason": it.reason,
            "since": iso(it.at),
            "until": iso(it.until),
            "hides": sum(meets(it.match, subject_of(standing.last)) for standing in firing),
            "hidden": it.count,
        }
        for it in sorted(saved.desk.silences.values(), key=lambda item: (item.until, item.id))
    ]


def _table(rows: list[dict[str, Any]]) -> Group | Table:
    if not rows:
        return Group(Text("nothing is silenced"))
    table = sheet("id", "match", "author", "until", "hides", "reason", right=("hides",))
    for row in rows:
        until = row["until"][:16].replace("T", " ")
        shown = (row["id"], row["match"], row["author"], until, str(row["hides"]), row["reason"])
        table.add_row(*shown)
    return table
