"""`hashhedge rules test`: rules held to what their author expects of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.text import Text

from alerts.model import Transition
from monitor.app.rule_trials import Room, outcomes, read_tests
from monitor.app.world import find_catalogue
from monitor.books import load_calendar, load_companies
from monitor.cli.calendar import CalendarOption
from monitor.cli.company import CompaniesOption
from monitor.cli.live import settings_with
from monitor.cli.output import Output, OutputOption, emit
from monitor.core.clock import Millis, SystemClock, iso
from monitor.core.errors import ConfigError, ConfigErrors
from monitor.core.plurals import counted
from monitor.tuning.verdict import Difference, Outcome, span


def test(
    files: Annotated[list[Path], typer.Argument(help="Files of rule tests; docs/rules.md.")],
    companies: CompaniesOption = None,
    calendar: CalendarOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Run tests of rules; exit 1 with the differences if an expectation is not met."""
    settings = settings_with(companies=companies, calendar=calendar)
    known = load_companies(SystemClock().now(), settings.companies)
    room = Room(known, find_catalogue(), load_calendar(settings.calendar, known))
    scripts, problems = [], list[ConfigError]()
    for path in files:
        try:
            scripts.append(read_tests(path, room))
        except ConfigErrors as error:
            problems += error.problems
        except ConfigError as error:
            problems.append(error)
    if problems:
        raise problems[0] if len(problems) == 1 else ConfigErrors(problems)
    done = [outcome for script in scripts for outcome in outcomes(script, room)]
    untested = sorted({f"{it} ({s.book.name})" for s in scripts for it in s.untested})
    failed = sum(not outcome.passed for outcome in done)
    records = [_record(outcome) for outcome in done]
    data = {
        "tests": records,
        "passed": len(done) - failed,
        "failed": failed,
        "untested": untested,
    }
    emit(data, output, lambda: _drawn(done, untested), lambda: records)
    if failed:
        raise typer.Exit(1)


def _record(outcome: Outcome) -> dict[str, Any]:
    return {
        "name": outcome.name,
        "where": outcome.where,
        "passed": outcome.passed,
        "differences": [_difference(it, outcome) for it in outcome.differences],
        "notes": list(outcome.notes),
    }


def _difference(item: Difference, outcome: Outcome) -> dict[str, Any]:
    kind = "missing" if item.got is None else "unexpected" if item.expected is None else "differs"
    got = item.got
    return {
        "kind": kind,
        "where": outcome.where if item.number is None else outcome.places[item.number],
        "rule": got.rule if got is not None else item.expected and item.expected.rule,
        "key": got.key if got is not None else item.expected and item.expected.key,
        "at": None if got is None else iso(got.at),
        "fields": [{"field": f, "expected": want, "got": had} for f, want, had in item.fields],
    }


def _drawn(done: list[Outcome], untested: list[str]) -> Group:
    failed = [outcome for outcome in done if not outcome.passed]
    lines = [line for outcome in failed for line in _told(outcome)]
    lines += [
        Text(f"note {it.where}: {note}", style="dim")
        for it in done
        if it.passed
        for note in it.notes
    ]
    if untested:
        lines.append(Text(f"in no test: {', '.join(untested)}", style="dim"))
    tests = counted(len(done), "test")
    words = f"{tests}, {len(failed)} failed" if failed else f"fine: {tests}"
    return Group(*lines, Text(words, style="red" if failed else "green"))


def _told(outcome: Outcome) -> Iterator[Text]:
    """Yield a failed test: what was expected and did not come, and what came instead."""
    yield Text.assemble(("failed", "red"), f" {outcome.where}: {outcome.name}")
    for item in outcome.differences:
        yield from _lines(item, outcome.start)
    for note in outcome.notes:
        yield Text(f"  note: {note}")
    yield Text()


def _lines(item: Difference, start: Millis) -> Iterator[Text]:
    wanted, got = item.expected, item.got
    if wanted is not None and got is None:
        yield Text(f"  - {wanted.at}  {wanted.rule}|{wanted.key or '*'}  {wanted.to}", style="red")
        yield Text("      expected, and did not happen")
    elif got is not None and wanted is None:
        yield Text(
            f"  + {span(got.at - start)}  {got.rule}|{got.key}  {got.to_state}", style="yellow"
        )
        yield Text(f"      happened, and was not expected: {_why(got)}")
        yield Text(f"      {got.summary}")
    elif got is not None and wanted is not None:
        yield Text(f"  ~ {wanted.at}  {got.rule}|{got.key}  {wanted.to}")
        for name, want, had in item.fields:
            yield Text(f"      - {name}: {want}", style="red")
            yield Text(f"      + {name}: {had}", style="yellow")


def _why(got: Transition) -> str:
    notice = "" if got.notice is None else f", notice {got.notice}"
    muted = f", muted by {got.muted_by}" if got.muted_by else ""
    return f"reason {got.reason}{notice}{muted}"
