"""`hashhedge rules`: check a rulebook, list what it watches."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.text import Text

from alerts.rule_doubts import absent, doubts_about, repainting, untimely
from alerts.rule_text import rulebook_schema
from alerts.rulebook import Rulebook
from alerts.rules.base import Rule
from alerts.rules.expression import ExpressionRule
from monitor.app.providers import find_feeds, find_streams, quoted_by
from monitor.app.world import (
    find_catalogue,
    find_rule_types,
    load_rules,
)
from monitor.books import load_calendar, load_companies
from monitor.cli.calendar import CalendarOption
from monitor.cli.company import CompaniesOption
from monitor.cli.live import LiveOption, committed, redis_url, required_url, settings_with
from monitor.cli.live_rules import running_step
from monitor.cli.output import Output, OutputOption, emit, number, percent, sheet, talk
from monitor.cli.reason_words import said
from monitor.cli.rule_faults import drawn, faults
from monitor.cli.rule_tests import test as test_rules
from monitor.cli.rule_words import condition_of
from monitor.cli.rules_user import list_own
from monitor.cli.user_names import user_name
from monitor.compute.nearness import near
from monitor.compute.splits import Splits
from monitor.compute.targets import targets
from monitor.core.clock import SystemClock
from monitor.core.errors import StoreUnavailable
from monitor.core.plurals import counted
from monitor.domain.agenda import Agenda
from monitor.domain.companies import Companies, latest
from monitor.domain.facts import FACTS
from monitor.metrics.catalogue import Catalogue

app = typer.Typer(help="Rules: check them, list them.", no_args_is_help=True)

app.command("test")(test_rules)

RulesOption = Annotated[
    Path | None, typer.Option("--rules", envvar="HASHHEDGE_RULES", help="Rulebook.")
]


def _load(path: Path | None, companies: Path | None, agenda: Agenda) -> Rulebook:
    tickers = list(load_companies(SystemClock().now(), companies))
    return load_rules(path, find_catalogue(), tickers, agenda)


def _agenda(calendar: Path | None) -> Agenda:
    return load_calendar(settings_with(calendar=calendar).calendar)


@app.command()
def check(
    file: Annotated[
        Path | None,
        typer.Argument(
            envvar="HASHHEDGE_RULES",
            help="Rulebook; the service's own if left out.",
            show_envvar=True,
        ),
    ] = None,
    companies: CompaniesOption = None,
    calendar: CalendarOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Read a rulebook; exit 2 and name file, line, cause and mend if a rule cannot work."""
    agenda, now = _agenda(calendar), SystemClock().now()
    catalogue, known = find_catalogue(), load_companies(now, companies)
    book = load_rules(file, catalogue, list(known), agenda)
    quoted = sorted(quoted_by(find_feeds(), find_streams()))
    doubts = doubts_about(book, targets(catalogue, list(known), quoted=quoted), agenda)
    doubts += [*refused_to_all(book, catalogue, known), *unstated(book, known)]
    doubts += [*untimely(book, now), *absent(book)]
    for doubt in doubts:
        talk.print(Text.assemble(("doubt", "yellow"), " ", doubt), soft_wrap=True)
    notes = repainting(book)
    for note in notes:
        talk.print(Text.assemble(("note", "cyan"), " ", note), soft_wrap=True)
    data = {
        "file": book.name,
        "rules": len(book.rules),
        "version": book.version,
        "doubts": doubts,
        "repaints": notes,
    }
    emit(data, output, lambda: Text(f"fine: {counted(len(book.rules), 'rule')} in {book.name}"))


def refused_to_all(book: Rulebook, catalogue: Catalogue, companies: Companies) -> list[str]:
    """Return the rules on a metric that no company they name has: they can never fire, and why."""
    found: list[str] = []
    for place, rule in enumerate(book.rules):
        if rule.companies == "all" or rule.on not in catalogue:
            continue
        metric = catalogue[rule.on]
        if any(companies[ticker].type in metric.applies_to for ticker in rule.companies):
            continue
        kinds = ", ".join(sorted(kind.value for kind in metric.applies_to))
        why = metric.refusal or "It says nothing of their type."
        found.append(
            f"{book.where(place)}: rule `{rule.id}` can never fire: `{rule.on}` is refused to "
            f"{', '.join(rule.companies)}. {why} Name companies of type {kinds}, or another metric."
        )
    return found


def unstated(book: Rulebook, companies: Companies) -> list[str]:
    """Return the figures that rules read of companies by name, and that no book of them states."""
    return [
        f"{book.where(place)}: rule `{rule.id}` reads `{name}`, which no book of {', '.join(of)} "
        f"states; until one does, or somebody gives it (`hashhedge fact set`), it stands in no_data"
        for place, rule in enumerate(book.rules)
        for name, of in _figures_read(rule)
        if of and all(latest(companies[ticker], name) is None for ticker in of)
    ]


def _figures_read(rule: Rule) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each figure that a rule reads, with the companies that it names for it."""
    named = () if rule.companies == "all" else tuple(rule.companies)
    if rule.on in FACTS:
        yield rule.on, named
    for source in rule.sources() if isinstance(rule, ExpressionRule) else ():
        if source.on in FACTS:
            yield source.on, named if source.company is None else (source.company,)


@app.command()
def schema(output: OutputOption = Output.JSON) -> None:
    """Print the JSON Schema of a rulebook, for editors that complete and check YAML."""
    data = rulebook_schema(find_rule_types())
    emit(data, output, lambda: Text(json.dumps(data, indent=2)))


@app.command("list")
def list_rules(
    rules: RulesOption = None,
    companies: CompaniesOption = None,
    calendar: CalendarOption = None,
    bad: Annotated[
        bool, typer.Option("--bad", help="Only those that the service could not evaluate.")
    ] = False,
    user: Annotated[
        str | None,
        typer.Option("--user", callback=user_name, help="Those that this user has set."),
    ] = None,
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """List the rules of a rulebook, with levels in the shares of today.

    Splits move a level: those since its `as_of`, or those that the running service saw happen.
    """
    now = SystemClock().now()
    if bad or user is not None:
        url = required_url(live)
        settings = settings_with(rules=rules, companies=companies, calendar=calendar)
        if user is not None:
            list_own(running_step(settings, url), user, output, bad=bad)
            return
        broken = faults(running_step(settings, url))
        emit(broken, output, lambda: drawn(broken))
        return
    book = _load(rules, companies, _agenda(calendar))
    splits = _splits(load_companies(now, companies), redis_url(live))
    rows = [_row(*splits.levels(rule.on, now)(rule)) for rule in book.rules]
    emit(rows, output, lambda: _table(rows))


def _splits(companies: Companies, url: str | None) -> Splits:
    """Return the splits of the books, with what the running service knows of them, if one runs."""
    splits = Splits({name: item.corporate_actions for name, item in companies.items()})
    if url is not None and splits.tickers:
        try:
            splits.restore(committed(url).ruled, ())
        except StoreUnavailable as error:
            talk.print(f"levels may be those of before a split: {error}")
    return splits


@app.command("near")
def near_rules(
    rules: RulesOption = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Show only so many, the nearest.")
    ] = None,
    companies: CompaniesOption = None,
    calendar: CalendarOption = None,
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """List how far each rule with a level is from firing, the nearest first: what may ring next.

    Reads what the running service committed last, by the rulebook that it works by. The
    distance is in percent of the rule's level, of a move in percent of its anchor; from a level of 0
    in the value's unit, after the others. What fires already comes next, and last what cannot be judged.
    """
    url = required_url(live)
    settings = settings_with(rules=rules, companies=companies, calendar=calendar)
    every = near(running_step(settings, url))
    rows = every[:limit]
    emit(rows, output, lambda: Group(_nearness(rows), *_cut_off(every[len(rows) :])))


def _cut_off(rows: list[dict[str, Any]]) -> list[Text]:
    """Return what --limit leaves out: nobody shall take the short list for the whole."""
    unknown = sum(row["reason"] is not None for row in rows)
    words = f"{len(rows)} more, {unknown} of which cannot be judged"
    return [Text(words, style="dim")] if rows else []


def _nearness(rows: list[dict[str, Any]]) -> Group:
    table = sheet(
        "rule", "subject", "distance", "value", "fires", "state", right=("distance", "value")
    )
    unknown: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if row["reason"] is not None:
            unknown.setdefault((row["rule"], row["reason"]), []).append(row["subject"])
            continue
        level = number(row["level"], row["unit"])
        table.add_row(
            row["rule"],
            row["subject"],
            _distance(row),
            number(row["value"], row["unit"]),
            f"{row['fires']} {level}",
            row["state"],
        )
    words = [
        f"{rule} cannot be judged, {said(reason)}: {', '.join(subjects)}"
        for (rule, reason), subjects in unknown.items()
    ]
    return Group(table, *_notes(rows), *(Text(line, style="yellow") for line in words))


def _distance(row: dict[str, Any]) -> str:
    if row["distance_percent"] is not None:
        return percent(row["distance_percent"] / 100)
    if row["distance"] is None:
        return "-"
    if row["unit"] == "ratio":
        return percent(row["distance"], word="pp")
    return number(row["distance"], row["unit"])


def _row(rule: Rule, _: float, note: str) -> dict[str, Any]:
    return {
        "id": rule.id,
        "on": rule.on,
        "levels": list(rule.edges()),
        "condition": condition_of(rule),
        "for": rule.for_,
        "severity": rule.severity.value,
        "companies": rule.companies if rule.companies == "all" else list(rule.companies),
        "version": rule.version,
        "note": note or None,
    }


def _table(rows: list[dict[str, Any]]) -> Group:
    table = sheet("rule", "watches", "fires", "for", "severity")
    for row in rows:
        table.add_row(
            row["id"], row["on"], row["condition"].replace(", ", ",\n"), row["for"], row["severity"]
        )
    return Group(table, *_notes(rows))


def _notes(rows: list[dict[str, Any]]) -> list[Text]:
    noted = {row.get("rule", row.get("id")): row["note"] for row in rows if row["note"]}
    return [Text(f"{rule}: {note}") for rule, note in noted.items()]
