"""The company card for a terminal of 80 columns: the same mapping that `--output json` prints.

Sources are numbered where they are used and listed once at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from monitor.cli import card_business as business
from monitor.cli.card_words import (
    GREY,
    CardPart,
    Footnotes,
    amount,
    below,
    plain_table,
    pooled,
    section,
    value_line,
    why,
)
from monitor.cli.reason_words import flagged

_TITLES: Mapping[str, str] = {"ai_capital": "AI capital", "hedge_ratios": "AI hedge ratios"}


# the ratios are few, and which of them are unknown is the point
_WHOLE = frozenset({"hedge_ratios"})


def render_card(card: CardPart) -> Group:
    """Return the card as rich renderables that fit 80 columns."""
    notes = Footnotes()
    parts: list[RenderableType] = [*_head(card, notes)]
    for name in card["metric_sections"]:
        title = _TITLES.get(name, name.replace("_", " ").capitalize())
        parts += section(title, _metrics(card[name], whole=name in _WHOLE))
    pool = [
        entry
        for name in card["metric_sections"]
        if name not in _WHOLE
        for entry in card[name]
        if entry["value"] is None
    ]
    parts += section("Without a value", (Text(line, style=GREY) for line in pooled(pool)))
    parts += section("Not for this type", _refusals(card["not_applicable"]))
    parts += section("Hashrate", business.hashrates(card["hashrates"], notes))
    parts += section("Fleet, worst machine first", business.fleet(card["fleet"], notes))
    parts += section("Sites", business.sites(card["sites"], notes))
    ladder = business.stages(card["ai_mw_by_stage"], card["ai_mw_in_force"])
    parts += section("AI power by stage", ladder)
    parts += section("AI contracts and plans", business.contracts(card["contracts"], notes))
    parts += section("Tenants", business.tenants(card["tenants"]))
    parts += section("Depends on", business.edges(card["depends_on"], "counterparty"))
    parts += section("Paid by this company", business.edges(card["dependents"], "company"))
    parts += section("Risks", business.risks(card["risks"], notes))
    parts += section("Graphics processors", _gpus(card["gpu_history"], notes))
    parts += section("Change over a year", _changes(card["changes"]))
    parts += section("Events", _events(card["events"], notes))
    if card["article"]:
        title = f"The article of {card['article']['as_of']}"
        parts += section(title, _article(card["article"], notes))
    parts += section("Figures", _figures(card["figures"], notes))
    parts += section("How to read them", (Text(words) for words in card["reading_notes"]))
    parts += section("Sources", notes.lines())
    return Group(*parts)


def _head(card: CardPart, notes: Footnotes) -> Iterator[RenderableType]:
    yield Text.assemble((card["ticker"], "bold"), f"  {card['name']}  type {card['type']}")
    yield Text(f"as of {card['as_of']}, fiscal year ends {card['fiscal_year_end']}", style=GREY)
    places = ", ".join(_listing(item) for item in card["listings"])
    if places or not card["listed"]:
        yield Text(f"listed: {places or 'on no exchange'}", style=GREY)
    for alias in card["aliases"]:
        yield Text(_alias(alias, card))
    status = card["ai_status"]
    if status:
        yield Text(f"AI status: {_status(status, notes)}")
    for flag in card["flags"]:
        words = f"flag {flag['kind']} since {flag['since']}: {flag['text']} {notes.mark(flag)}"
        yield Text(words, style="bold red")
    for doubt in card["warnings"]:
        yield Text(f"doubtful: {flagged(doubt['message'])}", style="yellow")
    if card["note"]:
        yield Text(card["note"].strip(), style=GREY)


def _listing(item: CardPart) -> str:
    name = f"{item['exchange']}:{item['symbol']}" if item["exchange"] else item["symbol"]
    return f"{name} ({item['currency']})" if item["currency"] else name


def _alias(alias: CardPart, card: CardPart) -> str:
    since = f" from {alias['since']}" if alias["since"] else ""
    until = f" until {alias['until']}" if alias["until"] else ""
    when = f"{since}{until}" if since or until else " before, dates not kept"
    then = ", so on the day of this card" if alias["ticker"] == card["ticker_then"] else ""
    return f"ticker {alias['ticker']}{when}{then}"


def _status(status: CardPart, notes: Footnotes) -> str:
    note = f" ({status['note']})" if status["note"] else ""
    return f"{status['status']} since {status['since']}{note} {notes.mark(status)}"


def _metrics(entries: Iterable[CardPart], *, whole: bool) -> list[RenderableType]:
    """Return metrics with their formulas; those without a value only if `whole`."""
    lines: list[RenderableType] = []
    assumed: dict[str, None] = {}
    shown = [entry for entry in entries if whole or entry["value"] is not None]
    for entry in shown:
        lines.append(value_line(entry))
        details = [f"= {entry['formula']}", *map(flagged, entry["flags"])]
        if entry["value"] is None:
            details.append(why(entry))
        lines += [below(words) for words in details]
        assumed |= dict.fromkeys(entry["assumed"].values())
    lines += [Text(f"assumed: {words}", style="yellow") for words in assumed]
    return lines


def _refusals(refused: Mapping[str, str]) -> list[RenderableType]:
    return [Text(f"{name}: {words}", style=GREY) for name, words in refused.items()]


def _gpus(history: CardPart, notes: Footnotes) -> Iterator[RenderableType]:
    for point in history["points"]:
        words = ", ".join(part for part in (point["confidence"], point["basis"]) if part)
        count = amount(point["value"], "count")
        yield Text(f"{point['as_of']} {count:>10}  {words} {notes.mark(point)}")
    if len(history["points"]) > 1 and history["growth_ratio"]:
        yield below(f"{history['growth_ratio']:,.1f} times the first")


def _changes(changes: Iterable[CardPart]) -> list[RenderableType]:
    return [
        Text(
            f"{item['fact']}: {amount(item['change_ratio'], 'ratio')}\n"
            f"  {amount(item['value'], item['unit'])} to {item['as_of']}, "
            f"{amount(item['year_ago'], item['unit'])} to {item['year_ago_as_of']}"
        )
        for item in changes
    ]


def _figures(
    figures: Mapping[str, Iterable[CardPart]], notes: Footnotes
) -> Iterator[RenderableType]:
    """Yield each fact's name and, under it, its history, newest first."""
    for fact, history in figures.items():
        yield Text(fact)
        table = plain_table()
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
                style=GREY if item["quality"] != "ok" or item["replaced_on"] else "",
            )
        yield table


def _qualified(item: CardPart) -> Iterator[str]:
    parts = [item["confidence"], item["basis"]]
    if item["quality"] != "ok":
        parts.insert(0, item["quality"])
    if item["period_from"]:
        parts.append(f"from {item['period_from']}")
    if item["published"]:
        parts.append(f"published {item['published']}")
    yield ", ".join(part for part in parts if part)
    if item["stated"]:
        stated = item["stated"]
        rate = f"{stated['fx_usd']:g} USD/{stated['currency']}"
        yield f"stated as {stated['value']:,.10g} {stated['unit']}, at {rate}"
    if item["replaced_on"]:
        yield f"replaced by what was known on {item['replaced_on']}"
    if item["expires"]:
        yield f"given live, until {item['expires']}"
    if item["note"]:
        yield item["note"]


def _events(events: Iterable[CardPart], notes: Footnotes) -> list[RenderableType]:
    return [
        Text(f"{item['at']} {item['kind']}: {item['text']} {notes.mark(item)}") for item in events
    ]


def _article(article: CardPart, notes: Footnotes) -> list[RenderableType]:
    lines: list[RenderableType] = []
    if article["ai_status"]:
        lines.append(Text(f"AI status then: {_status(article['ai_status'], notes)}"))
    lines += [Text(f"flag then: {item['kind']}, {item['text']}") for item in article["flags"]]
    for name, item in article["derived"].items():
        head = f"{name}: {amount(item['value'], item['unit'])}"
        lines.append(Text.assemble(head, (f"\n  = {item['formula']}", GREY)))
    if article["changes"]:
        lines.append(Text("change over a year by the company's own papers:"))
        lines += [Padding(line, (0, 0, 0, 2)) for line in _changes(article["changes"])]
    if article["ai_mw_by_stage"]:
        lines.append(Text("AI power by stage then:"))
        ladder = business.stages(article["ai_mw_by_stage"], None)
        lines += [Padding(line, (0, 0, 0, 2)) for line in ladder]
    if article["hedge_ratios"]:
        lines.append(Text("hedge ratios then, from the figures known then:"))
        lines += _metrics(article["hedge_ratios"], whole=True)
    for claim in article["claims"]:
        found = f"; found: {claim['found']}" if claim["found"] else ""
        text = f"{claim['claim']}: {claim['says']}. Verdict: {claim['verdict']}{found} "
        lines.append(Text(text + notes.mark(claim)))
    return lines
