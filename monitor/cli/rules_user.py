"""`hashhedge rules set` and `remove`: rules of a user's own, kept by the running service."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from alerts.desk.user_rules import UserRule
from alerts.rule_mistakes import mistakes
from alerts.rule_text import raise_all
from alerts.rules.base import Rule
from monitor.app.world import find_rule_types
from monitor.cli.live import LiveOption, required_url
from monitor.cli.orders import DryRunOption, send, show
from monitor.cli.output import Output, OutputOption, emit, sheet
from monitor.cli.rule_words import condition_of
from monitor.cli.user_names import OwnerOption
from monitor.compute.step import Step
from monitor.core.clock import iso
from monitor.core.errors import ConfigError
from monitor.core.yamltext import MAX_BYTES, Document, parse_document, read_document
from monitor.domain.commands import RemoveRule, SetRule

STDIN = "-"


def add_to(rules: typer.Typer) -> None:
    """Add the commands."""
    rules.command("set")(set_rule)
    rules.command("remove")(remove_rule)


def set_rule(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="One rule, in YAML or JSON; - reads stdin.")
    ],
    user: OwnerOption,
    dry_run: DryRunOption = False,  # an option of the command line
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Keep a rule of a user's own: it works at once, beside those of the rulebook.

    One of the same id is replaced; what it decides alike goes on, a firing alert of another one
    ends. At work it is called `<user>.<id>`, in topics as well.
    """
    document = _read(file)
    raise_all(mistakes(document, find_rule_types()))
    wish, url = SetRule(rule=document.data), required_url(live)
    show(send(url, wish, user, dry_run=dry_run, where=document.name), output)


def remove_rule(
    rule: Annotated[str, typer.Argument(metavar="ID", help="Its id, as it was set.")],
    user: OwnerOption,
    dry_run: DryRunOption = False,  # an option of the command line
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Remove a rule of a user's own; an alert of it that fires ends."""
    wish = RemoveRule(rule=rule.removeprefix(f"{user}."))
    show(send(required_url(live), wish, user, dry_run=dry_run, where="ID"), output)


def _read(file: str) -> Document:
    """Return what a file, or stdin, says.

    Raises:
        ConfigError: it cannot be read, or is not one rule.

    """
    if file == STDIN:
        document = parse_document(sys.stdin.read(MAX_BYTES + 1), "stdin")
    else:
        document = read_document(Path(file))
    if isinstance(document.data, dict) and "rules" not in document.data:
        return document
    hint = "write its keys at the left edge, without `rules:` and without a dash"
    raise ConfigError("this is not one rule", where=document.where(), hint=hint)


def list_own(step: Step, user: str, output: Output, *, bad: bool) -> None:
    """List the rules of a user, those alone that cannot work if `bad`."""
    rules = {rule.id: rule for rule in step.users.bench.rules}
    broken = step.users.bench.broken
    rows = [
        _row(each, rules.get(each.name), broken.get(each.name))
        for each in step.users.of(user)
        if not bad or each.name in broken
    ]
    emit(rows, output, lambda: _table(rows, user))


def _row(kept: UserRule, rule: Rule | None, broken: str | None) -> dict[str, Any]:
    return {
        "id": kept.id,
        "rule": kept.name,
        "owner": kept.owner,
        "on": kept.rule.get("on"),
        "condition": None if rule is None else condition_of(rule),
        "severity": None if rule is None else rule.severity.value,
        "set_at": iso(kept.at),
        "broken": broken,
        "written": dict(kept.rule),
    }


def _table(rows: list[dict[str, Any]], user: str) -> Group | Table:
    if not rows:
        return Group(Text(f"{user} has none here: hashhedge rules set --user {user} FILE"))
    table = sheet("id", "watches", "fires", "severity", "set, UTC")
    for row in rows:
        fires = (row["condition"] or f"broken: {row['broken']}").replace(", ", ",\n")
        at = row["set_at"][:16].replace("T", " ")
        table.add_row(row["id"], str(row["on"]), fires, row["severity"] or "-", at)
    return Group(table)
