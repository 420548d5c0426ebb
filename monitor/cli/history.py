"""`hashhedge history`: how one figure of a company came to where it is."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from monitor.cli.alert import alert_history
from monitor.cli.company import AsOfOption, CompaniesOption
from monitor.cli.fact_names import WHERE, company_fact
from monitor.cli.live import LiveOption
from monitor.cli.output import Output, OutputOption, emit, number, percent, plain, sheet
from monitor.cli.situation import Wanted, find_situation
from monitor.compute.fact_history import history
from monitor.core.errors import ConfigError
from monitor.domain.facts import FACTS

Record = dict[str, Any]
ALERT = "alert"
MOST_WORDS = 2
"""A rule and its subject."""


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("history")(show_history)


def show_history(
    what: Annotated[str, typer.Argument(metavar=WHERE, help="For instance IREN.gpu_count.")],
    alert: Annotated[
        list[str] | None,
        typer.Argument(metavar="RULE KEY", help="After the word `alert`: of an alert."),
    ] = None,
    as_of: AsOfOption = None,
    companies: CompaniesOption = None,
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Show every dated figure of a company's fact with its source, and the change between them.

    `history alert RULE` shows what became of an alert, as `alert history RULE` does.
    """
    if what == ALERT or alert:
        rule, key = _alert_of(what, alert or [])
        alert_history(rule, key, live=live, output=output)
        return
    situation = find_situation(Wanted(companies, live, as_of=as_of))
    company, fact = company_fact(what, situation.companies)
    rows = history(company, fact, situation.now)
    data = {
        "company": company.ticker,
        "fact": fact,
        "unit": FACTS[fact].unit,
        "description": FACTS[fact].description,
        "figures": rows,
    }
    same = {"company": company.ticker}
    emit(data, output, lambda: _draw(data), lambda: [same | row for row in rows])


def _alert_of(what: str, words: list[str]) -> tuple[str, str | None]:
    """Return the rule and the subject that are meant.

    Raises:
        ConfigError: there is no rule, or there are more words than that.

    """
    if what != ALERT or not 1 <= len(words) <= MOST_WORDS:
        problem = f"`{' '.join((what, *words))[:80]}` is neither a fact nor an alert"
        raise ConfigError(problem, where=WHERE, hint="IREN.gpu_count, or alert btc-low BTC-USD")
    return words[0], words[1] if len(words) == MOST_WORDS else None


def _draw(data: Record) -> Group:
    rows, unit = data["figures"], data["unit"]
    name = f"{data['company']}.{data['fact']}"
    head = Text.assemble((name, "bold"), f"  {data['description']}")
    if not rows:
        return Group(head, Text("no figure is known", style="yellow"))
    table = sheet(
        "as of",
        f"value, {unit}",
        "change",
        "since first",
        "src",
        "what is known of it",
        right=(f"value, {unit}", "change", "since first", "src"),
    )
    table.columns[0].no_wrap = True
    sources: dict[str, str] = {}
    for row in rows:
        sources.setdefault(row["source"], row["title"])
        table.add_row(
            row["as_of"],
            _value(row["value"], unit),
            _change(row),
            "" if row["times_first"] is None else f"{row['times_first']:,.4g} x",
            f"[{list(sources).index(row['source']) + 1}]",
            Text(_known(row, newest=row is rows[-1])),
        )
    parts: list[RenderableType] = [head, table]
    parts += [
        Text(f"[{place}] {title}\n{source}" if title else f"[{place}] {source}")
        for place, (source, title) in enumerate(sources.items(), 1)
    ]
    return Group(*parts)


def _value(value: float, unit: str) -> str:
    if unit == "ratio":
        return number(value, unit)
    return plain(value)


def _change(row: Record) -> str:
    if row["unit"] == "ratio":
        return "" if row["change"] is None else percent(row["change"], sign="+", word="pp")
    return "" if row["change_ratio"] is None else percent(row["change_ratio"], sign="+")


def _known(row: Record, *, newest: bool) -> str:
    """Return what a reader must know of a figure beside its value."""
    words: list[str] = []
    if row["override"]:
        words.append(f"OVERRIDE by {row['override']} until {row['expires']}")
    if row["period_from"]:
        words.append(f"from {row['period_from']}")
    words += [row["quality"]] if newest and row["quality"] != "ok" else []
    words += [row["basis"]] if row["basis"] else []
    words += [f"before: {row['basis_before']}"] if row["basis_before"] else []
    words += ["restated"] if row["restates"] else []
    words += [row["confidence"]] if row["confidence"] not in {"confirmed", "single-source"} else []
    words += [row["note"]] if row["note"] else []
    return ", ".join(words)
