"""`hashhedge scope`: what there is not, on purpose, and what does the job instead."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Group
from rich.text import Text

from monitor.books import load_scope
from monitor.cli.output import Output, OutputOption, emit
from monitor.core.errors import ConfigError
from monitor.core.mends import nearest


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("scope")(show_scope)


def show_scope(
    feature: Annotated[
        str | None, typer.Argument(metavar="ID", help="For instance L02; all if left out.")
    ] = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Print what is left out on purpose, with the reason and what to use instead."""
    scope = load_scope()
    wanted = None if feature is None else feature.upper()
    if wanted is not None and wanted not in scope:
        problem = f"`{feature}` is not among what is left out"
        hint = f"{nearest(wanted, list(scope))}; without an id all are listed"
        raise ConfigError(problem, where="ID", hint=hint)
    rows = [
        {
            "id": name,
            "name": item.name,
            "reason": item.reason,
            "instead": item.instead or None,
        }
        for name, item in scope.items()
        if wanted in {None, name}
    ]
    emit(rows, output, lambda: _list(rows))


def _list(rows: list[dict[str, Any]]) -> Group:
    lines: list[Text] = []
    for row in rows:
        lines.append(Text.assemble((row["id"], "bold"), f" out: {row['name']}"))
        lines.append(Text(f"  {row['reason']}"))
        if row["instead"]:
            lines.append(Text(f"  instead: {row['instead']}"))
    return Group(*lines)
