"""`hashhedge rules diff`: what a change of a rulebook says, and what it would have changed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from monitor.app.backtesting import Tape, backtest
from monitor.app.world import World, load_rules, load_world
from monitor.cli.backtest import FactsOption, FromOption, ToOption, tape_of
from monitor.cli.calendar import CalendarOption
from monitor.cli.company import CompaniesOption
from monitor.cli.live import settings_with
from monitor.cli.output import Output, OutputOption, emit, number, sheet
from monitor.cli.replay import Facts
from monitor.core.clock import DAY, SystemClock, iso
from monitor.telemetry.logs import configure
from monitor.tuning.difference import Change, Edit, edits, lost
from monitor.tuning.episodes import Episode
from monitor.tuning.watching import Past

MONTH = 30 * DAY
SHOWN = 20


def diff(
    old: Annotated[Path, typer.Argument(help="Rulebook as it was.")],
    new: Annotated[Path, typer.Argument(help="Rulebook as it shall be.")],
    history: Annotated[
        str | None, typer.Option(help="Folder of history, or `bundled`: compare alerts on it.")
    ] = None,
    start: FromOption = None,
    end: ToOption = None,
    facts: FactsOption = Facts.LATEST,
    companies: CompaniesOption = None,
    calendar: CalendarOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Compare two rulebooks: what is written otherwise and, on a history, told otherwise."""
    configure("error", environ=os.environ)
    settings = settings_with(rules=old, companies=companies, calendar=calendar)
    before = load_world(settings, SystemClock().now())
    book = load_rules(new, before.catalogue, list(before.companies), before.agenda)
    after = replace(before, rulebook=book)
    data: dict[str, Any] = {
        "rules": [_edit(it) for it in edits(before.rulebook, book)],
        "history": None,
    }
    if history is not None:
        tape = tape_of(history, start, end)
        data["history"] = _told(before, after, tape, hindsight=facts is Facts.LATEST)
    emit(data, output, lambda: _drawn(data), lambda: _records(data))


def _edit(it: Edit) -> dict[str, Any]:
    fields = [{"field": name, "old": old, "new": new} for name, old, new in it.fields]
    return {"name": it.name, "change": it.what, "decides": it.decides, "fields": fields}


def _told(before: World, after: World, tape: Tape, *, hindsight: bool) -> dict[str, Any]:
    old, new = (backtest(world, tape, hindsight=hindsight) for world in (before, after))
    units = {
        bound.rule.id: bound.series.unit
        for past in (old, new)
        for bound in past.step.watch.bindings()
    }
    was, shall_be = old.episodes.alerts(), new.episodes.alerts()
    gone, come = lost(was, shall_be), lost(shall_be, was)
    return {
        "history": tape.words,
        "from": iso(old.begin or 0),
        "to": iso(old.end),
        "alerts_old": _told_of(was),
        "alerts_new": _told_of(shall_be),
        "added_per_month": _monthly(len(come), old),
        "lost_per_month": _monthly(len(gone), old),
        "added": [_change(it, units) for it in come],
        "lost": [_change(it, units) for it in gone],
    }


def _told_of(alerts: Iterable[Episode]) -> int:
    return sum(not it.muted_by for it in alerts)


def _monthly(many: int, past: Past) -> float | None:
    return many * MONTH / past.length_ms if past.length_ms else None


def _change(it: Change, units: dict[str, str]) -> dict[str, Any]:
    return {
        "rule": it.rule,
        "subject": it.key,
        "at": iso(it.at),
        "value": it.value,
        "unit": units.get(it.rule, ""),
        "muted_by": it.why or None,
    }


def _records(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return one row for each alert that is added or lost, or for each change without a history."""
    if data["history"] is None:
        rows: list[dict[str, Any]] = data["rules"]
        return rows
    return [
        {"change": change} | row for change in ("added", "lost") for row in data["history"][change]
    ]


def _drawn(data: dict[str, Any]) -> Group:
    return Group(*_written(data["rules"]), *_alerts(data["history"]))


def _written(rows: list[dict[str, Any]]) -> Iterator[RenderableType]:
    if not rows:
        yield Text("the books say the same")
    for row in rows:
        words = "" if row["decides"] or row["change"] != "changed" else " (fires as before)"
        yield Text(f"{row['change']} {row['name']}{words}")
        for field in row["fields"]:
            yield Text(f"  - {field['field']}: {field['old'] or 'nothing'}", style="red")
            yield Text(f"  + {field['field']}: {field['new'] or 'nothing'}", style="green")


def _alerts(found: dict[str, Any] | None) -> Iterator[RenderableType]:
    if found is None:
        return
    months = [found[f"{name}_per_month"] for name in ("added", "lost")]
    rates = ["-" if it is None else f"{it:,.1f}" for it in months]
    yield Text(
        f"{found['from'][:10]} to {found['to'][:10]}: {found['alerts_old']} alerts before, "
        f"{found['alerts_new']} after; {len(found['added'])} added ({rates[0]} a month), "
        f"{len(found['lost'])} lost ({rates[1]} a month)"
    )
    rows = [(sign, row) for sign, name in (("+", "added"), ("-", "lost")) for row in found[name]]
    if not rows:
        return
    table = sheet("", "rule", "subject", "at, UTC", "value", "now muted by", right=("value",))
    for sign, row in rows[:SHOWN]:
        at = row["at"][:16].replace("T", " ")
        value = number(row["value"], row["unit"])
        table.add_row(sign, row["rule"], row["subject"], at, value, row["muted_by"] or "")
    yield table
    if len(rows) > SHOWN:
        yield Text(f"{len(rows) - SHOWN} more; --output csv has all", style="dim")
