"""A company as its own papers describe it: dated figures, contracts, events, flags, claims.

Every figure keeps its date and its source to the screen and the alert. What was true at a moment is
asked with `fact_at`; what was not yet published then is not used, so a backtest knows no future.
Moments are milliseconds since 1970-01-01 UTC; a date means its midnight.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from monitor.domain.claims import Claim
from monitor.domain.contracts import Contract
from monitor.domain.events import Quality
from monitor.domain.facts import BETTER_BASIS_DAYS, FACTS

_DAY = 86_400_000


class CompanyType(StrEnum):
    """What a company is; a metric that does not apply to a type is absent, not zero."""

    MINER = "miner"
    AI_HOST = "ai_host"
    ASIC_MAKER = "asic_maker"
    TREASURY = "treasury"
    HARDWARE = "hardware"


class AiStatus(StrEnum):
    """Where a company stands with AI, in one word."""

    NONE = "none"
    PREPARED = "prepared"
    EVALUATING = "evaluating"
    HYBRID = "hybrid"
    CONTRACTED = "contracted"
    NATIVE = "native"
    EXITED = "exited"


class EventKind(StrEnum):
    """What can happen to a company that changes how its figures are read."""

    BANKRUPTCY = "bankruptcy"
    RELISTING = "relisting"
    TAKEOVER_TALKS = "takeover_talks"
    TAKEOVER_OFFER = "takeover_offer"
    TAKEOVER_ENDED = "takeover_ended"
    RENAMING = "renaming"
    AI_LAUNCH = "ai_launch"
    AI_CONTRACT = "ai_contract"
    AI_EXIT = "ai_exit"
    AI_PURCHASE = "ai_purchase"
    LAND_PURCHASE = "land_purchase"


class FlagKind(StrEnum):
    """A standing condition that every alert about the company carries."""

    LITIGATION = "litigation"


class Confidence(StrEnum):
    """How well a figure is sourced, from a company paper down to one article."""

    CONFIRMED = "confirmed"
    SINGLE_SOURCE = "single-source"
    UNCONFIRMED = "unconfirmed"
    ARTICLE_ONLY = "article-only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One value of one fact, dated and sourced.

    Attributes:
        fact: name in `FACTS`.
        value: in the fact's unit.
        as_of: the day it describes; the last day of a period.
        source: address of the paper, or words where none was kept.
        title: name of the paper.
        confidence: how well it is sourced.
        basis: kind of measurement, or how it was derived.
        note: what limits it.
        period_start: first day of the period; None for a state on one day.
        published: when it became known; None: not recorded, as_of stands in.

    """

    fact: str
    value: float
    as_of: int
    source: str
    title: str
    confidence: Confidence
    basis: str = ""
    note: str = ""
    period_start: int | None = None
    published: int | None = None

    @property
    def unit(self) -> str:
        """Return the unit of `value`."""
        return FACTS[self.fact].unit

    @property
    def known_at(self) -> int:
        """Return the moment from which the figure may be used."""
        return self.as_of if self.published is None else max(self.as_of, self.published)

    @property
    def period_end(self) -> int | None:
        """Return the last day of the period; None for a state on one day."""
        return None if self.period_start is None else self.as_of

    @property
    def period_days(self) -> int | None:
        """Return the length of the period in days, both ends included."""
        if self.period_start is None:
            return None
        return (self.as_of - self.period_start) // _DAY + 1

    def age_days(self, moment: int) -> int:
        """Return whole days since the day it describes."""
        return (moment - self.as_of) // _DAY

    def quality_at(self, moment: int) -> Quality:
        """Return OK, or STALE when the figure is older than its fact allows."""
        limit = FACTS[self.fact].max_age_days
        old = limit is not None and self.age_days(moment) > limit
        return Quality.STALE if old else Quality.OK


@dataclass(frozen=True, slots=True)
class StatusStep:
    """An AI status and the moment (ms UTC) from which it holds."""

    status: AiStatus
    since: int
    source: str
    title: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened once, at `at` (ms UTC)."""

    kind: EventKind
    at: int
    text: str
    source: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Flag:
    """A condition that stands from `since` until `until` (ms UTC), or still."""

    kind: FlagKind
    since: int
    text: str
    source: str
    title: str = ""
    until: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """One company; `figures` holds each fact's history, oldest first."""

    ticker: str
    name: str
    type: CompanyType
    fiscal_year_end: str
    aliases: tuple[str, ...] = ()
    cik: str = ""
    listings: tuple[str, ...] = ()
    note: str = ""
    ai_status: tuple[StatusStep, ...] = ()
    figures: Mapping[str, tuple[Figure, ...]] = field(default_factory=dict)
    contracts: tuple[Contract, ...] = ()
    events: tuple[Event, ...] = ()
    flags: tuple[Flag, ...] = ()
    claims: tuple[Claim, ...] = ()

    def status_at(self, moment: int) -> StatusStep | None:
        """Return the AI status that holds at `moment` (ms UTC)."""
        known = [step for step in self.ai_status if step.since <= moment]
        return known[-1] if known else None

    def flags_at(self, moment: int) -> tuple[Flag, ...]:
        """Return the flags that stand at `moment` (ms UTC)."""
        return tuple(
            flag
            for flag in self.flags
            if flag.since <= moment and (flag.until is None or moment < flag.until)
        )


@dataclass(frozen=True, slots=True)
class Companies(Mapping[str, Company]):
    """All companies of the book by ticker, in the order of their tickers."""

    by_ticker: Mapping[str, Company]

    def __getitem__(self, ticker: str) -> Company:
        return self.by_ticker[ticker]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self.by_ticker))

    def __len__(self) -> int:
        return len(self.by_ticker)

    def find(self, name: str) -> Company | None:
        """Return the company of this ticker or former ticker, whatever the case."""
        wanted = name.upper()
        if wanted in self.by_ticker:
            return self.by_ticker[wanted]
        holders = (company for company in self.values() if wanted in company.aliases)
        return next(holders, None)


@dataclass(frozen=True, slots=True)
class Dependency:
    """`company` is paid by `counterparty` under `contracts`."""

    company: str
    counterparty: str
    contracts: tuple[str, ...]


def fact_at(company: Company, fact: str, moment: int) -> Figure | None:
    """Return the newest figure of `fact` that describes and was known at `moment` (ms UTC).

    A fact that several measurements stand for (`hashrate_eh_s`) gives the one on the best basis,
    unless a newer one is `BETTER_BASIS_DAYS` ahead; the figure's own `fact` and `basis` say which.
    """
    spec = FACTS[fact]
    if not spec.best_of:
        known = [figure for figure in company.figures.get(fact, ()) if figure.known_at <= moment]
        return known[-1] if known else None
    found = [figure for name in spec.best_of if (figure := fact_at(company, name, moment))]
    return _best(found)


def _best(found: Sequence[Figure]) -> Figure | None:
    newest = max((figure.as_of for figure in found), default=0)
    current = (item for item in found if newest - item.as_of <= BETTER_BASIS_DAYS * _DAY)
    return next(current, None)


def latest(company: Company, fact: str) -> Figure | None:
    """Return the figure of `fact` that holds once all that the book knows is published."""
    names = FACTS[fact].best_of or (fact,)
    moments = (item.known_at for name in names for item in company.figures.get(name, ()))
    return fact_at(company, fact, max(moments, default=0))


def dependencies_of(company: Company, moment: int | None = None) -> tuple[Dependency, ...]:
    """Return whose payments `company` depends on, by listed counterparty.

    Counts contracts in force at `moment` (ms UTC); None takes each contract's last known stage.
    """
    by_payer: dict[str, list[str]] = {}
    for contract in company.contracts:
        when = contract.stages[-1].since if moment is None else moment
        if contract.counterparty_ticker and contract.in_force_at(when):
            by_payer.setdefault(contract.counterparty_ticker, []).append(contract.name)
    return tuple(
        Dependency(company.ticker, payer, tuple(names)) for payer, names in sorted(by_payer.items())
    )


def dependents_of(
    companies: Mapping[str, Company], ticker: str, moment: int | None = None
) -> tuple[Dependency, ...]:
    """Return who depends on payments by `ticker`: the reach of an alert on its stock."""
    return tuple(
        edge
        for company in companies.values()
        for edge in dependencies_of(company, moment)
        if edge.counterparty == ticker
    )


def iso_day(moment: int) -> str:
    """Return the UTC date of `moment` as `YYYY-MM-DD`."""
    return datetime.fromtimestamp(moment / 1000, UTC).date().isoformat()
