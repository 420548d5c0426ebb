"""The company card for a terminal of 80 columns: the same mapping that `--output json` prints.

Sources are numbered where they are used and listed once at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

_Card = Mapping[str, Any]
_GREY = "dim"
_SCALES = ((1e9, "B"), (1e6, "M"), (1e3, "k"))
_NOT_DISCLOSED = "not disclosed"


def render_card(card: _Card) -> Group:
    """Return the card as rich renderables that fit 80 columns."""
    notes = _Footnotes()
    parts: list[RenderableType] = [*_head(card, notes)]
    parts += _section("AI hedge ratios", _metrics(card["hedge_ratios"]))
    parts += _section("Treasury", _metrics(card["treasury"]))
    parts += _section("Mining", _metrics(card["mining"]))
    parts += _section("AI power by stage", _stages(card["ai_mw_by_stage"]))
    parts += _section("AI contracts and plans", _contracts(card["contracts"], notes))
    parts += _section("Depends on", _edges(card["depends_on"], "counterparty"))
    parts += _section("Paid by this company", _edges(card["dependents"], "company"))
    parts += _section("Change over a year", _changes(card["changes"]))
    parts += _section("Events", _events(card["events"], notes))
    if card["article"]:
        title = f"The article of {card['article']['as_of']}"
        parts += _section(title, _article(card["article"], notes))
    parts += _section("Figures", _figures(card["figures"], notes))
    parts += _section("Sources", notes.lines())
    return Group(*parts)


def amount(value: float | None, unit: str) -> str:
    """Return a number with its unit for people; money is scaled, a share shows its percent."""
    if value is None:
        return _NOT_DISCLOSED
    if unit == "ratio":
        return f"{value:.4g} ({value * 100:.1f} %)"
    if unit in {"USD", "USD/year"}:
        for scale, letter in _SCALES:
            if abs(value) >= scale:
                return f"{value / scale:.4g} {letter} {unit}"
    if unit == "count":
        return f"{value:,.0f}"
    return f"{value:,.7g} {unit}"


class _Footnotes:
    """Numbers for sources, in the order of their first use."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._titles: dict[str, str] = {}

    def mark(self, entry: _Card) -> str:
        """Return `[n]` for the source of `entry`; empty where there is none."""
        source: str = entry["source"]
        if not source:
            return ""
        self._titles.setdefault(source, entry.get("title", ""))
        return f"[{self._numbers.setdefault(source, len(self._numbers) + 1)}]"

    def lines(self) -> list[RenderableType]:
        """Return the list of sources."""
        shown: list[RenderableType] = []
        for source, number in self._numbers.items():
            title = self._titles[source]
            words = f"{title}\n{source}" if title not in {"", source} else source
            shown.append(Text(f"[{number}] {words}", overflow="fold"))
        return shown


def _section(title: str, body: Iterable[RenderableType]) -> list[RenderableType]:
    lines = list(body)
    if not lines:
        return []
    return [Text(f"\n{title}", style="bold"), Padding(Group(*lines), (0, 0, 0, 2))]


def _head(card: _Card, notes: _Footnotes) -> list[RenderableType]:
    lines: list[RenderableType] = [
        Text.assemble((card["ticker"], "bold"), f"  {card['name']}  type {card['type']}"),
        Text(f"as of {card['as_of']}, fiscal year ends {card['fiscal_year_end']}", style=_GREY),
    ]
    status = card["ai_status"]
    if status:
        lines.append(Text(f"AI status: {_status(status, notes)}"))
    lines += [
        Text(
            f"flag {flag['kind']} since {flag['since']}: {flag['text']} {notes.mark(flag)}",
            style="bold red",
        )
        for flag in card["flags"]
    ]
    if card["note"]:
        lines.append(Text(card["note"].strip(), style=_GREY))
    return lines


def _status(status: _Card, notes: _Footnotes) -> str:
    note = f" ({status['note']})" if status["note"] else ""
    return f"{status['status']} since {status['since']}{note} {notes.mark(status)}"


def _metrics(entries: Iterable[_Card]) -> list[RenderableType]:
    lines: list[RenderableType] = []
    assumed: dict[str, None] = {}
    for entry in entries:
        known = entry["value"] is not None
        value = amount(entry["value"], entry["unit"]) if known else "unknown"
        day = (entry["as_of"] or "") if known else ""
        line = Text(f"{entry['name']:<32}{value:>24} {day:<10} {entry['quality']}")
        if entry["quality"] != "ok":
            line.stylize(_GREY)
        lines.append(line)
        details = [f"= {entry['formula']}", *entry["flags"]]
        if not known:
            details.append(_why(entry))
        lines += [Padding(Text(words, style=_GREY), (0, 0, 0, 2)) for words in details]
        assumed |= dict.fromkeys(entry["assumed"].values())
    lines += [Text(f"assumed: {words}", style="yellow") for words in assumed]
    return lines


def _why(entry: _Card) -> str:
    if entry["missing"]:
        return "missing: " + ", ".join(entry["missing"])
    return f"reason: {entry['reason']}"


def _stages(stages: Mapping[str, _Card]) -> list[RenderableType]:
    lines: list[RenderableType] = []
    for stage, item in stages.items():
        more = f", {item['undisclosed']} more not disclosed" if item["undisclosed"] else ""
        lines.append(Text(f"{stage}: {amount(item['mw'], 'MW')}{more if item['mw'] else ''}"))
    return lines


def _contracts(contracts: Iterable[_Card], notes: _Footnotes) -> list[RenderableType]:
    lines: list[RenderableType] = []
    for item in contracts:
        step = item["stages"][-1]
        head = f"{item['name']}: {item['stage']} since {item['since']} {notes.mark(step)}"
        lines.append(Text(head))
        lines += [Padding(Text(words, style=_GREY), (0, 0, 0, 2)) for words in _terms(item)]
    return lines


def _terms(item: _Card) -> Iterable[str]:
    if item["counterparty"]:
        ticker = f" ({item['counterparty_ticker']})" if item["counterparty_ticker"] else ""
        yield f"tenant: {item['counterparty']}{ticker}"
    yield f"power: {amount(item['mw'], 'MW')} {item['mw_basis']}".rstrip()
    if item["counterparty"]:
        years = item["term_years"]
        term = _NOT_DISCLOSED if years is None else f"{years:g} years"
        yield f"value: {amount(item['value_usd'], 'USD')}, term: {term}"
        yield f"run-rate: {amount(item['run_rate_usd_year'], 'USD/year')}"
    if item["fixed_fee"]["agreed"]:
        yield f"fixed fee: agreed, {amount(item['fixed_fee']['usd_year'], 'USD/year')}"
    if item["revenue_share"]["agreed"]:
        yield f"revenue share: agreed, {amount(item['revenue_share']['ratio'], 'ratio')}"
    if item["guarantor"]:
        yield f"guarantor: {item['guarantor']}"
    if item["note"]:
        yield item["note"]


def _edges(edges: Iterable[_Card], side: str) -> list[RenderableType]:
    return [Text(f"{edge[side]}: {', '.join(edge['contracts'])}") for edge in edges]


def _changes(changes: Iterable[_Card]) -> list[RenderableType]:
    return [
        Text(
            f"{item['fact']}: {amount(item['change_ratio'], 'ratio')}\n"
            f"  {amount(item['value'], item['unit'])} to {item['as_of']}, "
            f"{amount(item['year_ago'], item['unit'])} to {item['year_ago_as_of']}"
        )
        for item in changes
    ]


def _figures(figures: Mapping[str, Iterable[_Card]], notes: _Footnotes) -> Iterator[RenderableType]:
    """Yield each fact's name and, under it, its history, newest first."""
    for fact, history in figures.items():
        yield Text(fact)
        table = _table()
        table.show_header = False
        table.add_column("value", justify="right", overflow="fold", width=18)
        table.add_column("as of", no_wrap=True, width=10)
        table.add_column("age", justify="right", no_wrap=True, width=6)
        table.add_column("source", no_wrap=True, width=4)
        table.add_column("what is known of it", ratio=1, overflow="fold")
        for item in history:
            table.add_row(
                amount(item["value"], item["unit"]),
                item["as_of"],
                f"{item['age_days']} d",
                notes.mark(item),
                "\n".join(_qualified(item)),
                style="" if item["quality"] == "ok" else _GREY,
            )
        yield table


def _qualified(item: _Card) -> Iterable[str]:
    parts = [item["confidence"], item["basis"]]
    if item["quality"] != "ok":
        parts.insert(0, item["quality"])
    if item["period_from"]:
        parts.append(f"from {item['period_from']}")
    yield ", ".join(part for part in parts if part)
    if item["note"]:
        yield item["note"]


def _events(events: Iterable[_Card], notes: _Footnotes) -> list[RenderableType]:
    return [
        Text(f"{item['at']} {item['kind']}: {item['text']} {notes.mark(item)}") for item in events
    ]


def _article(article: _Card, notes: _Footnotes) -> list[RenderableType]:
    lines: list[RenderableType] = []
    if article["ai_status"]:
        lines.append(Text(f"AI status then: {_status(article['ai_status'], notes)}"))
    lines += [Text(f"flag then: {item['kind']}, {item['text']}") for item in article["flags"]]
    for name, item in article["derived"].items():
        head = f"{name}: {amount(item['value'], item['unit'])}"
        lines.append(Text.assemble(head, (f"\n  = {item['formula']}", _GREY)))
    if article["changes"]:
        lines.append(Text("change over a year by the company's own papers:"))
        lines += [Padding(line, (0, 0, 0, 2)) for line in _changes(article["changes"])]
    if article["ai_mw_by_stage"]:
        lines.append(Text("AI power by stage then:"))
        lines += [Padding(line, (0, 0, 0, 2)) for line in _stages(article["ai_mw_by_stage"])]
    if article["hedge_ratios"]:
        lines.append(Text("hedge ratios then, from the figures known then:"))
        lines += _metrics(article["hedge_ratios"])
    for claim in article["claims"]:
        found = f"; found: {claim['found']}" if claim["found"] else ""
        text = f"{claim['claim']}: {claim['says']}. Verdict: {claim['verdict']}{found} "
        lines.append(Text(text + notes.mark(claim)))
    return lines


def _table() -> Table:
    return Table(box=None, padding=(0, 1, 0, 0), expand=True, header_style="italic")
