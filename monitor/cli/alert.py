"""`hashhedge alert`: where each rule stands, also those that cannot be judged for lack of data."""

from __future__ import annotations

from typing import Any

import typer
from rich.table import Table

from alerts.engine import state_of
from monitor.app.world import World, build_step, load_world
from monitor.cli.calendar import CalendarOption
from monitor.cli.company import CompaniesOption
from monitor.cli.live import LiveOption, ask, required_url, settings_with
from monitor.cli.output import Output, OutputOption, emit
from monitor.cli.output import number as number_text
from monitor.cli.rules import RulesOption
from monitor.compute.cells import Saved, read_cells
from monitor.compute.nearness import reason_for
from monitor.core.clock import SystemClock, iso
from monitor.domain.events import Quality
from monitor.store.commit import Committer

app = typer.Typer(help="Alerts: where each rule stands.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Keep `list` a word of its own: typer would fold a single command into the group."""


@app.command("list")
def list_alerts(
    rules: RulesOption = None,
    companies: CompaniesOption = None,
    calendar: CalendarOption = None,
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """List every rule and subject as last committed: state, since when, value.

    Give it the books that the running service has.
    """
    url = required_url(live)
    settings = settings_with(rules=rules, companies=companies, calendar=calendar)
    world = load_world(settings, SystemClock().now())
    saved = read_cells(ask(url, lambda client, keys: Committer(client, keys).load()))
    rows = standing(world, saved)
    emit(rows, output, lambda: _table(rows, saved.now))


def standing(world: World, saved: Saved) -> list[dict[str, Any]]:
    """Return where each rule of `world` stood when `saved` was committed.

    The step takes the memory back as it does after a restart, so nothing is worked out twice in
    two ways. A company that a metric does not apply to is left out.
    """
    step = build_step(world)
    step.restore(saved)
    rows = []
    for bound in step.watch.bindings():
        rule, record, reading = bound.rule, bound.record, bound.reading_of(step.reading)
        if reading.quality is Quality.NOT_APPLICABLE and reading.reason == "not_applicable":
            continue
        rows.append(
            {
                "rule": rule.id,
                "subject": bound.key,
                "state": state_of(rule, record, reading, shut=bound.shut).value,
                "since": None if record is None else iso(record.since),
                "severity": rule.severity.value,
                "target": rule.on,
                "value": reading.value,
                "quality": reading.quality.word,
                "reason": reason_for(rule, reading, shut=bound.shut) or reading.reason or None,
            }
        )
    return rows


def _table(rows: list[dict[str, Any]], now: int | None) -> Table:
    moment = "nothing has been committed yet" if now is None else f"as of {iso(now)}"
    table = Table(title=moment, title_justify="left")
    for name in ("rule", "subject", "state", "since", "value", "quality"):
        table.add_column(name, overflow="fold")
    for row in rows:
        since = "" if row["since"] is None else row["since"][:19].replace("T", " ")
        shown = (row["rule"], row["subject"], row["state"], since)
        table.add_row(*shown, number_text(row["value"]), row["quality"])
    return table
