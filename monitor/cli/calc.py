"""`hashhedge calc`: any declared metric from given inputs, without a server."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from monitor.app.world import find_catalogue
from monitor.cli.inputs import parse_inputs, refuse_implausible
from monitor.cli.output import Output, OutputOption, emit, measure, plain, sheet
from monitor.cli.reason_words import lacking, said
from monitor.core.errors import ConfigError
from monitor.core.mends import nearest
from monitor.metrics.catalogue import Catalogue, Evaluation

ALIASES = {"margin": "mining_margin_ratio"}
"""Short words for metrics, as people say them."""


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(calc)


def calc(
    metric: Annotated[str, typer.Argument(help="Name of the metric.")],
    inputs: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME=VALUE]...", help="Inputs, as numbers.")
    ] = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Compute METRIC from the given inputs; what is missing is named, never taken for 0.

    Example: hashhedge calc implied_hashrate_eh_s difficulty=126.98e12
    """
    catalogue = find_catalogue()
    name = metric_name(metric, catalogue)
    given = parse_inputs(inputs or [], catalogue)
    if name in given:
        raise ConfigError(f"`{name}` is what is asked", where="inputs", hint="leave it out")
    # nothing at all is no slip of the unit: a formula that cannot take it says so by name
    refuse_implausible({key: value for key, value in given.items() if value})
    found = catalogue.evaluate(name, given)
    emit(as_data(found), output, lambda: _table(found))


def metric_name(word: str, catalogue: Catalogue) -> str:
    """Return the metric that `word` names, in capitals or not.

    Raises:
        ConfigError: there is none; the message has the nearest names.

    """
    name = ALIASES.get(word.lower(), word.lower())
    if name not in catalogue:
        names = [metric.name for metric in catalogue]
        raise ConfigError(f"no metric `{word}`", where="METRIC", hint=nearest(word, names))
    return name


def as_data(found: Evaluation) -> dict[str, Any]:
    """Return an evaluation as the command prints it."""
    data: dict[str, Any] = {
        "metric": found.metric.name,
        "value": found.value,
        "unit": found.unit,
        "inputs": dict(found.used) | dict(found.inputs),
        "reason": found.reason or None,
    }
    if found.remarks:
        data["remarks"] = list(found.remarks)
    if found.missing:
        data["missing"] = list(found.missing)
    if found.metric.refusal:
        data["applies_to"] = _types(found)
        data["refusal"] = found.metric.refusal
    if found.assumed:
        data["assumed"] = {
            name: {"value": item.value, "why": item.words} for name, item in found.assumed.items()
        }
    return data


def _table(found: Evaluation) -> Table:
    table = sheet("", "")
    table.show_header = False
    table.add_row(found.metric.name, Text(measure(found.value, found.unit), style="bold"))
    table.add_row("", found.metric.description)
    table.add_row("formula", found.metric.formula)
    # an assumption further down the road is shown too: the number is no better than it
    deeper = {name: item.value for name, item in found.assumed.items()}
    for name, value in {**found.used, **deeper, **found.inputs}.items():
        assumed = found.assumed.get(name)
        table.add_row(name, plain(value) + (f"  (assumed: {assumed.words})" if assumed else ""))
    for word in found.remarks:
        table.add_row("remark", said(word))
    if found.value is None:
        table.add_row("no value because", lacking(found.missing, found.reason))
    if found.metric.refusal:
        table.add_row(f"only for {', '.join(_types(found))}", found.metric.refusal)
    return table


def _types(found: Evaluation) -> list[str]:
    return sorted(kind.value for kind in found.metric.applies_to)
