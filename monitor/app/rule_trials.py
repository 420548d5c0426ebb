"""Rule tests read, checked and run: each on a step of its own, in which nothing else is known."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from os.path import normpath
from pathlib import Path

from alerts.model import Transition
from alerts.rulebook import Rulebook
from alerts.setting import Setting
from monitor.app.world import firm_of, load_rules
from monitor.compute.firms import Firm
from monitor.compute.history import EARLIER_FACTS
from monitor.compute.plan import MARKET_INPUTS
from monitor.compute.standing import Standing
from monitor.compute.step import Step
from monitor.core.clock import Millis, parse_iso
from monitor.core.errors import ConfigError, ConfigErrors
from monitor.core.mends import Step as Place
from monitor.core.mends import nearest
from monitor.core.yamltext import Document, read_document
from monitor.domain.agenda import Agenda
from monitor.domain.commands import Reply
from monitor.domain.companies import Companies
from monitor.domain.events import Quality, Reading
from monitor.domain.facts import FACTS
from monitor.domain.series import series_of
from monitor.domain.symbols import CURRENCIES, rate_name
from monitor.domain.venues import FAMILY
from monitor.metrics.catalogue import Catalogue
from monitor.nyse import nyse_calendar
from monitor.tuning.running import changes_of
from monitor.tuning.script import MAX_SAMPLES, Case, Script
from monitor.tuning.staging import staged
from monitor.tuning.verdict import Outcome, compared


@dataclass(frozen=True, slots=True)
class Room:
    """What the tests of all files share.

    Attributes:
        companies: of the books.
        catalogue: all metrics.
        agenda: the dated events.

    """

    companies: Companies
    catalogue: Catalogue
    agenda: Agenda


@dataclass(frozen=True, slots=True)
class TestFile:
    """A file of tests that can be run.

    Attributes:
        document: for the places.
        script: what it says.
        book: its rulebook.

    """

    document: Document
    script: Script
    book: Rulebook

    @property
    def untested(self) -> list[str]:
        """Return the rules that no test is about: neither named alone nor expected."""
        named = {it.rule for case in self.script.tests for it in case.expect}
        named |= {rule for case in self.script.tests for rule in case.only}
        return [
            rule.id
            for rule in self.book.rules
            if named.isdisjoint({rule.id, *(made.id for made in rule.expanded())})
        ]


def read_tests(path: Path, room: Room) -> TestFile:
    """Read a file of tests and its rulebook.

    Raises:
        ConfigError: a key is misspelt, a value cannot be read, a rule, company, figure or
            instrument is unknown; names file and line.

    """
    document = read_document(path)
    script = document.convert(Script)
    rules = Path(normpath(path.parent / script.rules)) if script.rules else None
    if rules is not None and not rules.is_file():
        hint = "name it from the folder of this file"
        raise ConfigError(f"no rulebook `{rules}`", where=document.where("rules"), hint=hint)
    book = load_rules(rules, room.catalogue, list(room.companies), room.agenda)
    found = TestFile(document, script, book)
    problems = list(_problems(found, room))
    if problems:
        raise problems[0] if len(problems) == 1 else ConfigErrors(problems)
    return found


def _problems(file: TestFile, room: Room) -> Iterator[ConfigError]:
    """Yield what is wrong with the names in a file."""
    script, where = file.script, file.document.where
    for place, name in enumerate(script.companies):
        yield from _unknown("company", name, room.companies, where("companies", place))
    if sum(len(it.samples()) for case in script.tests for it in case.inputs) > MAX_SAMPLES:
        hint = "make several files of it"
        yield ConfigError(f"more than {MAX_SAMPLES} values", where=file.document.name, hint=hint)
    rules, instruments = [rule.id for rule in file.book.rules], _instruments(file, room)
    yield from _scope_problems(script, file, room, instruments, ())
    for number, case in enumerate(script.tests):
        yield from _scope_problems(case, file, room, instruments, ("tests", number))
        for place, rule in enumerate(case.only):
            yield from _unknown("rule", rule, rules, where("tests", number, "only", place))


def _scope_problems(
    scope: Script | Case,
    file: TestFile,
    room: Room,
    instruments: Collection[str],
    base: tuple[Place, ...],
) -> Iterator[ConfigError]:
    """Yield what is wrong with the inputs, figures and start of the file or of a test."""
    where = file.document.where
    for number, entry in enumerate(scope.inputs):
        if series_of(entry.instrument) is None:
            at = where(*base, "inputs", number, "instrument")
            yield from _unknown("instrument", entry.instrument, instruments, at)
    for ticker, own in scope.figures.items():
        at = where(*base, "figures", ticker)
        yield from _unknown("company", ticker, room.companies, at)
        for name in own:
            yield from _unknown(
                "figure", name, (*FACTS, *EARLIER_FACTS), where(*base, "figures", ticker, name)
            )
    if scope.start and not _is_moment(scope.start):
        hint = "write 2026-01-12T15:00Z"
        at = where(*base, "start")
        yield ConfigError(f"`{scope.start}` is no moment", where=at, hint=hint)


def _unknown(what: str, word: str, known: Collection[str], where: str) -> Iterator[ConfigError]:
    """Yield an error if a word is not among the known ones."""
    if word not in known:
        yield ConfigError(f"no {what} `{word}`", where=where, hint=nearest(word, known))


def _is_moment(text: str) -> bool:
    try:
        parse_iso(text)
    except ValueError:
        return False
    return True


def _instruments(file: TestFile, room: Room) -> set[str]:
    """Return what may be told by name: what rules rest on, and what it is made of."""
    tickers = list(room.companies)
    figures = {f"{ticker}.{fact}" for ticker in tickers for fact in (*FACTS, "previous_close_usd")}
    listings = {f"{ticker}-{currency}" for ticker in tickers for currency in CURRENCIES}
    rates = {rate_name(currency) for currency in CURRENCIES}
    read = {name for rule in file.book.rules for name in rule.reads()} - {
        metric.name for metric in room.catalogue
    }
    return {*MARKET_INPUTS.values(), *FAMILY, *tickers, *figures, *listings, *rates, *read}


def outcomes(file: TestFile, room: Room) -> Iterator[Outcome]:
    """Run the tests of a file, one after another."""
    for number, case in enumerate(file.script.tests):
        yield _outcome(file, room, number, case)


def _outcome(file: TestFile, room: Room, number: int, case: Case) -> Outcome:
    start = parse_iso(case.start or file.script.start)
    stage = staged(case, (*file.script.inputs, *case.inputs), start, room.companies)
    step, replies = _step(file, room, case), list[Reply]()
    happened = list(changes_of(step, stage.ticks, stage.end, replies))
    notes = [f"{times} refused from {src}: {why}" for (src, why), times in step.refused.items()]
    notes += [f"a wish was refused: {it.text}" for it in replies if not it.accepted]
    where = file.document.where
    return Outcome(
        name=case.name,
        where=where("tests", number, "name"),
        start=start,
        differences=tuple(compared(case, happened, start)),
        places=tuple(where("tests", number, "expect", it) for it in range(len(case.expect))),
        notes=tuple(notes),
    )


def told(file: TestFile, case: Case, room: Room) -> list[Transition]:
    """Return every change of a test, with all that its message says; none is compared."""
    start = parse_iso(case.start or file.script.start)
    stage = staged(case, (*file.script.inputs, *case.inputs), start, room.companies)
    return list(changes_of(_step(file, room, case), stage.ticks, stage.end, []))


def _step(file: TestFile, room: Room, case: Case) -> Step:
    """Return a step with the test's companies, figures and rules."""
    script, book = file.script, file.book
    rules = [rule for rule in book.rules if not case.only or rule.id in case.only]
    names = [it for it in room.companies if not script.companies or it in script.companies]
    figures = {
        name: {**script.figures.get(name, {}), **case.figures.get(name, {})} for name in names
    }
    firms = [
        _told(firm_of(room.companies[name], hindsight=True), figures[name], books=script.books)
        for name in names
    ]
    setting = Setting(agenda=room.agenda)
    return Step(firms, room.catalogue, rules, nyse_calendar(), setting=setting, book=book.desk)


def _told(firm: Firm, figures: Mapping[str, float], *, books: bool) -> Firm:
    """Return a company of which only `figures` are known, or those before its own."""

    def fact(name: str, moment: Millis) -> Reading:
        if name in figures:
            return Reading(figures[name], Quality.OK, "", moment)
        return (
            firm.fact(name, moment) if books else Reading(None, Quality.MISSING, f"missing:{name}")
        )

    def known(name: str, moment: Millis) -> Reading:
        """Return what was known of a figure: the one that the test gives as the earlier one."""
        before = next((earlier for earlier, own in EARLIER_FACTS.items() if own == name), None)
        if before is not None and before in figures:
            return Reading(figures[before], Quality.OK, "", moment)
        return firm.known(name, moment) if books else fact(name, moment)

    def together(names: Sequence[str], moment: Millis) -> Mapping[str, Reading]:
        return firm.together(names, moment) if books and figures.keys().isdisjoint(names) else {}

    standing = firm.standing if books else _nothing
    return replace(firm, fact=fact, known=known, together=together, standing=standing)


def _nothing(_moment: Millis) -> tuple[Standing, ...]:
    return ()
