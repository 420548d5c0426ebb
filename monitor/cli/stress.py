"""`hashhedge stress`: what falls of bitcoin do to a mine, and whether its AI pays for it."""

from __future__ import annotations

import math
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from monitor.cli.company import CompaniesOption, find
from monitor.cli.inputs import parse_inputs, refuse_implausible
from monitor.cli.live import LiveOption
from monitor.cli.output import Output, OutputOption, age, emit, number, plain, sheet
from monitor.cli.reason_words import said
from monitor.cli.situation import MarketOption, Wanted, find_situation, market_data, market_line
from monitor.compute.recompute import NOT_APPLICABLE
from monitor.compute.stress import stress
from monitor.core.errors import ConfigError
from monitor.domain.events import Quality, Reading
from monitor.domain.stress import FALLS
from monitor.metrics.base import MULTIPLE

Record = dict[str, Any]

TITLES: dict[str, str] = {
    "difficulty_fixed": "difficulty stands still",
    "difficulty_follows": "difficulty follows",
}

_UNSAID = {
    "hashrate_eh_s": "installed or operating is not said",
    "mining_fixed_cost_usd_year": "whether SG&A and interest are in it is not said",
}
"""The inputs that mean little without their basis, and the words where none is known."""


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("stress")(stress_company)


def stress_company(
    ticker: Annotated[str, typer.Argument(help="Ticker, or a former one.")],
    inputs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME=VALUE]...", help="Values to put in place of the known ones."),
    ] = None,
    falls: Annotated[
        str | None,
        typer.Option(
            "--falls", help="Falls of bitcoin: 0%,20%,40%,50%,60%; bare numbers are percent."
        ),
    ] = None,
    market: MarketOption = None,
    companies: CompaniesOption = None,
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Show a year of mining after falls of bitcoin: result, cover by AI, break-evens, coins.

    The market is the running service's, or given, or invented and marked so.
    """
    situation = find_situation(Wanted(companies, live, market, invent=True))
    name = find(situation.companies, ticker).ticker
    given = parse_inputs(inputs or [], situation.catalogue)
    refuse_implausible(given)
    readings = {key: Reading(value, Quality.OK) for key, value in given.items()}
    situation.change(readings, name, "given")
    try:
        found = stress(situation, name, _falls(falls))
    except ValueError as error:
        raise ConfigError(str(error), where="stress", hint="see docs/formulas.md 5") from error
    data = {"market": market_data(situation)} | found
    emit(data, output, lambda: _draw(data), lambda: _records(data))


def _falls(text: str | None) -> tuple[float, ...]:
    """Return the falls that the option names, as fractions.

    Raises:
        ConfigError: a word is no percentage from 0 to 100, or may as well be a fraction.

    """
    return FALLS if text is None else tuple(_fall_of(word.strip()) for word in text.split(","))


def _fall_of(word: str) -> float:
    """Return one fall as a fraction: `20%` or `20`; a bare 0.2 may be 20 % as well as 0.2 %."""
    bare = word.removesuffix("%").rstrip()
    try:
        percent = float(bare)
    except ValueError:
        percent = math.nan
    if not 0 <= percent <= 100:  # noqa: PLR2004  # of percent
        raise ConfigError(f"`{word}` is no fall", where="--falls", hint="0%,20%,40%,50%,60%")
    if bare == word and 0 < percent <= 1:
        as_share = f"{percent * 100:.6g}%"
        raise ConfigError(
            f"`{word}` may mean {as_share} or {word}%",
            where="--falls",
            hint=f"{as_share}, or {word}%",
        )
    return percent / 100


def _records(data: Record) -> list[Record]:
    """Return one row for each case and fall; a reason stands in a column of its own."""
    same = {"company": data["company"], "market": data["market"]["origin"]}
    rows = []
    for case in data["cases"]:
        for row in case["rows"]:
            flat = {"case": case["case"]} | row
            for key in ("coverage", "curtailed_coverage"):
                flat |= {key: row[key]["value"], f"{key}_reason": row[key]["reason"]}
            rows.append(same | flat)
    return rows or [same | {"reason": data["reason"], "missing": ", ".join(data["missing"])}]


def _draw(data: Record) -> Group:
    parts: list[RenderableType] = [
        Text(f"{data['company']}: a year of mining after a fall of bitcoin", style="bold"),
        market_line(data["market"]),
        _inputs(data["inputs"]),
        *(Text(words) for words in _bases(data["inputs"])),
    ]
    if data["reason"] == NOT_APPLICABLE:
        parts.append(Text(f"{data['type']}: it has no mine, so there is nothing to stress"))
    elif data["reason"] is not None:
        lacks = ", ".join(data["missing"]) or said(data["reason"])
        parts.append(Text(f"no table for want of {lacks}; give it as NAME=VALUE", style="yellow"))
    elif data["missing"]:
        lacks = ", ".join(data["missing"])
        parts.append(Text(f"no cover for want of {lacks}; give it as NAME=VALUE", style="yellow"))
    for case in data["cases"]:
        parts += [Text(), *_case(case)]
    if data["cases"]:
        parts += [Text(), *_ends(data)]
    return Group(*parts)


def _inputs(inputs: list[Record]) -> Table:
    table = sheet("what it rests on", "value", "unit", "age", "quality", right=("value", "age"))
    table.columns[0].no_wrap = True
    for item in inputs:
        words = item["quality"] + (" OVERRIDE" if item["override"] else "")
        table.add_row(
            item["name"], plain(item["value"]), item["unit"] or "", age(item["age_s"]), words
        )
    return table


def _bases(inputs: list[Record]) -> list[str]:
    """Return what the hashrate and the fixed cost are, and of when; docs/formulas.md 5."""
    found: list[str] = []
    for item in inputs:
        unsaid = _UNSAID.get(item["name"])
        if unsaid is None or item["value"] is None:
            continue
        words = item["basis"] or unsaid
        day = f", as of {item['as_of']}" if item["as_of"] else f", {item['source'] or 'undated'}"
        found.append(f"{item['name']}: {words}{day}")
    return found


def _case(case: Record) -> list[RenderableType]:
    title = TITLES[case["case"]]
    if case["elasticity_ratio"]:
        title += f" by {case['elasticity_ratio']:g} of the fall after {case['lag_days']} days"
    names = ("fall", "BTC", "runs on", "covered", "may stop", "covered ", "coins lose")
    table = sheet(*names, right=names)
    for row in case["rows"]:
        table.add_row(
            f"{row['fall_ratio'] * 100:.4g} %",
            number(row["btc_usd"]),
            _money(row["running_usd_year"]),
            _cover(row["coverage"]),
            _money(row["curtailed_usd_year"]),
            _cover(row["curtailed_coverage"]),
            "unknown" if row["hodl_loss_usd"] is None else _money(row["hodl_loss_usd"]),
        )
    words = (
        f"break-even fall: mining alone {_fall(case['break_even_fall_mining_alone'])}, "
        f"with AI {_fall(case['break_even_fall_with_ai'])}"
        f"{_price(case['break_even_btc_usd_with_ai'])}, "
        f"if it may stop {_fall(case['break_even_fall_curtailing'])}"
    )
    return [Text(title, style="bold"), table, Text(words)]


def _money(value: float) -> str:
    """Return USD in millions: one scale for the whole table."""
    return f"{value / 1e6:,.2f} M"


def _cover(answer: Record) -> str:
    """Return how many times AI pays for the loss, or why there is no number."""
    value = answer["value"]
    return _why(answer["reason"]) if value is None else number(value, MULTIPLE)


def _fall(answer: Record) -> str:
    value = answer["value"]
    return _why(answer["reason"]) if value is None else number(value, "ratio")


def _why(reason: str) -> str:
    return "unknown" if reason.startswith("missing:") else said(reason)


def _price(answer: Record) -> str:
    return "" if answer["value"] is None else f" (BTC {number(answer['value'])})"


def _ends(data: Record) -> list[RenderableType]:
    coverage, power = data["fixed_cost_coverage"], data["power_break_even_fall"]
    return [
        Text(
            f"AI over fixed cost: {_cover(coverage)}. Power is paid up to a fall of {_fall(power)}."
        ),
        Text(
            "USD of one year; covered: AI gross profit over the loss. What the coins lose is no "
            "part of the result.",
            style="dim",
        ),
    ]
