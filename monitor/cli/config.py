"""`hashhedge config`: say whether the books are fit to run with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from alerts.channels.catalogue import find_channels
from alerts.users_file import load_users
from monitor.app.world import load_world
from monitor.cli.calendar import CalendarOption
from monitor.cli.company import CompaniesOption
from monitor.cli.live import settings_with
from monitor.cli.output import Output, OutputOption, emit, talk
from monitor.cli.reason_words import flagged
from monitor.cli.rules import RulesOption
from monitor.cli.users_option import UsersOption
from monitor.compute.card import doubt_data
from monitor.core.clock import SystemClock
from monitor.domain.guards import doubts, strangers

app = typer.Typer(help="Configuration: check all books together.", no_args_is_help=True)


@app.command()
def check(
    companies: CompaniesOption = None,
    rules: RulesOption = None,
    calendar: CalendarOption = None,
    feeds: Annotated[
        Path | None, typer.Option("--feeds", envvar="HASHHEDGE_FEEDS", help="Feeds book.")
    ] = None,
    users: UsersOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Read settings, companies, rules, feeds, calendar, users; exit 2, name place and mend if one is wrong.

    What loads and is most likely wrong is a warning: on stderr, and in the data.
    """
    now = SystemClock().now()
    settings = settings_with(
        companies=companies, rules=rules, feeds=feeds, calendar=calendar, users=users
    )
    world = load_world(settings, now)
    found = [doubt for company in world.companies.values() for doubt in doubts(company, now)]
    found += strangers(world.companies)
    counts = {
        "companies": len(world.companies),
        "figures": sum(len(h) for c in world.companies.values() for h in c.figures.values()),
        "rules": len(world.rulebook.rules),
        "feeds": sum(feed.spec.enabled for feed in world.feeds),
    }
    if settings.users is not None:
        counts["users"] = len(load_users(settings.users, find_channels()).users)
    words = "fine: " + ", ".join(f"{count} {name}" for name, count in counts.items())
    emit(counts | {"warnings": [doubt_data(doubt) for doubt in found]}, output, lambda: Text(words))
    for doubt in found:
        problem = flagged(doubt.problem)
        text = f" {doubt.where or doubt.company}: {problem}\n  to fix: {doubt.hint}"
        talk.print(Text.assemble(("warning", "yellow"), text), soft_wrap=True)
