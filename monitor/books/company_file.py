"""One company file to one frozen company: every figure dated, sourced, in its unit and range."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TypeVar

from monitor.books.entries import (
    ClaimEntry,
    CompanyEntry,
    ContractEntry,
    EventEntry,
    FigureEntry,
    FlagEntry,
    SourceEntry,
    StageEntry,
    StatusEntry,
)
from monitor.core.clock import DAY, Millis
from monitor.core.errors import ConfigError, ConfigErrors
from monitor.core.mends import Step, nearest
from monitor.core.yamltext import Document
from monitor.domain.claims import NUMBERS, Claim
from monitor.domain.companies import Company, Event, Figure, Flag, StatusStep
from monitor.domain.contracts import Contract, StageStep
from monitor.domain.derived import with_derived
from monitor.domain.facts import FACTS, FactSpec
from monitor.domain.units import convert, units_of

T = TypeVar("T")
StepEntry = TypeVar("StepEntry", StageEntry, StatusEntry)


class CompanyFile:
    """One file being read; collects what is wrong and goes on."""

    def __init__(self, document: Document, now: Millis) -> None:
        self._document = document
        self._now = now
        self._problems: list[ConfigError] = []
        self._sources: dict[str, SourceEntry] = {}

    def company(self) -> Company:
        """Return the company.

        Raises:
            ConfigError: the file's frame is wrong, or `ConfigErrors` for what stands in it.

        """
        entry = self._document.convert(CompanyEntry)
        self._sources = entry.sources
        for name, source in entry.sources.items():
            self._check_address(source.url, "sources", name, "url")
        figures = {fact: self._history(fact, len(raw)) for fact, raw in entry.figures.items()}
        contracts = self._contracts()
        company = Company(
            ticker=entry.ticker,
            name=entry.name,
            type=entry.type,
            fiscal_year_end=entry.fiscal_year_end,
            aliases=entry.aliases,
            cik=entry.cik or "",
            listings=entry.listings,
            note=entry.note,
            ai_status=self._statuses(),
            figures=with_derived(figures, contracts),
            contracts=contracts,
            events=self._events(),
            flags=self._flags(),
            claims=self._claims(),
        )
        if self._problems:
            raise ConfigErrors(self._problems)
        return company

    def _history(self, fact: str, count: int) -> tuple[Figure, ...]:
        spec = FACTS.get(fact)
        if spec is None:
            self._refuse(f"no fact `{fact}`", nearest(fact, list(FACTS)), "figures", fact)
            return ()
        if spec.best_of:
            choices = ", ".join(f"`{name}`" for name in spec.best_of)
            problem = f"`{fact}` has several meanings"
            self._refuse(problem, f"say which it is: {choices}", "figures", fact)
            return ()
        figures: list[Figure] = []
        for index in range(count):
            place: tuple[Step, ...] = ("figures", fact, index)
            entry = self._entry(FigureEntry, *place)
            figure = self._figure(fact, entry, *place) if entry else None
            if figure is None:
                continue
            if any(_same_day(figure, other) for other in figures):
                self._refuse("the same day and period twice", "keep the better one", *place)
            figures.append(figure)
        return tuple(figures)

    def _figure(self, fact: str, entry: FigureEntry, *place: Step) -> Figure | None:
        spec = FACTS[fact]
        as_of = self._moment(entry.as_of, *place, "as_of")
        source, title, published = self._source(entry.source, *place, "source")
        start = None if entry.period_from is None else _midnight(entry.period_from)
        if start is not None and start >= as_of:
            self._refuse("the period begins after it ends", "mend period_from or as_of", *place)
        value = self._converted(spec, entry, *place)
        if value is None:
            return None
        if not spec.plausible(value):
            given = f"{entry.value:,g} {entry.unit}"
            problem = f"{fact} of {given} is not plausible, expected {spec.expected}"
            self._refuse(problem, "mend the value or its unit", *place, "value")
            return None
        return Figure(
            fact=fact,
            value=value,
            as_of=as_of,
            source=source,
            title=title,
            confidence=entry.confidence,
            basis=entry.basis or spec.basis,
            note=entry.note,
            period_start=start,
            published=published,
        )

    def _converted(self, spec: FactSpec, entry: FigureEntry, *place: Step) -> float | None:
        """Return the figure in the fact's unit; refuse a unit that would not do."""
        units = units_of(spec.unit)
        if entry.unit not in units:
            problem = (
                f"{spec.name}: cannot convert {entry.unit} to {spec.unit}; expected {spec.expected}"
            )
            self._refuse(problem, f"give it in {' or '.join(units)}", *place, "unit")
            return None
        return convert(entry.value, entry.unit, spec.unit)

    def _contracts(self) -> tuple[Contract, ...]:
        contracts: list[Contract] = []
        for entry, place in self._entries(ContractEntry, "contracts"):
            steps = tuple(
                StageStep(step.stage, since, source, title, step.note)
                for step, since, source, title in self._steps(entry.stages, *place, "stages")
            )
            if any(step.stage.in_force for step in steps) and not entry.counterparty:
                problem = f"`{entry.name}` is signed by nobody"
                self._refuse(problem, "name its counterparty", *place)
            if any(entry.name == other.name for other in contracts):
                self._refuse(f"`{entry.name}` twice", "give each its own name", *place, "name")
            contracts.append(_contract(entry, steps))
        return tuple(contracts)

    def _statuses(self) -> tuple[StatusStep, ...]:
        entries = self._entries(StatusEntry, "ai_status")
        steps = self._steps([entry for entry, _ in entries], "ai_status")
        return tuple(
            StatusStep(entry.status, since, source, title, entry.note)
            for entry, since, source, title in steps
        )

    def _events(self) -> tuple[Event, ...]:
        events: list[Event] = []
        for entry, place in self._entries(EventEntry, "events"):
            source, title, _ = self._source(entry.source, *place, "source")
            at = self._moment(entry.at, *place, "at")
            events.append(Event(entry.kind, at, entry.text, source, title))
        return tuple(sorted(events, key=lambda event: event.at))

    def _flags(self) -> tuple[Flag, ...]:
        flags: list[Flag] = []
        for entry, place in self._entries(FlagEntry, "flags"):
            source, title, _ = self._source(entry.source, *place, "source")
            since = self._moment(entry.since, *place, "since")
            until = None if entry.until is None else _midnight(entry.until)
            flags.append(Flag(entry.kind, since, entry.text, source, title, until))
        return tuple(flags)

    def _claims(self) -> tuple[Claim, ...]:
        claims: list[Claim] = []
        for entry, place in self._entries(ClaimEntry, "claims"):
            for name in entry.numbers:
                if name not in NUMBERS:
                    mend = nearest(name, list(NUMBERS))
                    self._refuse(f"no number `{name}`", mend, *place, "numbers", name)
            source = self._source(entry.source, *place, "source")[0] if entry.source else ""
            claims.append(
                Claim(
                    claim=entry.claim,
                    says=entry.says,
                    verdict=entry.verdict,
                    found=entry.found,
                    source=source,
                    numbers=entry.numbers,
                )
            )
        return tuple(claims)

    def _entries(self, kind: type[T], section: str) -> list[tuple[T, tuple[Step, ...]]]:
        count = len(self._document.data.get(section, ()))
        found: list[tuple[T, tuple[Step, ...]]] = []
        for index in range(count):
            entry = self._entry(kind, section, index)
            if entry is not None:
                found.append((entry, (section, index)))
        return found

    def _entry(self, kind: type[T], *place: Step) -> T | None:
        try:
            return self._document.convert(kind, *place)
        except ConfigError as error:
            self._problems.append(error)
            return None

    def _steps(
        self, entries: Iterable[StepEntry], *place: Step
    ) -> list[tuple[StepEntry, Millis, str, str]]:
        steps: list[tuple[StepEntry, Millis, str, str]] = []
        for index, entry in enumerate(entries):
            since = self._moment(entry.since, *place, index, "since")
            source, title, _ = self._source(entry.source, *place, index, "source")
            if steps and since < steps[-1][1]:
                self._refuse("earlier than the step before", "put the oldest first", *place, index)
            steps.append((entry, since, source, title))
        return steps

    def _source(self, name: str, *place: Step) -> tuple[str, str, Millis | None]:
        """Return (address or words, title, published) of a source's short name or address."""
        source = self._sources.get(name)
        if source is None:
            if name.startswith(("https://", "http://")):
                self._check_address(name, *place)
                return name, name, None
            mend = f"give an https address or a name of `sources`: {nearest(name, list(self._sources))}"
            self._refuse(f"no source `{name}` in this file", mend, *place)
            return "", "", None
        published = None
        if source.published is not None:
            published = self._moment(source.published, "sources", name, "published")
        return source.url or source.title, source.title, published

    def _check_address(self, url: str | None, *place: Step) -> None:
        if url is not None and not url.startswith(("https://", "http://")):
            self._refuse(f"`{url}` is no web address", "begin it with https://", *place)

    def _moment(self, day: date, *place: Step) -> Millis:
        moment = _midnight(day)
        if moment > self._now:
            self._refuse(f"{day} is in the future", "date it when it was true", *place)
        return moment

    def _refuse(self, problem: str, hint: str, *place: Step) -> None:
        error = ConfigError(problem, where=self._document.where(*place), hint=hint)
        if str(error) not in {str(other) for other in self._problems}:
            self._problems.append(error)


def _contract(entry: ContractEntry, steps: tuple[StageStep, ...]) -> Contract:
    return Contract(
        name=entry.name,
        stages=steps,
        counterparty=entry.counterparty,
        counterparty_ticker=entry.counterparty_ticker or "",
        mw=entry.mw,
        mw_basis=entry.mw_basis,
        value_usd=entry.value_usd,
        term_years=entry.term_years,
        has_fixed_fee=entry.fixed_fee is not None,
        fixed_fee_usd_year=entry.fixed_fee.usd_year if entry.fixed_fee else None,
        has_revenue_share=entry.revenue_share is not None,
        revenue_share_ratio=entry.revenue_share.ratio if entry.revenue_share else None,
        guarantor=entry.guarantor,
        note=entry.note,
    )


def _same_day(one: Figure, other: Figure) -> bool:
    return (one.as_of, one.period_start, one.published) == (
        other.as_of,
        other.period_start,
        other.published,
    )


def _midnight(day: date) -> Millis:
    return (day.toordinal() - date(1970, 1, 1).toordinal()) * DAY
