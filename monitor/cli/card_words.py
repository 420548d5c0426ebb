"""The words of a card on a terminal: amounts, reasons, numbered sources, sections."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from monitor.cli.output import number, percent, plain
from monitor.cli.reason_words import said
from monitor.compute.history import HISTORY_INPUTS, PAIR_INPUTS
from monitor.compute.plan import MARKET_INPUTS, STOCK_INPUTS, TENANT_INPUTS
from monitor.metrics.base import MULTIPLE

CardPart: TypeAlias = Mapping[str, Any]

GREY = "dim"
NOT_DISCLOSED = "not disclosed"
FEW = 3
_LIVE = frozenset({*MARKET_INPUTS, *STOCK_INPUTS, *TENANT_INPUTS})
_REMEMBERED = frozenset({*HISTORY_INPUTS, *PAIR_INPUTS})
_SCALES = ((1e9, "B"), (1e6, "M"), (1e3, "k"))


def amount(value: float | None, unit: str) -> str:
    """Return a number with its unit for people; money is scaled, a share shows its percent."""
    if value is None:
        return NOT_DISCLOSED
    if unit == "ratio":
        return f"{value:.4g} ({percent(value)})"
    if unit in {"USD", "USD/year"}:
        for scale, letter in _SCALES:
            if abs(value) >= scale:
                return f"{value / scale:.4g} {letter} {unit}"
    if unit in {"count", MULTIPLE}:
        return number(value, unit)
    if unit == "years":
        return f"{value:,.1f} years"
    return f"{plain(value)} {unit}"


def why(entry: CardPart) -> str:
    """Return why a metric has no value: what it lacks, or that there is none and the reason."""
    if entry["missing"] == [entry["name"]]:
        return "unknown"
    if entry["missing"]:
        lacks = sorted({_wanting(name) for name in entry["missing"]})
        return "unknown for want of " + ", ".join(lacks)
    return f"none ({said(entry['reason'])})"


def _wanting(name: str) -> str:
    """Return what a missing input is for a person: a figure by its name, or where it comes from."""
    if name in _LIVE:
        return "the live market"
    return "the history of a running service" if name in _REMEMBERED else name


def without_value(entries: Iterable[CardPart]) -> list[str]:
    """Return one line for each reason, with the names that have no value for it."""
    groups: dict[str, list[str]] = {}
    for entry in entries:
        if entry["value"] is None:
            groups.setdefault(why(entry), []).append(entry["name"])
    return [f"{reason}: {', '.join(names)}" for reason, names in groups.items()]


def pooled(entries: Sequence[CardPart]) -> list[str]:
    """Return one line for each reason for having no value; of many metrics only their number."""
    groups: dict[str, list[str]] = {}
    for entry in entries:
        groups.setdefault(why(entry), []).append(entry["name"])
    lines = [
        f"{reason}: {', '.join(names) if len(names) <= FEW else f'{len(names)} metrics'}"
        for reason, names in sorted(groups.items(), key=lambda group: -len(group[1]))
    ]
    if any(len(names) > FEW for names in groups.values()):
        lines.append("their names are in `--output json`; `hashhedge explain` takes one apart")
    return lines


def value_line(entry: CardPart) -> Text:
    """Return one metric with its value, its day and its quality."""
    value = "unknown" if entry["value"] is None else amount(entry["value"], entry["unit"])
    day = (entry["as_of"] or "") if entry["value"] is not None else ""
    line = Text(f"{entry['name']:<36}{value:>22} {day:<10} {entry['quality']}")
    if entry["quality"] != "ok":
        line.stylize(GREY)
    return line


def below(words: str) -> Padding:
    """Return words that belong to the line above."""
    return Padding(Text(words, style=GREY), (0, 0, 0, 2))


def section(title: str, body: Iterable[RenderableType]) -> list[RenderableType]:
    """Return a section with its title; nothing where the body is empty."""
    lines = list(body)
    if not lines:
        return []
    return [Text(f"\n{title}", style="bold"), Padding(Group(*lines), (0, 0, 0, 2))]


def plain_table() -> Table:
    """Return a table without frames, as wide as the screen."""
    return Table(box=None, padding=(0, 1, 0, 0), expand=True, header_style="italic")


class Footnotes:
    """Numbers for sources, in the order of their first use."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._titles: dict[str, str] = {}

    def mark(self, entry: CardPart) -> str:
        """Return `[n]` for the source of `entry`; empty where there is none."""
        source: str = entry["source"]
        if not source:
            return ""
        self._titles.setdefault(source, entry.get("title", ""))
        return f"[{self._numbers.setdefault(source, len(self._numbers) + 1)}]"

    def lines(self) -> list[RenderableType]:
        """Return the list of sources."""
        shown: list[RenderableType] = []
        for source, place in self._numbers.items():
            title = self._titles[source]
            words = f"{title}\n{source}" if title not in {"", source} else source
            shown.append(Text(f"[{place}] {words}", overflow="fold"))
        return shown
