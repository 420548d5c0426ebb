"""Everything that a process knows before the first tick: books, rules, plug-ins, calendar.

Discovery runs here. The world is frozen; a reload reads a new one and keeps the old on any error.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

import msgspec

import alerts.books
from alerts.desk.user_rules import UserLimits, UserRule, UserRules
from alerts.model import News, Severity
from alerts.rule_review import Review
from alerts.rulebook import Rulebook, check_rulebook, load_rulebook
from alerts.rules.base import Rule
from alerts.setting import Setting
from monitor.app.providers import configured_feeds, configured_streams, quoted_by
from monitor.books import load_calendar, load_companies, load_flags
from monitor.compute.firms import Firm
from monitor.compute.sharing import shared_by
from monitor.compute.standing import Standing
from monitor.compute.step import Step
from monitor.compute.targets import targets
from monitor.core.clock import Millis
from monitor.core.discovery import declared
from monitor.core.errors import ConfigErrors
from monitor.domain.agenda import NO_EVENTS, Agenda
from monitor.domain.companies import Companies, Company, Figure, dependencies_of, fact_at, latest
from monitor.domain.contracts import Stage
from monitor.domain.corporate_actions import SHARE_COUNTS, share_factor
from monitor.domain.events import Quality, Reading
from monitor.domain.facts import FACTS
from monitor.domain.risk_levels import Level, RiskKind, newest_level
from monitor.domain.series import series_of
from monitor.domain.sessions import SessionCalendar
from monitor.feeds.base import Feed
from monitor.feeds.streams import Stream
from monitor.metrics.catalogue import Catalogue
from monitor.nyse import nyse_calendar
from monitor.settings import Settings

NO_USER_RULES: Mapping[str, UserRule] = {}
USUAL = UserLimits()


@dataclass(frozen=True, slots=True)
class World:
    """What was read and found."""

    companies: Companies
    rulebook: Rulebook
    feeds: tuple[Feed, ...]
    catalogue: Catalogue
    calendar: SessionCalendar
    streams: tuple[Stream, ...] = ()
    flagged: Mapping[str, str] = field(default_factory=dict)
    agenda: Agenda = NO_EVENTS

    def shown_names(self) -> frozenset[str]:
        """Return the metrics that have a place among the retained states.

        Those that a headline has room for, and those that a rule watches: a phone that follows a
        company must not be sent two hundred numbers a second.
        """
        watched = {rule.on for rule in self.rulebook.rules}
        return frozenset(
            metric.name for metric in self.catalogue if metric.headline or metric.name in watched
        )

    def series_names(self) -> tuple[str, ...]:
        """Return the series that a provider declares or a rule watches: a closed set for labels."""
        quoted = quoted_by(self.feeds, self.streams)
        watched = {rule.on for rule in self.rulebook.rules}
        return tuple(sorted(name for name in quoted | watched if series_of(name) is not None))

    def books_are(self, other: World) -> bool:
        """Tell whether two worlds differ in their rules at most, as far as a step can see."""
        ours, theirs = (
            msgspec.json.encode([world.companies[ticker] for ticker in world.companies])
            for world in (self, other)
        )
        return (ours, self.agenda.listed, self.flagged) == (
            theirs,
            other.agenda.listed,
            other.flagged,
        )

    def fingerprint(self, *more: str) -> str:
        """Return what changes with the books or the rules, and with `more`.

        A replay that goes on where it was interrupted must not go on under other rules.
        """
        digest = hashlib.blake2b(digest_size=16)
        companies = [self.companies[ticker] for ticker in self.companies]
        for part in (
            msgspec.json.encode(companies),
            self.rulebook.version.encode(),
            msgspec.json.encode(self.agenda.listed),
            *map(str.encode, more),
        ):
            digest.update(part)
            digest.update(b"\x1f")
        return digest.hexdigest()


def find_catalogue() -> Catalogue:
    """Return all metrics, found by their place."""
    return Catalogue.of(dict(declared("monitor.metrics", "METRICS", tuple)))


def find_rule_types() -> list[type[Rule]]:
    """Return all rule types, found by their place."""
    return [kind for _, kind in declared("alerts.rules", "RULE", type)]


def packaged_rules(name: str) -> Path:
    """Return where a rulebook of the package lies: `rules` or `demo`."""
    return Path(str(files(alerts.books))) / f"{name}.yaml"


def load_rules(
    path: Path | None, catalogue: Catalogue, tickers: Sequence[str], agenda: Agenda = NO_EVENTS
) -> Rulebook:
    """Return the rulebook at `path`, or the default one, checked against what there is.

    Raises:
        ConfigErrors: every rule that cannot work.

    """
    book = load_rulebook(path or packaged_rules("rules"), find_rule_types())
    found = check_rulebook(book, targets(catalogue, tickers, book.rules), agenda)
    if found:
        raise ConfigErrors(found)
    return book


def load_world(settings: Settings, now: Millis) -> World:
    """Read books and rules and find the plug-ins; a date beyond `now` is refused.

    Raises:
        ConfigErrors: whatever a person must mend, all findings together.

    """
    catalogue = find_catalogue()
    companies = load_companies(now, settings.companies)
    listed = [ticker for ticker, company in companies.items() if company.listed]
    ciks = {ticker: company.cik for ticker, company in companies.items() if company.cik}
    asked = configured_feeds(settings.feeds, companies)
    feeds = tuple(feed.quoting(listed).filing(ciks) for feed in asked)
    agenda = load_calendar(settings.calendar, companies)
    rulebook = load_rules(settings.rules, catalogue, list(companies), agenda)
    streams = tuple(stream.sending(listed) for stream in configured_streams(settings.feeds))
    flagged = load_flags(settings.feeds)
    return World(companies, rulebook, feeds, catalogue, nyse_calendar(), streams, flagged, agenda)


def user_limits(settings: Settings) -> UserLimits:
    """Return how much users may ask for."""
    return UserLimits(
        each=settings.user_rules,
        total=settings.user_rules_total,
        loudest=Severity(settings.user_rules_loudest),
    )


def user_rules(world: World, kept: Mapping[str, UserRule], limits: UserLimits) -> UserRules:
    """Return the rules of users as they can work in this world."""
    tickers, book = list(world.companies), world.rulebook
    review = Review(
        types=find_rule_types(),
        targets=lambda rules: targets(world.catalogue, tickers, rules),
        quoted=lambda: targets(
            world.catalogue, tickers, quoted=sorted(quoted_by(world.feeds, world.streams))
        ),
        agenda=world.agenda,
        desk=book.desk,
        loudest=limits.loudest,
    )
    return UserRules(review, limits, kept)


def build_step(
    world: World,
    setting: Setting | None = None,
    *,
    hindsight: bool = False,
    users: Mapping[str, UserRule] = NO_USER_RULES,
    limits: UserLimits = USUAL,
) -> Step:
    """Return a fresh step of this world, bound with the rules that `users` have.

    With `hindsight`, as a replay uses it unless told otherwise, the newest figure of each book
    counts at every moment; without, only what was known by then.
    """
    setting = Setting(agenda=world.agenda) if setting is None else setting
    firms = [firm_of(company, hindsight=hindsight) for company in world.companies.values()]
    book = world.rulebook
    found = (world.catalogue, book.rules, world.calendar, world.flagged)
    return Step(firms, *found, setting, book.desk, user_rules(world, users, limits))


def firm_of(company: Company, *, hindsight: bool) -> Firm:
    """Return a company as the step sees it; with `hindsight` its newest figures count always."""

    def known(name: str, moment: int) -> Reading:
        return (
            _reading(company, name, fact_at(company, name, moment), moment)
            if name in FACTS
            else _no(name)
        )

    def fact(name: str, moment: int) -> Reading:
        if not hindsight or name not in FACTS:
            return known(name, moment)
        return _reading(company, name, latest(company, name), moment)

    def flags(moment: int) -> tuple[tuple[str, str], ...]:
        found = ((flag.kind.value, flag.text) for flag in company.flags_at(moment))
        return tuple((word, f"{word.capitalize()}: {text}") for word, text in found)

    def standing(moment: int) -> tuple[Standing, ...]:
        return (*_stages(company, moment), *_levels(company, moment))

    def tenants(moment: int) -> tuple[str, ...]:
        return tuple(edge.counterparty for edge in dependencies_of(company, moment))

    return Firm(
        ticker=company.ticker,
        type=company.type,
        fact=fact,
        tenants=tenants,
        flags=flags,
        standing=standing,
        listed=company.listed,
        actions=company.corporate_actions,
        known=known,
        together=lambda names, moment: _together(company, names, moment, hindsight=hindsight),
    )


def _together(
    company: Company, names: Sequence[str], moment: int, *, hindsight: bool
) -> dict[str, Reading]:
    """Return the readings of the newest period that has all figures; empty where none is needed."""
    known_at = max(moment, company.complete_at) if hindsight else None
    found = shared_by(company, names, moment, known_at)
    if found.reason:
        return {name: Reading(None, Quality.MISSING, found.reason) for name in names}
    return {name: _reading(company, name, item, moment) for name, item in found.figures.items()}


def _stages(company: Company, moment: Millis) -> Iterator[Standing]:
    """Yield the stage of each contract."""
    for contract in company.contracts:
        step = contract.step_at(moment)
        if step is not None:
            yield Standing(
                topic=News.STAGE,
                subject=contract.name,
                word=step.stage.value,
                rank=list(Stage).index(step.stage),
                since=step.since,
                source=step.source,
            )


def _levels(company: Company, moment: Millis) -> Iterator[Standing]:
    """Yield the judged level of each risk, as long as it has not expired; free words have no rank."""
    for risk in RiskKind:
        level = newest_level(company.risks, risk, moment)
        if level is not None and level.present_at(moment):
            words = list(Level)
            yield Standing(
                topic=News.RISK,
                subject=risk.value,
                word=level.level,
                rank=words.index(Level(level.level)) + 1 if level.level in words else 0,
                since=level.date,
                source=level.source,
            )


def _reading(company: Company, name: str, figure: Figure | None, moment: int) -> Reading:
    """Return a figure of the books at `moment`; a count of shares in those that are traded then."""
    if figure is None:
        return _no(name)
    value = figure.value
    if name in SHARE_COUNTS:
        value *= share_factor(company.corporate_actions, figure.as_of, moment)
    return Reading(value, figure.quality_at(moment), "", figure.as_of)


def _no(name: str) -> Reading:
    return Reading(None, Quality.MISSING, f"missing:{name}")
