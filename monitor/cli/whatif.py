"""`hashhedge whatif`: a company's numbers before and after a change that nobody has seen yet."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from monitor.cli.calc import ALIASES
from monitor.cli.company import CompaniesOption, find
from monitor.cli.inputs import parse_numbers, refuse_implausible
from monitor.cli.live import LiveOption
from monitor.cli.output import (
    SELF_SAID,
    WHOLE,
    Output,
    OutputOption,
    emit,
    number,
    percent,
    plain,
    sheet,
    short,
)
from monitor.cli.reason_words import flagged, said
from monitor.cli.situation import MarketOption, Wanted, find_situation, market_data, market_line
from monitor.compute.quantities import QuantityError
from monitor.compute.scenario import HOW, Change, new_values, parse_change, what_if
from monitor.compute.situation import Situation, unit_of
from monitor.core.errors import ConfigError
from monitor.core.mends import nearest
from monitor.domain.events import Quality, Reading
from monitor.metrics.base import Scope
from monitor.metrics.catalogue import Catalogue

Record = dict[str, Any]

SHORT = {
    "--btc": ("btc_usd",),
    "--difficulty": ("difficulty",),
    "--fees": ("fees_btc_per_block",),
    "--hashrate": ("hashrate_eh_s",),
    "--efficiency": ("efficiency_j_th",),
    "--power": ("power_price_usd_kwh",),
    "--ai-revenue": ("ai_revenue_usd_year", "ai_revenue_usd"),
}
"""An option to the inputs that it changes; forms of one figure move together."""


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(whatif)


def _short(name: str, words: str) -> Any:  # noqa: ANN401  # typer's own type of an option
    return typer.Option(name, metavar="CHANGE", help=words)


def whatif(
    ticker: Annotated[str, typer.Argument(help="Ticker, or a former one.")],
    inputs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME=VALUE]...", help="Values to start from, in place of known."),
    ] = None,
    btc: Annotated[str | None, _short("--btc", "Price of bitcoin: -20%, x2 or 60000.")] = None,
    difficulty: Annotated[str | None, _short("--difficulty", "Network difficulty.")] = None,
    fees: Annotated[str | None, _short("--fees", "Fees per block, BTC.")] = None,
    hashrate: Annotated[str | None, _short("--hashrate", "The company's hashrate, EH/s.")] = None,
    efficiency: Annotated[str | None, _short("--efficiency", "Its fleet, J/TH.")] = None,
    power: Annotated[str | None, _short("--power", "What it pays, USD/kWh or c/kWh.")] = None,
    ai_revenue: Annotated[str | None, _short("--ai-revenue", "Its AI revenue, USD/year.")] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=CHANGE", help="Any input of a metric; repeat it."),
    ] = None,
    everything: Annotated[
        bool,
        typer.Option("--all", help="Show all that moves, not only what a trader looks at first."),
    ] = False,
    market: MarketOption = None,
    companies: CompaniesOption = None,
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Show what a change does to a company: every number that moves, before and after.

    A CHANGE is -20% or +5% (of the present value), x2, or the new value itself. Nothing is fetched:
    the market is the running service's, or given, or invented and marked so.
    """
    changes = (btc, difficulty, fees, hashrate, efficiency, power, ai_revenue)
    wished = {
        option: (names, text)
        for (option, names), text in zip(SHORT.items(), changes, strict=True)
        if text is not None
    }
    situation = find_situation(Wanted(companies, live, market, invent=True))
    wished |= {f"--set {item}": _set(item, situation.catalogue) for item in setting or []}
    if not wished:
        raise ConfigError(
            "nothing is to change", where="whatif", hint="add for instance --btc -20%"
        )
    name = find(situation.companies, ticker).ticker
    given = parse_numbers(inputs or [], situation.catalogue.leaves)
    refuse_implausible(given)
    known = {key: Reading(value, Quality.OK) for key, value in given.items()}
    situation.change(known, name, "given")
    values, shown = _changed(situation, name, wished)
    data = _answer(situation, name, shown) | what_if(situation, name, values)
    data = _cut(data, everything=everything)
    emit(data, output, lambda: _draw(data), lambda: _records(data))


def _set(item: str, catalogue: Catalogue) -> tuple[tuple[str, ...], str]:
    """Return the input and the change of `--set NAME=CHANGE`; a network metric may be set too."""
    name, separator, text = item.partition("=")
    if not separator:
        raise ConfigError(f"`{item}` is no NAME=CHANGE", where="--set", hint=HOW)
    network = [metric.name for metric in catalogue if metric.scope is Scope.NETWORK]
    known = [*catalogue.leaves, *network]
    if name not in known:
        raise ConfigError(f"no input `{name}`", where="--set", hint=nearest(name, known))
    return (name,), text


def _changed(
    situation: Situation, ticker: str, wished: dict[str, tuple[tuple[str, ...], str]]
) -> tuple[dict[str, Reading], list[Record]]:
    """Return the new values, and each change as the answer shows it."""
    values: dict[str, Reading] = {}
    shown: list[Record] = []
    for option, (every, text) in wished.items():
        names = [name for name in every if name in situation.step.table]
        try:
            change = parse_change(text, _unit(situation, names[0]))
            found = new_values(situation, ticker, names, change)
        except QuantityError as error:
            where = option.partition("=")[0]
            raise ConfigError(str(error), where=where, hint=error.hint) from error
        for name, reading in found.items():
            if name in values:
                raise ConfigError(f"{name} changes twice", where=option, hint="keep one of them")
            shown.append(_input(situation, ticker, name, reading, change))
        values |= found
    return values, shown


def _unit(situation: Situation, name: str) -> str:
    in_catalogue = name in situation.catalogue
    return situation.catalogue[name].unit if in_catalogue else unit_of(name) or ""


def _input(situation: Situation, ticker: str, name: str, after: Reading, change: Change) -> Record:
    origin = situation.origin(name, ticker)
    return {
        "input": name,
        "unit": _unit(situation, name),
        "change": change.words,
        "before": origin["value"],
        "after": after.value,
        "quality": origin["quality"],
        "source": origin["source"],
        "as_of": origin["as_of"] or origin["observed_at"],
    }


def _answer(situation: Situation, ticker: str, changes: list[Record]) -> Record:
    company = situation.companies[ticker]
    return {
        "company": ticker,
        "type": company.type.value,
        "market": market_data(situation),
        "changes": changes,
    }


def _cut(data: Record, *, everything: bool) -> Record:
    """Leave out, unless all is wanted, what a trader does not look at first, and say how much."""
    metrics = data["metrics"]
    first = [m for m in metrics if m["headline"] or m["metric"] in ALIASES.values()]
    telling = any(m["change"] is not None for m in first)
    kept = first if telling and not everything else metrics
    return data | {"metrics": kept, "left_out": len(metrics) - len(kept)}


def _records(data: Record) -> list[Record]:
    """Return one row for each metric, each with the origin of its market."""
    words = ", ".join(f"{item['input']} {item['change']}" for item in data["changes"])
    same = {"company": data["company"], "changes": words, "market": data["market"]["origin"]}
    return [same | item for item in data["metrics"]]


def _draw(data: Record) -> Group:
    parts: list[RenderableType] = [
        Text(f"{data['company']}: what if", style="bold"),
        market_line(data["market"]),
    ]
    changes = sheet("input", "change", "before", "after", "unit", right=("before", "after"))
    for item in data["changes"]:
        before, after = (plain(item[side]) for side in ("before", "after"))
        changes.add_row(item["input"], item["change"], before, after, item["unit"] or "")
    marks = [Text(f"OVERRIDE {words}", style="bold yellow") for words in data["overrides"]]
    parts += [changes, *marks, Text(), *_revenue(data["revenue"])]
    table = sheet(
        "metric", "before", "after", "change", "unit", right=("before", "after", "change")
    )
    for column in table.columns[:-1]:
        column.no_wrap = True  # a name or a number broken in two is another one
    for item in data["metrics"]:
        if item["before"] is None and item["after"] is None:
            continue  # below, with its reason
        unit = "" if item["unit"] in SELF_SAID else item["unit"]
        before, after = (_value(item[side], item["unit"]) for side in ("before", "after"))
        table.add_row(item["metric"], before, after, _moved(item), unit)
    parts.append(table)
    parts += [Text(words, style="dim") for words in _limits(data)]
    return Group(*parts)


def _value(value: float | None, unit: str) -> str:
    return "unknown" if value is None else short(value, unit)


def _revenue(revenue: Record) -> list[RenderableType]:
    if revenue["change_ratio"] is None:
        return []
    change, mining = (_percent(revenue[name]) for name in ("change_ratio", "mining_change_ratio"))
    share = number(revenue["ai_share_ratio"], "ratio")
    words = (
        f"revenue of AI and mining {change} (mining {mining}; AI is {share} of the last reported)"
    )
    return [
        Text(words, style="bold"),
        *(Text(flagged(flag), style="yellow") for flag in revenue["flags"]),
    ]


def _moved(item: Record) -> str:
    """Return the change: of a ratio in points, of anything else in percent where it has one."""
    if item["change"] is None:
        return ""
    if item["unit"] == "ratio":
        return percent(item["change"], sign="+", word="pp")
    if item["unit"] in WHOLE or item["change_ratio"] is None:
        return f"{'+' if item['change'] > 0 else ''}{short(item['change'], item['unit'])}"
    return _percent(item["change_ratio"])


def _percent(ratio: float | None) -> str:
    return "-" if ratio is None else percent(ratio, sign="+")


def _limits(data: Record) -> list[str]:
    """Return why values are unknown or weak, and how much was left out."""
    reasons: dict[str, list[str]] = {}
    for item in data["metrics"]:
        if item["after"] is None or item["before"] is None:
            reasons.setdefault(item["reason"] or item["quality"], []).append(item["metric"])
        elif item["quality"] not in {"ok", "degraded", "single"}:
            reasons.setdefault(item["quality"], []).append(item["metric"])
    words = [f"{said(reason)}: {', '.join(names)}" for reason, names in reasons.items()]
    if data["left_out"]:
        words.append(f"and {data['left_out']} more that move: --all")
    return words
