"""`hashhedge delivery list`: what was brought to whom, by which channel, and what failed."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from monitor.app.posting import letter_store
from monitor.cli.live import LiveOption, ask, required_url
from monitor.cli.output import Output, OutputOption, emit, sheet
from monitor.cli.user_names import user_name
from monitor.core.clock import iso

app = typer.Typer(help="Deliveries: what reached whom.", no_args_is_help=True)


@app.command("list")
def list_deliveries(
    user: Annotated[
        str | None, typer.Option("--user", callback=user_name, help="Of one user.")
    ] = None,
    alert: Annotated[
        str | None, typer.Option("--alert", metavar="RULE/KEY", help="Of one alert.")
    ] = None,
    last: Annotated[int, typer.Option("--last", min=1, max=10_000, help="How many.")] = 50,
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """List the receipts, oldest first: user, alert, channel, and `delivered` or why not."""
    rule, _, key = (alert or "").partition("/")
    rows = deliveries(required_url(live), user, f"{rule}|{key}" if alert else None)[-last:]
    emit(rows, output, lambda: _drawn(rows, user, alert))


def deliveries(url: str, user: str | None, name: str | None) -> list[dict[str, Any]]:
    """Return the receipts of a user and an alert, `rule|key`; None: of all; oldest first.

    Raises:
        StoreUnavailable: Redis did not answer.

    """
    found = ask(url, lambda client, keys: letter_store(client, keys).receipts())
    return [
        {
            "at": iso(int(it["at"])),
            "user": it["user"],
            "alert": it["name"],
            "stage": it.get("stage"),
            "channel": it.get("channel"),
            "outcome": it["outcome"],
            "receipt": it.get("receipt") or None,
            "id": it["id"],
            "alert_id": it["alert"],
        }
        for it in found
        if user in {None, it["user"]} and name in {None, it["name"]}
    ]


def _drawn(rows: list[dict[str, Any]], user: str | None, alert: str | None) -> Group | Table:
    if not rows:
        of = f" of {alert}" if alert else ""
        return Group(Text(f"nothing{of} was brought to {user or 'anybody'} yet"))
    table = sheet("time, UTC", "user", "alert", "channel", "outcome")
    for row in rows:
        time = row["at"][:19].replace("T", " ")
        words = (time, row["user"], row["alert"], row["channel"] or "", row["outcome"])
        table.add_row(*map(Text, words))
    return table
