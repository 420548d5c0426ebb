"""`hashhedge alert`: where each rule stands, also those that cannot be judged for lack of data."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Group
from rich.text import Text

from alerts.engine import state_of
from alerts.model import AlertState, News
from monitor.app.world import World, build_step
from monitor.cli.alert_reason import bound_of
from monitor.cli.alert_tags import report, tag
from monitor.cli.alert_trail import (
    history_row,
    history_table,
    named_in,
    trail_with_notices,
    waiting,
)
from monitor.cli.calendar import CalendarOption
from monitor.cli.company import CompaniesOption
from monitor.cli.live import LiveOption, ask, committed, required_url, settings_with
from monitor.cli.live_rules import own_world, running_world
from monitor.cli.orders import AuthorOption, DryRunOption, end_of, send, show
from monitor.cli.output import Output, OutputOption, emit, sheet
from monitor.cli.output import number as number_text
from monitor.cli.reason_words import said
from monitor.cli.rules import RulesOption
from monitor.compute.nearness import reason_for
from monitor.compute.saved import Saved, read_cells
from monitor.core.clock import iso
from monitor.core.durations import duration_ms
from monitor.core.errors import ConfigError
from monitor.domain.commands import AckAlert, DrillAlert, UnackAlert
from monitor.domain.events import Quality
from monitor.store.commit import Committer

app = typer.Typer(
    help="Alerts: where each stands, who has it, what became of it.", no_args_is_help=True
)
app.command("tag")(tag)
app.command("report")(report)
RESOLVED = "resolved"
RULE_WIDTH = 24
"""So many columns of 80 a rule's id may take; a longer one is a number with its words below."""
SUBJECT_WIDTH = 10
"""So many a subject keeps, a ticker or a pair, before it is folded."""
RuleArgument = Annotated[str, typer.Argument(metavar="RULE", help="The rule's id.")]
KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help="Its subject: RIOT, BTC-USD.")]


@app.command("list")
def list_alerts(
    rules: RulesOption = None,
    companies: CompaniesOption = None,
    calendar: CalendarOption = None,
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """List every rule and subject as last committed: state, since when, value.

    By the rulebook that the running service works by; another one that is given is told apart.
    """
    url = required_url(live)
    settings = settings_with(rules=rules, companies=companies, calendar=calendar)
    world = running_world(settings, url)
    saved = read_cells(ask(url, lambda client, keys: Committer(client, keys).load()))
    rows = standing(world, saved)
    emit(rows, output, lambda: table(rows, saved.now))


def standing(world: World, saved: Saved) -> list[dict[str, Any]]:
    """Return where each rule of `world` stood when `saved` was committed.

    The step takes the memory back as it does after a restart, so nothing is worked out twice in
    two ways. A company that a metric does not apply to is left out.
    """
    step = build_step(world, users=saved.users)
    step.restore(saved)
    rows = []
    standings = step.telling.desk.ledger.standings
    for bound, subject in zip(step.watch.bindings(), step.telling.subjects(), strict=True):
        rule, record, reading = bound.rule, bound.record, bound.reading_of(step.reading)
        if reading.quality is Quality.NOT_APPLICABLE and reading.reason == "not_applicable":
            continue
        state = state_of(rule, record, reading, shut=bound.shut)
        known = standings.get(subject.name)
        ack = None if known is None else known.ack
        rows.append(
            {
                "rule": rule.id,
                "subject": bound.key,
                "state": "acked" if ack and state is AlertState.FIRING else state.value,
                "since": None if record is None else iso(record.since),
                "severity": rule.severity.value,
                "target": rule.on,
                "value": reading.value,
                "quality": reading.quality.word,
                "reason": reason_for(rule, reading, shut=bound.shut) or reading.reason or None,
                "muted_by": step.telling.quiet_by(subject) or None,
                "acked_by": None if ack is None else ack.by,
            }
        )
    return rows


@app.command("ack")
def ack_alert(
    rule: RuleArgument,
    key: KeyArgument,
    note: Annotated[str, typer.Option("--note", help="What you do about it.")] = "",
    until: Annotated[
        str, typer.Option("--until", help="`resolved`, or how long: 30m, 2026-01-31T18:00Z.")
    ] = RESOLVED,
    author: AuthorOption = None,
    dry_run: DryRunOption = False,  # an option of the command line
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Take a firing alert on: it stays quiet and says who has it, until it resolves."""
    url = required_url(live)
    ends = None if until == RESOLVED else _quiet_until(url, until)
    wish = AckAlert(rule=rule, key=key, note=note, until=ends)
    show(send(url, wish, author, dry_run=dry_run, where="RULE KEY"), output)


def _quiet_until(url: str, until: str) -> int:
    """Return when an acknowledgement ends, ms UTC: after a while, or at a moment.

    Raises:
        ConfigError: it says neither.

    """
    try:
        duration_ms(until)
    except ValueError:
        try:
            return end_of(url, None, until)
        except ConfigError as error:
            problem = f"`{until}` is neither `{RESOLVED}` nor a duration nor a moment"
            hint = "--until resolved, --until 30m or --until 2026-01-31T18:00Z"
            raise ConfigError(problem, where="--until", hint=hint) from error
    return end_of(url, until, None)


@app.command("drill")
def drill_alert(
    rule: Annotated[str, typer.Option("--rule", help="The rule's id.")],
    key: Annotated[
        str, typer.Option("--key", help="Its subject: RIOT, BTC-USD; the first one without.")
    ] = "",
    author: AuthorOption = None,
    dry_run: DryRunOption = False,  # an option of the command line
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Send a test message of a rule through the whole chain to the broker; no state changes."""
    wish = DrillAlert(rule=rule, key=key)
    show(send(required_url(live), wish, author, dry_run=dry_run, where="--rule"), output)


@app.command("unack")
def unack_alert(
    rule: RuleArgument,
    key: KeyArgument,
    author: AuthorOption = None,
    dry_run: DryRunOption = False,  # an option of the command line
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Give an alert back: it is told again if it fires still."""
    wish = UnackAlert(rule=rule, key=key)
    show(send(required_url(live), wish, author, dry_run=dry_run, where="RULE KEY"), output)


@app.command("history")
def alert_history(
    rule: RuleArgument,
    key: Annotated[str | None, typer.Argument(help="Its subject; else all of them.")] = None,
    last: Annotated[int, typer.Option("--last", min=1, max=10_000, help="How many.")] = 100,
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """List what became of an alert, oldest first: state, told or why not, who took it on."""
    url = required_url(live)
    trail = trail_with_notices(url, rule, key)
    found = [it for it in trail if it.rule == rule]
    world = None if found or rule in set(News) else own_world(settings_with(), url)
    if world is not None:  # nothing has become of it yet, or it is misspelt
        bound_of(build_step(world, users=committed(url).users), rule, key)
    late = waiting(url, rule) if found else frozenset()
    named = named_in(trail)
    rows = [history_row(item, late, named) for item in found[-last:]]
    emit(rows, output, lambda: history_table(rows))


def table(rows: list[dict[str, Any]], now: int | None) -> Group:
    """Draw where the alerts stand for 80 columns; an id is never broken."""
    moment = "nothing has been committed yet" if now is None else f"as of {iso(now)}"
    names = ("rule", "subject", "state", "since, UTC", "value", "quiet by")
    drawn = sheet(*names, right=("value",), whole=("rule", "state"))  # typed next
    widest = max((len(row["subject"]) for row in rows), default=0)
    drawn.columns[1].min_width = max(len("subject"), min(widest, SUBJECT_WIDTH))
    long = dict.fromkeys(row["rule"] for row in rows if len(row["rule"]) > RULE_WIDTH)
    marks = {rule: f"({place})" for place, rule in enumerate(long, 1)}
    for row in rows:
        since = "" if row["since"] is None else row["since"][5:16].replace("T", " ")
        rule = marks.get(row["rule"], row["rule"])
        shown = (rule, row["subject"], row["state"], since)
        told = row["muted_by"] or ""
        value = said(row["quality"])
        if row["value"] is not None:
            value = number_text(row["value"]) + ("" if value == "ok" else f" {value}")
        drawn.add_row(*shown, value, told)
    legend = (Text(f"{mark} {rule}", overflow="fold") for rule, mark in marks.items())
    return Group(Text(moment), drawn, *legend)
