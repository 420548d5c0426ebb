"""`hashhedge rules reload`: let the running service read its books anew, or say what that changes."""

from __future__ import annotations

from typing import Any

import msgspec
import typer
from rich.console import Group
from rich.text import Text

from monitor.cli.live import LiveOption, required_url
from monitor.cli.orders import AuthorOption, DryRunOption, send
from monitor.cli.output import Output, OutputOption, emit
from monitor.core.clock import iso
from monitor.domain.commands import Listed, ReloadBooks, Reply

WITHIN_S = 120.0
"""A rulebook of a hundred thousand rules takes its time."""


def add_to(rules: typer.Typer) -> None:
    """Add the command."""
    rules.command("reload")(reload_rules)


def reload_rules(
    author: AuthorOption = None,
    dry_run: DryRunOption = False,  # an option of the command line
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Read the books of the running service anew; all or none, and what is unchanged goes on.

    --dry-run prints the plan: rules added, removed, changed, and the alerts that would end. The
    service reads its own files, so a book that is elsewhere must be put in their place first.
    """
    wish, url = ReloadBooks(), required_url(live)
    reply = send(url, wish, author, dry_run=dry_run, where="the books", within_s=WITHIN_S)
    data: dict[str, Any] = msgspec.to_builtins(reply) | {"at": iso(reply.at)}
    emit(data, output, lambda: _said(reply))


def _said(reply: Reply) -> Group:
    lines = [Text(reply.text)]
    if reply.plan is not None:
        plan = reply.plan
        for word, listed in (
            ("added", plan.added),
            ("removed", plan.removed),
            ("changed", plan.changed),
            ("ends", plan.ends),
        ):
            lines += _named(word, listed)
    if reply.dry_run:
        lines.append(Text("dry run: nothing was changed", style="yellow"))
    return Group(*lines)


def _named(word: str, listed: Listed) -> list[Text]:
    lines = [Text(f"  {word:<8} {name.replace('|', ' ')}") for name in listed.names]
    more = listed.total - len(listed.names)
    return [*lines, Text(f"  {word:<8} and {more} more")] if more else lines
