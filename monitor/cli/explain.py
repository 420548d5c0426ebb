"""`hashhedge explain`: take a number apart down to its sources, and compute it again."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.text import Text

from monitor.app.world import find_catalogue
from monitor.books import load_companies
from monitor.cli.calc import metric_name, parse_inputs
from monitor.cli.company import AsOfOption, CompaniesOption, find, moment_of
from monitor.cli.live import LiveOption, ask, redis_url
from monitor.cli.output import Output, OutputOption, emit, number, sheet
from monitor.compute.plan import MARKET_INPUTS, STOCK_INPUTS
from monitor.core.clock import Millis, SystemClock, iso
from monitor.core.errors import ConfigError
from monitor.domain.companies import Company, fact_at
from monitor.domain.facts import FACTS
from monitor.metrics.base import Metric, Scope
from monitor.metrics.catalogue import Assumed, Catalogue
from monitor.store.client import RedisClient
from monitor.store.feeds import FeedStore
from monitor.store.keys import Keys
from monitor.store.views import ViewStore

Input = dict[str, Any]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(explain)


def explain(
    what: Annotated[
        str, typer.Argument(metavar="COMPANY.METRIC", help="For instance RIOT.margin.")
    ],
    inputs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME=VALUE]...", help="Values to put in place of the live ones."),
    ] = None,
    as_of: AsOfOption = None,
    companies: CompaniesOption = None,
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Print a metric's formula and every input with value, unit, age, source and quality."""
    ticker, _, word = what.rpartition(".")
    catalogue = find_catalogue()
    metric = catalogue[metric_name(word, catalogue)]
    if metric.scope is Scope.COMPANY and not ticker:
        raise ConfigError(f"`{what}` names no company", where="COMPANY.METRIC", hint=f"RIOT.{word}")
    now = moment_of(as_of, "--as-of")
    company = find(load_companies(SystemClock().now(), companies), ticker) if ticker else None
    given = parse_inputs(inputs or [], catalogue)
    url = None if as_of is not None else redis_url(live)
    market, shown = ({}, None) if url is None else ask(url, lambda c, k: _live(c, k, what, company))
    road = _road(catalogue, metric.name, given)
    leaves = {
        name: _leaf(name, company, market, given, now) for name in _leaves(catalogue, road, given)
    }
    known = {name: leaf["value"] for name, leaf in leaves.items() if leaf["value"] is not None}
    steps = [_step(catalogue, step, known | given, given) for step in road]
    found = catalogue.evaluate(metric.name, known | given)
    for name, leaf in leaves.items():
        leaf.update(_part(name, road, given) | _assumption(leaf, found.assumed.get(name)))
    data = {
        "metric": metric.name,
        "company": None if company is None else company.ticker,
        "value": steps[-1]["value"],
        "unit": found.unit,
        "reason": None if metric.name in given else found.reason or None,
        "formula": metric.formula,
        "description": metric.description,
        "definition": metric.source,
        "steps": steps,
        "inputs": list(leaves.values()),
        "live_value": None if shown is None else shown.get(metric.name, {}).get("value"),
    }
    emit(data, output, lambda: _draw(data))


async def _live(
    client: RedisClient, keys: Keys, _what: str, company: Company | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the last quotes of all sources with the market's readings, and the metric's own."""
    market, companies = await ViewStore(client, keys).read()
    quotes = await FeedStore(client, keys).quotes()
    own = market if company is None else companies.get(company.ticker, {})
    return {"readings": market, "quotes": quotes}, own


def _leaf(
    name: str,
    company: Company | None,
    market: dict[str, Any],
    given: dict[str, float],
    now: Millis,
) -> Input:
    """Return one input with everything known about it."""
    if name in given:
        return {"name": name, "value": given[name], "source": "given", "quality": "ok"}
    if name in FACTS and company is not None:
        return _figure(name, company, now)
    template = MARKET_INPUTS.get(name) or STOCK_INPUTS.get(name, "")
    instrument = template.format(ticker="" if company is None else company.ticker)
    reading = market.get("readings", {}).get(instrument, {})
    observed_at = reading.get("observed_at")
    sources = [
        key.partition("|")[2]
        for key in market.get("quotes", {})
        if key.startswith(f"{instrument}|")
    ]
    return {
        "name": name,
        "value": reading.get("value"),
        "unit": reading.get("unit"),
        "quality": reading.get("quality", "missing"),
        "source": ", ".join(sources) or None,
        "observed_at": None if observed_at is None else iso(observed_at),
        "age_s": None if observed_at is None else (now - observed_at) // 1_000,
    }


def _figure(name: str, company: Company, now: Millis) -> Input:
    figure = fact_at(company, name, now)
    if figure is None:
        return {"name": name, "value": None, "unit": FACTS[name].unit, "quality": "missing"}
    return {
        "name": name,
        "value": figure.value,
        "unit": figure.unit,
        "quality": figure.quality_at(now).word,
        "source": figure.source,
        "title": figure.title,
        "basis": figure.basis,
        "confidence": figure.confidence.value,
        "as_of": iso(figure.as_of)[:10],
        "age_s": (now - figure.as_of) // 1_000,
    }


def _road(catalogue: Catalogue, name: str, given: Collection[str]) -> list[Metric]:
    """Return the metrics on the way to `name`, itself last; nothing stands below a given one."""
    road: dict[str, Metric] = {}

    def visit(metric: Metric) -> None:
        if metric.name not in given:
            for item in metric.arguments:
                if item.name in catalogue and item.name not in road:
                    visit(catalogue[item.name])
        road[metric.name] = metric

    visit(catalogue[name])
    return list(road.values())


def _leaves(catalogue: Catalogue, road: list[Metric], given: Collection[str]) -> list[str]:
    """Return the inputs of the road's computed metrics that are no metrics themselves."""
    named = {item.name for metric in road if metric.name not in given for item in metric.arguments}
    return sorted(name for name in named if name not in catalogue)


def _step(
    catalogue: Catalogue, metric: Metric, known: dict[str, float], given: dict[str, float]
) -> dict[str, Any]:
    """Return one metric of the road: given, or computed from its own inputs."""
    step: dict[str, Any] = {"metric": metric.name, "formula": metric.formula, "unit": metric.unit}
    if metric.name in given:
        return step | {"value": given[metric.name], "given": True, "assumed": {}}
    found = catalogue.evaluate(metric.name, known)
    assumed = {name: item.words for name, item in found.assumed.items()}
    return step | {"value": found.value, "given": False, "assumed": assumed}


def _part(name: str, road: list[Metric], given: Collection[str]) -> Input:
    """Return whether an input enters a formula, or which guards alone look at it."""
    computed = [metric for metric in road if metric.name not in given]
    if any(item.operand for metric in computed for item in metric.arguments if item.name == name):
        return {"operand": True}
    guards = [guard.reason for m in computed for guard in m.guards if guard.input == name]
    return {"operand": False, "checked_for": sorted(set(guards))}


def _assumption(leaf: Input, assumed: Assumed | None) -> Input:
    """Return what stands in for an unknown input, so that the number can be computed again."""
    if leaf["value"] is not None or assumed is None:
        return {}
    return {"quality": "assumed", "assumed": {"value": assumed.value, "why": assumed.words}}


def _draw(data: dict[str, Any]) -> Group:
    """Draw the explanation for 80 columns."""
    head = Text()
    name = data["metric"] if data["company"] is None else f"{data['company']}.{data['metric']}"
    head.append(f"{name} = {number(data['value'], data['unit'])}", style="bold")
    head.append("" if data["unit"] == "ratio" else f" {data['unit']}")
    if data["value"] is None:
        head.append(f"  ({data['reason']})", style="yellow")
    head.append(f"\n{data['description']}\n")
    steps = sheet("step", "value", "formula", right=("value",))
    for step in data["steps"]:
        words = "given" if step["given"] else step["formula"]
        steps.add_row(step["metric"], number(step["value"], step["unit"]), words)
    inputs = sheet("input", "value", "unit", "age", "quality", "from", right=("value", "age"))
    inputs.columns[0].no_wrap = True
    sources: list[str] = []
    for item in data["inputs"]:
        value = item["assumed"]["value"] if "assumed" in item else item["value"]
        inputs.add_row(
            item["name"],
            "-" if value is None else f"{value:,.6g}",
            item.get("unit") or "",
            _age(item.get("age_s")),
            item["quality"],
            _cited(item, sources),
        )
    if not data["inputs"]:
        return Group(head, steps)
    notes = [Text(f"[{number}] {source}") for number, source in enumerate(sources, 1)]
    return Group(head, steps, Text(), inputs, *notes)


def _cited(item: Input, sources: list[str]) -> str:
    """Return where an input comes from: short names as they are, addresses as footnotes."""
    if not item["operand"]:
        reasons = ", ".join(item["checked_for"]).replace("_", " ")
        return f"in no formula; only checked for: {reasons}"
    if "assumed" in item:
        why: str = item["assumed"]["why"]
        return why
    source = item.get("source") or "-"
    if "://" not in source:
        return source
    if source not in sources:
        sources.append(source)
    return f"{item.get('as_of', '')} \\[{sources.index(source) + 1}]"


def _age(seconds: int | None) -> str:
    if seconds is None:
        return "-"
    for size, word in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size} {word}"
    return f"{seconds} s"
