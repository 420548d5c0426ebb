"""How commands speak: data to stdout in the form asked for, talk to stderr, at 80 columns."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Annotated, Any, Literal

import typer
from rich import box
from rich.console import RenderableType
from rich.table import Table

from monitor.cli.terminal import terminal
from monitor.core.errors import ConfigError, ConfigErrors, HashhedgeError
from monitor.core.yamltext import dump_yaml
from monitor.metrics.base import MULTIPLE

SELF_SAID = frozenset({"ratio", MULTIPLE})
"""Units that a number for people already says: 45.1 %, 1.23x."""

MILLION, TRILLION = 1e6, 1e12

SMALL_PERCENT = 10
"""Below this many percent a second decimal tells: a spread of 0.14 % is not one of 0.1 %."""

WHOLE = frozenset({"rank", "count"})
"""Units of which there are no parts."""


class Output(StrEnum):
    """The forms of an answer."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    CSV = "csv"


OutputOption = Annotated[Output, typer.Option("--output", "-o", help="Form of the answer.")]

console = terminal()
talk = terminal(stderr=True)


def emit(
    data: Any,  # noqa: ANN401  # any JSON-able answer
    output: Output,
    table: Callable[[], RenderableType],
    records: Callable[[], list[dict[str, Any]]] | None = None,
) -> None:
    """Print `data` in the form asked for; `table` draws it for people.

    `records` are its rows for CSV, where the answer is more than one list of records.
    """
    if output is Output.JSON:
        sys.stdout.write(json.dumps(data, ensure_ascii=False, indent=2, allow_nan=False) + "\n")
    elif output is Output.YAML:
        sys.stdout.write(dump_yaml(data))
    elif output is Output.CSV:
        sys.stdout.write(as_csv(data if records is None else records()))
    else:
        console.print(table())


def as_csv(data: Any) -> str:  # noqa: ANN401  # any JSON-able answer
    """Return an answer as CSV with a header: a list of records, or the one list that it holds.

    An unknown is an empty field; what is itself a list or a mapping stands there as JSON. An
    answer without a list of records is one row.
    """
    rows = _records(data)
    names = list(dict.fromkeys(name for row in rows for name in row))
    page = io.StringIO()
    writer = csv.writer(page, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_field(row.get(name)) for name in names] for row in rows)
    return page.getvalue()


def _records(data: Any) -> list[dict[str, Any]]:  # noqa: ANN401  # any JSON-able answer
    if isinstance(data, list):
        return [row if isinstance(row, dict) else {"value": row} for row in data]
    if not isinstance(data, dict):
        return [{"value": data}]
    lists = [item for item in data.values() if _are_records(item)]
    return lists[0] if len(lists) == 1 else [data]


def _are_records(item: Any) -> bool:  # noqa: ANN401  # any JSON-able answer
    return isinstance(item, list) and bool(item) and all(isinstance(row, dict) for row in item)


def _field(value: Any) -> Any:  # noqa: ANN401  # any JSON-able answer
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    return "" if value is None else value


def form_asked(words: Sequence[str]) -> Output:
    """Return the form that a command line asks for, also where the command itself failed."""
    form = Output.TABLE
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word == "--":
            break
        if word in {"--output", "-o"}:
            value = following
        elif word.startswith("--output="):
            value = word.removeprefix("--output=")
        elif word.startswith("-o"):
            value = word.removeprefix("-o")
        else:
            continue
        form = Output(value) if value in set(Output) else form
    return form


def error_data(error: HashhedgeError, page: str) -> dict[str, Any]:
    """Return an error for programs: as a whole, each of its problems with place and mend, the page."""
    problems = error.problems if isinstance(error, ConfigErrors) else (error,)
    first = _problem(error) if len(problems) > 1 else _problem(problems[0])
    told = [_problem(problem) for problem in problems]
    return {"error": first | {"problems": told, "see": page}}


def _problem(error: HashhedgeError) -> dict[str, Any]:
    if not isinstance(error, ConfigError):
        return {"message": str(error), "where": None, "hint": error.hint or None}
    return {
        "message": error.message,
        "where": error.where or None,
        "hint": error.hint or None,
    }


def sheet(*names: str, right: tuple[str, ...] = (), whole: tuple[str, ...] = ()) -> Table:
    """Return an empty table without frames, so that 80 columns are for words; none is cut.

    A column is at least as wide as the longest word of its head: no head breaks within a word. What
    stands in a `whole` one is never broken, so that it can be copied.
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    for name in names:
        widest = max(map(len, name.split()), default=0) or None
        justify: Literal["left", "right"] = "right" if name in right else "left"
        table.add_column(
            name, overflow="fold", justify=justify, min_width=widest, no_wrap=name in whole
        )
    return table


def measure(value: float | None, unit: str) -> str:
    """Return a value with its unit; percent and multiple say it all, an unknown has no unit."""
    text = number(value, unit)
    return text if value is None or unit in SELF_SAID else f"{text} {unit}"


def number(value: float | None, unit: str = "") -> str:
    """Return a value for people: a share in percent, a multiple with its x, small numbers longer."""
    if value is None:
        return "unknown"
    if unit in SELF_SAID:
        return percent(value) if unit == "ratio" else f"{value:,.2f}x"
    size = abs(value)
    if unit in WHOLE:
        return f"{value:,.0f}"
    if unit.startswith("BTC"):
        return f"{value:,.5g}"
    if size >= 1_000:  # noqa: PLR2004  # from here on cents are noise
        return f"{value:,.0f}"
    return f"{value:,.2f}" if size >= 1 else f"{value:,.5g}"


def plain(value: float | None) -> str:
    """Return an input for people in its own unit, to seven digits; never as 1e+07."""
    if value is None:
        return "unknown"
    if abs(value) >= TRILLION:
        return f"{value / TRILLION:,.7g} T"
    return f"{value:,.0f}" if abs(value) >= MILLION else f"{value:,.7g}"


def percent(ratio: float, *, sign: str = "", word: str = "%") -> str:
    """Return a share in percent, below ten with two decimals; `sign` is "+" to show a plus."""
    points = ratio * 100
    digits = 2 if round(abs(points), 2) < SMALL_PERCENT else 1
    return f"{points:{sign},.{digits}f} {word}"


def short(value: float, unit: str = "") -> str:
    """Return a value where there is little room: from a million on by its letter."""
    for scale, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M")):
        if abs(value) >= scale and unit not in SELF_SAID:
            return f"{value / scale:,.4g} {letter}"
    return number(value, unit)


def age(seconds: float | None) -> str:
    """Return how long ago something was for people, in whole units; `-` where it is not known."""
    if seconds is None:
        return "-"
    for size, word in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size:.0f} {word}"
    return f"{seconds:.0f} s"
