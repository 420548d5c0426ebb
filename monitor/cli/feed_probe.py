"""`hashhedge feeds test PROVIDER`: one question to a provider, and what became of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import typer
from rich.table import Table

from monitor.app.probing import Probed, probe
from monitor.cli import loop
from monitor.cli.live import settings_with
from monitor.cli.output import Output, emit, number, sheet
from monitor.core.clock import iso


def show_probe(name: str, feeds: Path | None, output: Output) -> None:
    """Ask the feed `name` once and print what it answered; exit 1 if that is not all good."""
    found = loop.run(probe(settings_with(feeds=feeds), name, os.environ))
    rows = _rows(found)
    emit(rows, output, lambda: _table(rows))
    if found.failed or found.faults or any(why for _, why in found.quotes) or not rows:
        raise typer.Exit(1)


def _rows(found: Probed) -> list[dict[str, Any]]:
    if found.failed:
        return [{"instrument": None, "value": None, "observed_at": None, "fault": found.failed}]
    answered = [
        {
            "instrument": quote.instrument,
            "value": float(quote.value),
            "observed_at": iso(quote.observed_at),
            "fault": why or None,
        }
        for quote, why in found.quotes
    ]
    broken = [
        {
            "instrument": fault.instrument,
            "value": None,
            "observed_at": None,
            "fault": f"{fault.error.reason}: {fault.error}",
        }
        for fault in found.faults
    ]
    return answered + broken


def _table(rows: list[dict[str, Any]]) -> Table:
    table = sheet("instrument", "value", "observed at", "fault")
    for row in rows:
        value = "" if row["value"] is None else number(row["value"])
        seen = (row["observed_at"] or "")[:19].replace("T", " ")
        table.add_row(row["instrument"] or "", value, seen, row["fault"] or "")
    return table
