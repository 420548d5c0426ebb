"""`hashhedge explain`: take a number apart down to its sources, and compute it again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from monitor.app.world import find_catalogue
from monitor.books import load_companies
from monitor.cli.alert_reason import ALERT, AskedAlert, explain_alert
from monitor.cli.calc import ALIASES, metric_name
from monitor.cli.company import AsOfOption, CompaniesOption, find
from monitor.cli.inputs import parse_inputs, refuse_implausible
from monitor.cli.live import LiveOption, settings_with
from monitor.cli.output import (
    SELF_SAID,
    Output,
    OutputOption,
    age,
    emit,
    measure,
    number,
    plain,
    sheet,
)
from monitor.cli.reason_words import flagged, said
from monitor.cli.rules import RulesOption
from monitor.cli.situation import Wanted, find_situation
from monitor.cli.terminal import WIDTH_IN_PIPES
from monitor.compute.card_metrics import CONVERTED
from monitor.compute.explanation import GIVEN, explain
from monitor.core.clock import SystemClock
from monitor.core.errors import ConfigError
from monitor.metrics.base import Metric, Scope
from monitor.metrics.catalogue import Catalogue

Record = dict[str, Any]

FEW = 4
"""So many numbers of a company are named where none was asked for."""
FROM_WIDTH = 14
"""Least columns for where an input comes from: a date and its note."""


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
    metric = _metric(what, ticker, word, catalogue, companies)
    if metric.scope is Scope.COMPANY and not ticker:
        raise ConfigError(f"`{what}` names no company", where="COMPANY.METRIC", hint=f"RIOT.{word}")
    given = parse_inputs(inputs or [], catalogue)
    refuse_implausible(given)
    situation = find_situation(Wanted(companies, live, as_of=as_of))
    company = find(situation.companies, ticker) if ticker else None
    data = explain(situation, metric, company, given, looks_back=as_of is not None)
    emit(data, output, lambda: _draw(data), lambda: _records(data))


def _metric(what: str, ticker: str, word: str, catalogue: Catalogue, folder: Path | None) -> Metric:
    """Return the metric that is asked for; a company alone is told what can be asked of it."""
    try:
        return catalogue[metric_name(word, catalogue)]
    except ConfigError:
        books = load_companies(SystemClock().now(), folder)
        company = None if ticker else books.find(word)
        if company is None:
            raise
    asked = [name for name in ALIASES.values() if name in catalogue]
    first = dict.fromkeys([*asked, *(metric.name for metric in catalogue if metric.headline)])
    own = [
        f"{company.ticker}.{name}"
        for name in first
        if catalogue[name].scope is Scope.COMPANY and company.type in catalogue[name].applies_to
    ]
    hint = (
        f"say which of its numbers: {', '.join(own[:FEW])}; `hashhedge company show {what}` has all"
    )
    raise ConfigError(f"`{what}` is a company", where="COMPANY.METRIC", hint=hint)


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
        parts.append(_steps(data["steps"]))
    parts += [_comparison(part) for part in data["compared"]]
    if data["inputs"]:
        sources: dict[str, str] = {}
        parts += [Text(), _inputs(data["inputs"], sources)]
        parts += [
            Text(f"[{place}] {title}\n{source}" if title else f"[{place}] {source}")
            for place, (source, title) in enumerate(sources.items(), 1)
        ]
    parts += [Text(line) for item in data["inputs"] for line in _converted(item)]
    shown = [flag for flag in data["flags"] if not flag.startswith(CONVERTED)]
    parts += [Text(flagged(flag), style="yellow") for flag in shown]
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
        head.append(f"  ({said(data['reason'])})", style="yellow")
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


def _steps(steps: list[Record]) -> RenderableType:
    """Draw the steps; where a name or a word of a formula would break, formulas get their lines."""
    rows = [
        (
            step["metric"],
            number(step["value"], step["unit"]),
            GIVEN if step["given"] else step["formula"],
        )
        for step in steps
    ]
    names, values = (max(len(row[place]) for row in rows) for place in (0, 1))
    word = max(len(word) for *_, formula in rows for word in formula.split())
    apart = max(names, len("step")) + max(values, len("value")) + word + 4 > WIDTH_IN_PIPES
    table = sheet("step", "value", *([] if apart else ["formula"]), right=("value",))
    table.columns[0].no_wrap = not apart
    for name, value, formula in rows:
        if apart:
            table.add_row(f"{name}\n  = {formula}", value)
        else:
            table.add_row(name, value, formula)
    return table


def _inputs(inputs: list[Record], sources: dict[str, str]) -> RenderableType:
    """Draw the inputs; where a date would break beside them, it stands below where each is from."""
    rows = [
        (
            item["name"],
            "-" if value is None else plain(value),
            item["unit"] or "",
            age(item["age_s"]),
            item["quality"],
            _cited(item, sources),
        )
        for item in inputs
        for value in (item.get("assumed", item)["value"],)
    ]
    heads = ("input", "value", "unit", "age", "quality")
    taken = sum(
        max(len(head), *(len(row[place]) for row in rows)) + 2 for place, head in enumerate(heads)
    )
    apart = taken + FROM_WIDTH > WIDTH_IN_PIPES
    table = sheet(*heads, *([] if apart else ["from"]), right=("value", "age"))
    for column in table.columns[: len(heads)]:  # a number broken in two reads as two
        column.no_wrap = True
    for row in rows:
        table.add_row(*(row[:-1] if apart else row))
    below = [Text(f"{row[0]}: {row[-1].plain}", style=row[-1].style) for row in rows if apart]
    return Group(table, *(line for line in below if not line.plain.endswith(": -")))


def _cited(item: Record, sources: dict[str, str]) -> Text:
    """Return where an input comes from: short names as they are, addresses as footnotes."""
    if not item["operand"]:
        reasons = ", ".join(map(said, item["checked_for"]))
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


def _converted(item: Record) -> Iterator[str]:
    """Yield what an input was in another currency, the rate, whose it is and how old."""
    found = item["converted"]
    if found is None:
        return
    amount = f"{item['name']}: {plain(found['value'])} {found['unit']}"
    if found["usd_rate"] is None:
        yield f"{amount}; no rate USD-{found['currency']} is known, so it has no value in USD"
        return
    rate = f"{found['usd_rate']:.5g} USD/{found['currency']}"
    at = found["rate_at"][:16].replace("T", " ")
    yield f"{amount} at {rate} of {found['rate_source']}, {at} ({age(found['rate_age_s'])} old)"


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
        f"{r['company']} ({said(r['reason'] or r['quality'])})"
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
