"""`hashhedge backfill`: tell a running service the past that it has not seen."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from alerts.model import Transition
from monitor.app.backfilling import Telling, backfill
from monitor.app.history_asking import past_of
from monitor.cli import loop
from monitor.cli.company import moment_of
from monitor.cli.live import LiveOption, required_url, settings_with
from monitor.cli.output import Output, OutputOption, emit, sheet, talk
from monitor.cli.reason_words import said
from monitor.core.clock import Millis, SystemClock, iso
from monitor.core.errors import ConfigError
from monitor.feeds.past import Asked
from monitor.replay.layouts import open_history
from monitor.store.client import connected
from monitor.store.keys import Keys
from monitor.store.playback import Moment

FeedsOption = Annotated[
    Path | None, typer.Option("--feeds", envvar="HASHHEDGE_FEEDS", help="Feeds book.")
]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("backfill")(tell_past)


def tell_past(
    place: Annotated[
        Path | None, typer.Argument(help="A file of history, or a folder of them: docs/replay.md.")
    ] = None,
    provider: Annotated[
        str | None,
        typer.Option("--provider", help="In place of it: the feed whose history endpoint to ask."),
    ] = None,
    start: Annotated[str | None, typer.Option("--from", help="First day or moment, UTC.")] = None,
    end: Annotated[
        str | None, typer.Option("--to", help="First day or moment left out, UTC.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be told; no service needed.")
    ] = False,
    feeds: FeedsOption = None,
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Tell a running service the past it has not seen; no rule fires, crossings are noted as late.

    Betas, Puell and the other numbers of the past are then there on a fresh start, or whole again
    after an outage. The same past told twice changes nothing.
    """
    url = "" if dry_run else required_url(live)
    span = (
        None if start is None else moment_of(start, "--from"),
        None if end is None else moment_of(end, "--to"),
    )
    moments, asked = _past(place, provider, span, feeds)
    telling = Telling(SystemClock().now())
    notes: list[Transition] = []
    if dry_run:
        deque(telling.quotes(moments), maxlen=0)
    else:
        notes = loop.run(_told(url, telling, moments))
    data = _answer(telling, notes, dry_run=dry_run) | _not_had(asked)
    emit(data, output, lambda: _draw(data), lambda: data["series"])
    if asked.failed:
        raise typer.Exit(1)


def _past(
    place: Path | None,
    provider: str | None,
    span: tuple[Millis | None, Millis | None],
    feeds: Path | None,
) -> tuple[Iterable[Moment], Asked]:
    """Return what a file or a provider tells of the past, and what could not be had."""
    if (place is None) == (provider is None):
        hint = "give a file of history, or --provider with the name of a feed"
        raise ConfigError("one source of the past is needed", where="backfill", hint=hint)
    if provider is not None:
        asked = loop.run(past_of(settings_with(feeds=feeds), provider, os.environ))
        first, last = span
        within = (
            quote
            for quote in asked.quotes
            if (first is None or quote.observed_at >= first)
            and (last is None or quote.observed_at < last)
        )
        return (Moment(quote.observed_at, (quote,)) for quote in within), asked
    history = open_history(place or Path(), start=span[0], end=span[1], of_days=True)
    for skipped in history.skipped:
        talk.print(f"left out {skipped.name}: {skipped.reason}")
    return history.moments(), Asked()


def _not_had(asked: Asked) -> dict[str, Any]:
    return {
        "failed": [
            {"instrument": instrument, "reason": error.reason, "message": str(error)}
            for instrument, error in asked.failed.items()
        ],
        "not_asked": asked.left,
    }


async def _told(url: str, telling: Telling, moments: Iterable[Moment]) -> list[Transition]:
    async with connected(url) as client:
        return await backfill(client, Keys(), telling.quotes(moments))


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
        Text(f"refused: {row['quotes']:,} of {row['source']}: {said(row['reason'])}")
        for row in data["refused"]
    ]
    parts += [Text(f"not had: {row['instrument']}: {row['message']}") for row in data["failed"]]
    if data["not_asked"]:
        parts.append(Text(f"not asked for any more: {', '.join(data['not_asked'])}"))
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
