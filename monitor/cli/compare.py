"""`hashhedge compare`: companies side by side, each value with its age, its basis and its place."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from monitor.cli.calc import ALIASES, metric_name
from monitor.cli.company import AsOfOption, CompaniesOption, find
from monitor.cli.live import LiveOption
from monitor.cli.output import SELF_SAID, Output, OutputOption, age, emit, number, sheet, short
from monitor.cli.reason_words import said
from monitor.cli.situation import MarketOption, Wanted, find_situation, market_data, market_line
from monitor.compute.comparison import compare, look_ahead, refused
from monitor.compute.situation import Situation
from monitor.core.errors import ConfigError
from monitor.domain.events import Quality
from monitor.metrics.base import Metric, Scope
from monitor.metrics.catalogue import Catalogue

Record = dict[str, Any]

COLUMNS = 5
"""Metrics that 80 columns hold beside the tickers."""


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("compare")(compare_companies)


def compare_companies(
    metrics: Annotated[
        list[str] | None,
        typer.Argument(metavar="[METRIC]...", help="What to compare; else what matters first."),
    ] = None,
    tickers: Annotated[
        list[str] | None,
        typer.Option("--tickers", help="Only these companies: RIOT,HIVE. May be repeated."),
    ] = None,
    with_stale: Annotated[
        bool, typer.Option("--with-stale", help="Rank also what is too old for a rule to fire on.")
    ] = False,
    ascending: Annotated[bool, typer.Option("--ascending", help="The lowest value first.")] = False,
    market: MarketOption = None,
    as_of: AsOfOption = None,
    companies: CompaniesOption = None,
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Compare companies by METRIC: value, age, quality, rank and robust z-score, the highest first.

    Ranked is what a rule may fire on. A value too old for that, or unknown, stands below with the
    reason. Several metrics make one row a company, sorted by the first.
    """
    situation = find_situation(Wanted(companies, live, market, as_of))
    worst = Quality.STALE if with_stale else Quality.SINGLE
    chosen = _chosen(metrics or [], situation.catalogue)
    words = [word for item in tickers or [] for word in item.replace(",", " ").split()]
    named = {find(situation.companies, word).ticker for word in words}
    parts = [_part(situation, metric, named, worst, ascending=ascending) for metric in chosen]
    notes = [] if as_of is None else _look_ahead(situation, parts)
    data = {"market": market_data(situation), "metrics": parts, "notes": notes}
    emit(data, output, lambda: _draw(data), lambda: list(_records(data)))


def _part(
    situation: Situation,
    metric: Metric,
    named: Collection[str],
    worst: Quality,
    *,
    ascending: bool,
) -> Record:
    return {
        "metric": metric.name,
        "label": metric.label or metric.name,
        "unit": metric.unit,
        "rows": compare(situation, metric, named, worst, ascending=ascending),
        "refusal": metric.refusal or None,
        "refused": refused(situation, metric, named),
    }


def _look_ahead(situation: Situation, parts: Sequence[Record]) -> list[str]:
    """Return the notes of all parts, each once: metrics share their figures."""
    catalogue = situation.catalogue
    notes = (look_ahead(situation, catalogue[part["metric"]], part["rows"]) for part in parts)
    return list(dict.fromkeys(note for found in notes for note in found))


def _chosen(words: Sequence[str], catalogue: Catalogue) -> list[Metric]:
    """Return the metrics that are named, without a name those that matter first.

    Raises:
        ConfigError: a word names none, or one that has no value per company.

    """
    if not words:
        said = [catalogue[name] for name in ALIASES.values()]
        first = [metric for metric in catalogue if metric.headline and metric not in said]
        return said + [metric for metric in first if metric.scope is Scope.COMPANY]
    found = [catalogue[metric_name(word, catalogue)] for word in dict.fromkeys(words)]
    for metric in found:
        if metric.scope is not Scope.COMPANY:
            raise ConfigError(
                f"`{metric.name}` has one value in all: there is nothing to compare",
                where="METRIC",
                hint=f"hashhedge explain {metric.name}",
            )
    return found


def _records(data: Record) -> Iterator[Record]:
    for part in data["metrics"]:
        for row in part["rows"]:
            words = part["refusal"] if row["company"] in part["refused"] else None
            yield row | {"refusal": words}


def _draw(data: Record) -> Group:
    parts: list[RenderableType] = []
    if any(row["market"] for row in _records(data)):
        parts.append(market_line(data["market"]))
    if len(data["metrics"]) == 1:
        parts += _one(data["metrics"][0])
    else:
        for first in range(0, len(data["metrics"]), COLUMNS):
            parts.append(_several(data["metrics"], data["metrics"][first : first + COLUMNS]))
        parts.append(
            Text(
                "in brackets: not ranked, for it is too old or not agreed; `hashhedge "
                "compare METRIC` has age, basis, rank",
                style="dim",
            )
        )
    parts += _refusals(data["metrics"])
    parts += (Text(note, style="yellow") for note in data["notes"])
    return Group(*parts)


def _refusals(parts: list[Record]) -> Iterator[Text]:
    """Yield whom a metric is refused to and why, the words once for all metrics that share them."""
    whom: dict[str, tuple[list[str], list[str]]] = {}
    for part in parts:
        if part["refused"]:
            labels, _ = whom.setdefault(part["refusal"], ([], part["refused"]))
            labels.append(part["label"])
    for words, (labels, tickers) in whom.items():
        yield Text(f"{'; '.join(labels)}: not for {', '.join(tickers)}. {words}", style="yellow")


def _one(part: Record) -> list[RenderableType]:
    names = ("rank", "company", part["label"], "z", "oldest input", "age", "basis", "quality")
    table = sheet(*names, right=("rank", part["label"], "z", "age"))
    notes: list[str] = []
    reasons: dict[str, list[str]] = {}
    for row in part["rows"]:
        z = "" if row["robust_z"] is None else f"{row['robust_z']:+.2f}"
        notes += [f"* {row['company']}: OVERRIDE {words}" for words in row["overrides"]]
        if row["value"] is None and row["company"] not in part["refused"]:
            reasons.setdefault(row["reason"], []).append(row["company"])
        table.add_row(
            str(row["rank"] or "-"),
            row["company"] + ("*" if row["overrides"] else ""),
            number(row["value"], row["unit"]),
            z,
            (row["as_of"] or "-")[:10],
            age(row["age_s"]),
            row["basis"] or "",
            said(row["quality"]),
        )
    notes += [f"{said(reason)}: {', '.join(tickers)}" for reason, tickers in reasons.items()]
    unit = "" if part["unit"] in SELF_SAID else f", {part['unit']}"
    head = Text(f"{part['metric']}{unit}", style="bold")
    return [head, table, *(Text(words, style="yellow") for words in notes)]


def _several(every: list[Record], parts: list[Record]) -> Group:
    """Draw one row a company in the order of the first metric of all, then of the next."""
    order = dict.fromkeys(row["company"] for part in every for row in part["rows"])
    labels = [
        part["label"] if part["unit"] in SELF_SAID else f"{part['label']}, {part['unit']}"
        for part in parts
    ]
    table = sheet("company", *labels, right=tuple(labels))
    cells = [{row["company"]: row for row in part["rows"]} for part in parts]
    without: list[str] = []
    for ticker in order:
        rows = [column.get(ticker) for column in cells]
        if not any(row and row["value"] is not None for row in rows):
            without += [ticker] if any(row and not _does_not_apply(row) for row in rows) else []
            continue
        mark = "*" if any(row and row["overrides"] for row in rows) else ""
        table.add_row(ticker + mark, *(_cell(row) for row in rows))
    what = "" if table.row_count else f"{'; '.join(labels)}: "
    words = [Text(f"{what}nothing known of {', '.join(without)}", style="dim")] if without else []
    return Group(*([table] if table.row_count else []), *words, Text())


def _does_not_apply(row: Record) -> bool:
    return bool(row["quality"] == Quality.NOT_APPLICABLE.word)


def _cell(row: Record | None) -> str:
    if row is None:
        return ""
    if row["value"] is None:
        return "-"
    value = short(row["value"], row["unit"])
    if not row["ranked"]:
        return f"({value})"
    return value if row["rank"] is None else f"{value} #{row['rank']}"
