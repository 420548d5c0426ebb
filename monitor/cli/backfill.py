"""`hashhedge backfill`: tell a running service the past that it has not seen."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from alerts.model import Transition
from monitor.app.backfilling import Telling, backfill
from monitor.cli import loop
from monitor.cli.company import moment_of
from monitor.cli.live import LiveOption, required_url
from monitor.cli.output import Output, OutputOption, emit, sheet, talk
from monitor.core.clock import SystemClock, iso
from monitor.replay.layouts import History, open_history
from monitor.store.client import connected
from monitor.store.keys import Keys


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("backfill")(tell_past)


def tell_past(
    place: Annotated[
        Path, typer.Argument(help="A file of history, or a folder of them: docs/replay.md.")
    ],
    start: Annotated[str | None, typer.Option("--from", help="First day or moment, UTC.")] = None,
    end: Annotated[
        str | None, typer.Option("--to", help="First day or moment left out, UTC.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what the files hold; no service needed.")
    ] = False,
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Tell a running service the past it has not seen; no rule fires, crossings are noted as late.

    Betas, Puell and the other numbers of the past are then there on a fresh start, or whole again
    after an outage. The same file told twice changes nothing.
    """
    history = open_history(
        place,
        start=None if start is None else moment_of(start, "--from"),
        end=None if end is None else moment_of(end, "--to"),
        of_days=True,
    )
    for skipped in history.skipped:
        talk.print(f"left out {skipped.name}: {skipped.reason}")
    telling = Telling(SystemClock().now())
    notes: list[Transition] = []
    if dry_run:
        deque(telling.quotes(history.moments()), maxlen=0)
    else:
        notes = loop.run(_told(required_url(live), telling, history))
    data = _answer(telling, notes, dry_run=dry_run)
    emit(data, output, lambda: _draw(data), lambda: data["series"])


async def _told(url: str, telling: Telling, history: History) -> list[Transition]:
    async with connected(url) as client:
        return await backfill(client, Keys(), telling.quotes(history.moments()))


def _answer(telling: Telling, notes: list[Transition], *, dry_run: bool) -> dict[str, Any]:
    return {
        "told": not dry_run,
        "quotes": sum(span.quotes for span in telling.spans.values()),
        "too_old": telling.too_old,
        "series": [
            {
                "instrument": instrument,
                "source": source,
                "quotes": span.quotes,
                "first": iso(span.first),
                "last": iso(span.last),
            }
            for (instrument, source), span in sorted(telling.spans.items())
        ],
        "refused": [
            {"source": source, "reason": reason, "quotes": times}
            for (source, reason), times in sorted(telling.refused.items())
        ],
        "late": [
            {
                "id": note.id,
                "rule": note.rule,
                "subject": note.key,
                "since": iso(note.since),
                "value": note.value,
                "bound": note.bound,
                "note": note.reason.value,
                "summary": note.summary,
            }
            for note in notes
        ],
    }


def _draw(data: dict[str, Any]) -> Group:
    word = "told" if data["told"] else "to be told"
    parts: list[RenderableType] = [Text(f"{word}: {data['quotes']:,} quotes of the past")]
    if data["too_old"]:
        parts.append(Text(f"left out: {data['too_old']:,} older than two years"))
    parts += [
        Text(f"refused: {row['quotes']:,} of {row['source']}: {row['reason']}")
        for row in data["refused"]
    ]
    table = sheet("instrument", "source", "quotes", "first, UTC", "last, UTC", right=("quotes",))
    for row in data["series"]:
        times = (row[name][:10] for name in ("first", "last"))
        table.add_row(Text(row["instrument"]), Text(row["source"]), f"{row['quotes']:,}", *times)
    parts.append(table)
    if data["told"]:
        parts.append(Text("late, noted and sent to nobody:" if data["late"] else "no rule crossed"))
        parts += [
            Text(f"  {row['since'][:16]}Z  {row['rule']}  {row['subject']}  {row['value']:,.6g}")
            for row in data["late"]
        ]
    return Group(*parts)
