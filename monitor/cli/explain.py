"""`hashhedge explain`: take a number apart down to its sources, and compute it again."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from monitor.app.world import find_catalogue
from monitor.cli.alert_reason import ALERT, AskedAlert, explain_alert
from monitor.cli.calc import metric_name
from monitor.cli.company import AsOfOption, CompaniesOption, find
from monitor.cli.inputs import parse_inputs, refuse_implausible
from monitor.cli.live import LiveOption, settings_with
from monitor.cli.output import SELF_SAID, Output, OutputOption, age, emit, measure, number, sheet
from monitor.cli.rules import RulesOption
from monitor.cli.situation import Wanted, find_situation
from monitor.cli.terminal import WIDTH_IN_PIPES
from monitor.compute.explanation import GIVEN, explain
from monitor.core.errors import ConfigError
from monitor.metrics.base import Scope

Record = dict[str, Any]

PEERS_SHOWN = 30


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("explain")(explain_metric)


def explain_metric(
    what: Annotated[
        str, typer.Argument(metavar="COMPANY.METRIC", help="For instance RIOT.margin.")
    ],
    inputs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME=VALUE]...", help="Values to put in place of the live ones."),
    ] = None,
    as_of: AsOfOption = None,
    at: Annotated[
        str | None, typer.Option("--at", help="For `explain alert RULE KEY`: at this moment, UTC.")
    ] = None,
    rules: RulesOption = None,
    companies: CompaniesOption = None,
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Print a metric's formula and every input with value, unit, age, source and quality.

    With --as-of what was known on that day counts, and the market only as given; figures whose day
    of publication is not known are named, since they count from the day they describe.

    `explain alert RULE KEY [--at TIME]` says why an alert rang, or why it did not.
    """
    if what == ALERT:
        asked = AskedAlert.of(inputs or [], at)
        explain_alert(asked, settings_with(rules=rules, companies=companies), live, output)
        return
    ticker, _, word = what.rpartition(".")
    catalogue = find_catalogue()
    metric = catalogue[metric_name(word, catalogue)]
    if metric.scope is Scope.COMPANY and not ticker:
        raise ConfigError(f"`{what}` names no company", where="COMPANY.METRIC", hint=f"RIOT.{word}")
    given = parse_inputs(inputs or [], catalogue)
    refuse_implausible(given)
    situation = find_situation(Wanted(companies, live, as_of=as_of))
    company = find(situation.companies, ticker) if ticker else None
    data = explain(situation, metric, company, given, looks_back=as_of is not None)
    emit(data, output, lambda: _draw(data), lambda: _records(data))


def _records(data: Record) -> list[Record]:
    """Return the steps and the inputs as rows: what it is, its value, where it comes from."""
    subject = {"company": data["company"], "explains": data["metric"]}
    rows: list[Record] = [
        subject | {"kind": "step", "name": step["metric"]} | step for step in data["steps"]
    ]
    rows += [subject | {"kind": "input"} | item for item in data["inputs"]]
    for part in data["compared"]:
        rows += [
            subject | {"kind": "compared", "name": part["metric"]} | row
            for row in part["companies"]
        ]
    for row in rows:
        row.pop("metric", None)
    return rows or [subject | {"kind": "refusal", "reason": data["reason"]}]


def _draw(data: Record) -> Group:
    """Draw the explanation for 80 columns."""
    parts: list[RenderableType] = [_head(data)]
    if data["steps"]:
        steps = sheet("step", "value", "formula", right=("value",))
        for step in data["steps"]:
            words = GIVEN if step["given"] else step["formula"]
            steps.add_row(step["metric"], number(step["value"], step["unit"]), words)
        parts.append(steps)
    parts += [_comparison(part) for part in data["compared"]]
    if data["inputs"]:
        sources: dict[str, str] = {}
        parts += [Text(), _inputs(data["inputs"], sources)]
        parts += [
            Text(f"[{place}] {title}\n{source}" if title else f"[{place}] {source}")
            for place, (source, title) in enumerate(sources.items(), 1)
        ]
    parts += [Text(flag, style="yellow") for flag in data["flags"]]
    parts += [Text(note, style="yellow") for note in data["notes"]]
    if data["recomputed"] is not None:
        again = measure(data["recomputed"], data["unit"])
        parts.append(Text(f"computed again from this page: {again}"))
    return Group(*parts)


def _head(data: Record) -> Text:
    head = Text()
    name = data["metric"] if data["company"] is None else f"{data['company']}.{data['metric']}"
    head.append(f"{name} = {number(data['value'], data['unit'])}", style="bold")
    head.append("" if data["unit"] in SELF_SAID or data["value"] is None else f" {data['unit']}")
    if data["value"] is None:
        head.append(f"  ({data['reason']})", style="yellow")
    elif data["quality"] != "ok":
        head.append(f"  ({data['quality']})", style="yellow")
    head.append(f"\n{data['description']}\n")
    if data["missing"]:
        head.append(f"missing: {', '.join(data['missing'])}\n", style="yellow")
    if data["applies_to"]:
        kinds = ", ".join(data["applies_to"])
        head.append(f"\nit does not apply to this company, only to: {kinds}\n", style="yellow")
    if data["refusal"]:
        head.append(f"{data['refusal']}\n", style="yellow")
    return head


def _inputs(inputs: list[Record], sources: dict[str, str]) -> RenderableType:
    table = sheet("input", "value", "unit", "age", "quality", "from", right=("value", "age"))
    table.columns[0].no_wrap = True
    for item in inputs:
        value = item.get("assumed", item)["value"]
        table.add_row(
            item["name"],
            "-" if value is None else f"{value:,.6g}",
            item["unit"] or "",
            age(item["age_s"]),
            item["quality"],
            _cited(item, sources),
        )
    return table


def _cited(item: Record, sources: dict[str, str]) -> Text:
    """Return where an input comes from: short names as they are, addresses as footnotes."""
    if not item["operand"]:
        reasons = ", ".join(item["checked_for"]).replace("_", " ")
        return Text(f"in no formula; only checked for: {reasons}")
    if "assumed" in item:
        return Text(item["assumed"]["why"])
    override = item["override"]
    if override:
        note = f": {override['note']}" if override["note"] else ""
        until = override["until"][:16].replace("T", " ")
        return Text(f"OVERRIDE by {override['author']} until {until}{note}", style="bold yellow")
    source = item["source"] or "-"
    if "://" not in source:
        return Text(source)
    sources.setdefault(source, item["title"] or "")
    basis = f"{item['basis']}, " if item["basis"] else ""
    return Text(f"{basis}{item['as_of'] or ''} [{list(sources).index(source) + 1}]")


def _comparison(part: Record) -> RenderableType:
    """Draw whom a metric compares, and who is left out for which reason."""
    names = list(part["inputs"])
    heads, legend = _heads([*names, part["metric"]])
    table = sheet("compared", *heads, right=tuple(heads))
    for row in part["companies"]:
        if row["counted"]:
            cells = [number(row["inputs"][name], part["inputs"][name] or "") for name in names]
            own = "" if row["value"] is None else number(row["value"], part["unit"])
            table.add_row(row["company"], *cells, own)
    left = [
        f"{r['company']} ({r['reason'] or r['quality']})"
        for r in part["companies"]
        if not r["counted"]
    ]
    words = [*legend, *([f"left out: {', '.join(left)}"] if left else [])]
    return Group(table, *map(Text, words))


def _heads(names: list[str]) -> tuple[list[str], list[str]]:
    """Return the heads of columns, numbers where the names would break at 80, and what they are."""
    if len("compared ") + sum(len(name) + 1 for name in names) <= WIDTH_IN_PIPES:
        return names, []
    numbers = [f"({place})" for place in range(1, len(names) + 1)]
    return numbers, [f"{word} {name}" for word, name in zip(numbers, names, strict=True)]
