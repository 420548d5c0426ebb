"""`hashhedge feeds revisions`: every version of figures that name their period."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from monitor.cli.live import LiveOption, committed, required_url
from monitor.cli.output import Output, OutputOption, emit, sheet
from monitor.core.clock import iso


def revisions(
    instrument: Annotated[str | None, typer.Argument(help="Only this instrument.")] = None,
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Show each version of the running service's daily figures: what was said, and when."""
    saved = committed(required_url(live))
    rows = [
        {
            "instrument": name,
            "source": source,
            "period": period.day,
            # of many revisions the first version and the newest are kept
            "revision": period.revisions - len(period.versions) + 1 + place if place else 0,
            "value": float(version.value),
            "observed_at": iso(version.observed_at),
            "taken_at": iso(version.taken_at),
        }
        for (name, source), revised in sorted(saved.revised.items())
        if instrument in {None, name}
        for period in revised.periods
        for place, version in enumerate(period.versions)
    ]
    emit(rows, output, lambda: _draw(rows))


def _draw(rows: list[dict[str, Any]]) -> Table:
    names = ("instrument", "source", "period", "revision", "value", "taken, UTC")
    table = sheet(*names, right=("revision", "value"))
    for row in rows:
        words = (row["instrument"], row["source"], row["period"])
        taken = row["taken_at"][:16].replace("T", " ")
        table.add_row(*map(Text, words), str(row["revision"]), f"{row['value']:,.10g}", taken)
    return table
