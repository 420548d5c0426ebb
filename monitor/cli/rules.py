"""`hashhedge rules`: check a rulebook, list what it watches."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from alerts.rulebook import Rulebook, doubts_about, rulebook_schema
from alerts.rules.base import Rule
from monitor.app.world import find_catalogue, find_rule_types, load_rules
from monitor.books import load_companies
from monitor.cli.company import CompaniesOption
from monitor.cli.output import Output, OutputOption, emit, sheet, talk
from monitor.compute.step import targets
from monitor.core.clock import SystemClock

app = typer.Typer(help="Rules: check them, list them.", no_args_is_help=True)

RulesOption = Annotated[
    Path | None, typer.Option("--rules", envvar="HASHHEDGE_RULES", help="Rulebook.")
]


def _load(path: Path | None, companies: Path | None) -> Rulebook:
    tickers = list(load_companies(SystemClock().now(), companies))
    return load_rules(path, find_catalogue(), tickers)


@app.command()
def check(
    file: Annotated[
        Path | None, typer.Argument(help="Rulebook; the default one if left out.")
    ] = None,
    companies: CompaniesOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Read a rulebook; exit 2 and name file, line, cause and mend if a rule cannot work."""
    book = _load(file, companies)
    tickers = list(load_companies(SystemClock().now(), companies))
    doubts = doubts_about(book, targets(find_catalogue(), tickers))
    for doubt in doubts:
        talk.print(f"[yellow]doubt[/] {doubt}", soft_wrap=True)
    data = {
        "file": book.name,
        "rules": len(book.rules),
        "version": book.version,
        "doubts": doubts,
    }
    emit(data, output, lambda: Text(f"fine: {len(book.rules)} rules in {book.name}"))


@app.command()
def schema(output: OutputOption = Output.JSON) -> None:
    """Print the JSON Schema of a rulebook, for editors that complete and check YAML."""
    data = rulebook_schema(find_rule_types())
    emit(data, output, lambda: Text(json.dumps(data, indent=2)))


@app.command("list")
def list_rules(
    rules: RulesOption = None,
    companies: CompaniesOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """List the rules of a rulebook."""
    rows = [_row(rule) for rule in _load(rules, companies).rules]
    emit(rows, output, lambda: _table(rows))


def _row(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "on": rule.on,
        "levels": list(rule.edges()),
        "condition": _condition(rule),
        "for": rule.for_,
        "severity": rule.severity.value,
        "companies": rule.companies if rule.companies == "all" else list(rule.companies),
        "version": rule.version,
    }


def _condition(rule: Rule) -> str:
    """Return the fields that the rule's type adds, for instance `below 0.25, recover 0.3`."""
    own = [name for name in rule.__struct_fields__ if name not in Rule.__struct_fields__]
    values = {name: getattr(rule, name) for name in own}
    return ", ".join(
        f"{name} {value:.10g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in values.items()
        if value is not None
    )


def _table(rows: list[dict[str, Any]]) -> Table:
    table = sheet("rule", "watches", "fires", "for", "severity")
    for row in rows:
        table.add_row(
            row["id"], row["on"], row["condition"].replace(", ", ",\n"), row["for"], row["severity"]
        )
    return table
