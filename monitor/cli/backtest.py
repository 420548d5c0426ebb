"""`hashhedge backtest`: rules on a history, and whether they are worth having."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from alerts.model import Transition
from monitor.app.backtesting import BUNDLED, Tape, backtest, opened_tape, with_rules
from monitor.app.replaying import line
from monitor.app.world import World, load_world
from monitor.cli.backtest_view import drawn, drawn_sweep, notice_record, rule_record, sweep_record
from monitor.cli.calendar import CalendarOption
from monitor.cli.company import CompaniesOption, moment_of
from monitor.cli.live import settings_with
from monitor.cli.output import Output, OutputOption, emit, talk
from monitor.cli.replay import Facts
from monitor.compute.unjudged import judged_and_not
from monitor.core.clock import SystemClock, iso
from monitor.core.durations import duration_ms
from monitor.core.errors import ConfigError
from monitor.core.places import check_file
from monitor.domain.events import BTC_USD
from monitor.domain.facts import FACTS
from monitor.metrics.catalogue import Catalogue
from monitor.telemetry.logs import configure
from monitor.tuning.moves import Aim
from monitor.tuning.report import notices, reports
from monitor.tuning.sweep import parsed, variants
from monitor.tuning.watching import Past


class Of(StrEnum):
    """Whose moves an alert shall come before."""

    BTC = "btc"
    SHARE = "share"


DataOption = Annotated[
    str, typer.Option("--data", help="Folder of history, or the invented one of the demo.")
]
FromOption = Annotated[str | None, typer.Option("--from", help="First day or moment, UTC.")]
ToOption = Annotated[str | None, typer.Option("--to", help="First day or moment left out, UTC.")]
FactsOption = Annotated[
    Facts, typer.Option(help="Company figures: `latest` of the books on every date, or `as-known`.")
]
MoveOption = Annotated[
    str, typer.Option(help="What an alert shall come before: 5%, a fall -5% or a rise +5%.")
]
WithinOption = Annotated[str, typer.Option(help="How soon after the alert.")]
OfOption = Annotated[Of, typer.Option(help="Whose move: bitcoin's, or the company's share's.")]
SweepOption = Annotated[
    str | None, typer.Option(help="[RULE.]FIELD=1,2,3 or FIRST..LASTxMANY: many levels.")
]
TransitionsOption = Annotated[
    Path | None, typer.Option("--transitions", help="File for one JSON line per transition.")
]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a history.

    Attributes:
        aim: what counts as a move.
        of: whose.
        hindsight: figures of the books count before they were known.

    """

    aim: Aim
    of: Of
    hindsight: bool

    def reference(self, world: World, key: str) -> str:
        """Return whose price an alert on a subject shall come before."""
        return key if self.of is Of.SHARE and key in world.companies else BTC_USD

    def instruments(self, world: World) -> list[str]:
        """Return the prices that must be kept."""
        return [BTC_USD, *(world.companies if self.of is Of.SHARE else ())]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("backtest")(backtest_rules)


def tape_of(data: str, start: str | None, end: str | None) -> Tape:
    """Return the history that options name."""
    first = None if start is None else moment_of(start, "--from")
    last = None if end is None else moment_of(end, "--to")
    tape = opened_tape(data, first, last)
    if tape.invented:
        talk.print("SYNTHETIC history: nothing in it ever took place.", style="bold yellow")
    return tape


def backtest_rules(
    rules: Annotated[Path, typer.Argument(help="Rulebook.")],
    start: FromOption = None,
    end: ToOption = None,
    data: DataOption = BUNDLED,
    move: MoveOption = "5%",
    within: WithinOption = "24h",
    of: OfOption = Of.BTC,
    sweep: SweepOption = None,
    transitions: TransitionsOption = None,
    facts: FactsOption = Facts.LATEST,
    companies: CompaniesOption = None,
    calendar: CalendarOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Run rules over a history as the live service would; tell what they were worth."""
    configure("error", environ=os.environ)
    if transitions is not None:
        check_file(transitions, "--transitions")
    settings = settings_with(rules=rules, companies=companies, calendar=calendar)
    world = load_world(settings, SystemClock().now())
    question = Question(aim_of(move, within), of, hindsight=facts is Facts.LATEST)
    tape = tape_of(data, start, end)
    if sweep is not None:
        found = swept(world, tape, question, sweep)
        emit(found, output, lambda: drawn_sweep(found))
        return
    past = _run(world, tape, question, transitions)
    answer = _answer(world, tape, question, past) | _asked(move, within, of)
    emit(answer, output, lambda: drawn(answer), lambda: answer["rules"])


def _run(world: World, tape: Tape, question: Question, transitions: Path | None) -> Past:
    """Run the rules, and write what became of them if a file is named."""
    lines: list[bytes] = []

    def keep(item: Transition) -> None:
        if transitions is not None:
            lines.append(msgspec.json.encode(line(item)) + b"\n")

    instruments = question.instruments(world)
    hindsight = question.hindsight
    past = backtest(world, tape, hindsight=hindsight, instruments=instruments, tell=keep)
    if transitions is not None:
        transitions.write_bytes(b"".join(lines))
    return past


def _asked(move: str, within: str, of: Of) -> dict[str, Any]:
    return {"move": move, "within": within, "of": of.value}


def _answer(world: World, tape: Tape, question: Question, past: Past) -> dict[str, Any]:
    fired = {(it.rule, it.key) for it in past.episodes.done}
    _, unjudged = judged_and_not(past.step, fired)
    found = reports(
        past, world.rulebook.rules, question.aim, lambda key: question.reference(world, key)
    )
    peeks = [
        rule.id
        for rule in world.rulebook.rules
        if question.hindsight and rests_on_figures(world.catalogue, rule.reads())
    ]
    return {
        "history": tape.words,
        "invented": tape.invented,
        "from": None if past.begin is None else iso(past.begin),
        "to": iso(past.end),
        "ticks": past.ticks,
        "look_ahead": peeks,
        "rules": [rule_record(it) for it in found],
        "notices": [notice_record(it) for it in notices(past, world.rulebook.rules)],
        "unjudged": [msgspec.to_builtins(it) for it in unjudged],
    }


def rests_on_figures(catalogue: Catalogue, names: Iterable[str]) -> bool:
    """Tell whether figures of the company books have part in metrics."""
    read = set(names)
    leaves = {leaf for it in read if it in catalogue for leaf in catalogue.leaves_of(it)}
    return not FACTS.keys().isdisjoint(leaves | read)


def swept(world: World, tape: Tape, question: Question, text: str) -> dict[str, Any]:
    """Return what one rule would have told at each of many levels; no other rule mutes it."""
    rule, field, levels = parsed(text, world.rulebook.rules)
    made = variants(rule, field, levels)
    alone = with_rules(world, made)
    past = backtest(
        alone,
        tape,
        hindsight=question.hindsight,
        instruments=question.instruments(world),
    )
    found = reports(past, made, question.aim, lambda key: question.reference(world, key))
    rows = [sweep_record(level, it) for level, it in zip(levels, found, strict=True)]
    return {"rule": rule.id, "field": field, "levels": rows}


def aim_of(move: str, within: str) -> Aim:
    """Return what counts as a move.

    Raises:
        ConfigError: it is no percentage above 0, or no time.

    """
    try:
        ratio = float(move.removesuffix("%")) / 100
        length = duration_ms(within)
    except ValueError as error:
        raise ConfigError(str(error), where="--move, --within", hint="write 5% and 24h") from error
    if not move.endswith("%") or not 0 < abs(ratio) < float("inf") or not length:
        raise ConfigError(
            f"`{move}` within `{within}` is no move", where="--move, --within", hint="write 5%, 24h"
        )
    return Aim(abs(ratio), length, up=not move.startswith("-"), down=not move.startswith("+"))
