"""A company as its own papers describe it: dated figures, contracts, events, flags, claims.

What was true at a moment is asked with `fact_at`; what was not yet published then is not used, so a
backtest knows no future. Moments are milliseconds since 1970-01-01 UTC; a date means its midnight.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from monitor.domain.claims import Claim
from monitor.domain.contracts import Contract
from monitor.domain.corporate_actions import CorporateAction
from monitor.domain.facts import BETTER_BASIS_DAYS, FACTS
from monitor.domain.figures import DAY, Confidence, Figure, Stated, current, iso_day, known_of
from monitor.domain.fleet import Fleet
from monitor.domain.risk_levels import RiskLevel
from monitor.domain.sites import Site
from monitor.domain.tickers import Alias, Listing

__all__ = [
    "AiStatus",
    "Alias",
    "Companies",
    "Company",
    "CompanyType",
    "Confidence",
    "Dependency",
    "Event",
    "EventKind",
    "Figure",
    "Flag",
    "FlagKind",
    "Listing",
    "Stated",
    "StatusStep",
    "ai_entry",
    "dependencies_of",
    "dependents_of",
    "earlier_fact",
    "fact_at",
    "iso_day",
    "latest",
]


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


@dataclass(frozen=True, slots=True)
class StatusStep:
    """An AI status and the moment (ms UTC) from which it holds."""

    status: AiStatus
    since: int
    source: str
    title: str = ""
    note: str = ""


_IN_AI = frozenset({AiStatus.HYBRID, AiStatus.CONTRACTED, AiStatus.NATIVE})


def ai_entry(statuses: Sequence[StatusStep]) -> StatusStep | None:
    """Return the first step into AI, hybrid or contracted or native; None where there is none."""
    return next((step for step in statuses if step.status in _IN_AI), None)


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
    """One company; `figures` holds each fact's history, the one that holds last.

    Not `listed` means that no exchange quotes it: nobody asks for its share. `complete_at` is the
    moment (ms UTC) from which all figures and contracts of the book are known.
    """

    ticker: str
    name: str
    type: CompanyType
    fiscal_year_end: str
    aliases: tuple[Alias, ...] = ()
    cik: str = ""
    listings: tuple[Listing, ...] = ()
    listed: bool = True
    note: str = ""
    ai_status: tuple[StatusStep, ...] = ()
    figures: Mapping[str, tuple[Figure, ...]] = field(default_factory=dict)
    contracts: tuple[Contract, ...] = ()
    events: tuple[Event, ...] = ()
    corporate_actions: tuple[CorporateAction, ...] = ()
    flags: tuple[Flag, ...] = ()
    claims: tuple[Claim, ...] = ()
    fleets: tuple[Fleet, ...] = ()
    sites: tuple[Site, ...] = ()
    risks: tuple[RiskLevel, ...] = ()
    complete_at: int = 0

    def ticker_at(self, moment: int) -> str:
        """Return the ticker that the company had at `moment` (ms UTC)."""
        former = (alias.ticker for alias in self.aliases if alias.held_at(moment))
        return next(former, self.ticker)

    def alias(self, name: str) -> Alias | None:
        """Return what is known of a former ticker, whatever the case; None if it never was one."""
        wanted = name.upper()
        return next((alias for alias in self.aliases if alias.ticker == wanted), None)

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

    def find(self, name: str, moment: int | None = None) -> Company | None:
        """Return the company of this ticker or former ticker, whatever the case.

        With a `moment` (ms UTC) whoever gave the ticker up later comes first: exchanges give a
        free ticker to the next company.
        """
        wanted = name.upper()
        former = [(item, alias) for item in self.values() if (alias := item.alias(wanted))]
        if moment is not None:
            then = (item for item, alias in former if alias.held_at(moment))
            holder = next(then, None)
            if holder is not None:
                return holder
        return self.by_ticker.get(wanted) or next((item for item, _ in former), None)


@dataclass(frozen=True, slots=True)
class Dependency:
    """`company` is paid by `counterparty` under `contracts`."""

    company: str
    counterparty: str
    contracts: tuple[str, ...]


def fact_at(company: Company, fact: str, moment: int) -> Figure | None:
    """Return the figure of `fact` that counts of those known at `moment` (ms UTC): the newest.

    Which one stands for a day and for a period is said in `monitor.domain.figures`. A fact that several measurements stand for (`hashrate_eh_s`) gives the one on the best basis,
    unless a newer one is `BETTER_BASIS_DAYS` ahead; the figure's own `fact` and `basis` say which.
    """
    spec = FACTS[fact]
    if not spec.best_of:
        return current(known_of(company.figures.get(fact, ()), moment))
    found = [figure for name in spec.best_of if (figure := fact_at(company, name, moment))]
    return _best(found)


def earlier_fact(company: Company, fact: str, moment: int, span: int) -> Figure | None:
    """Return the figure of `fact` known `span` ms before `moment`; None if it still holds.

    A company that has filed nothing since is not compared with itself.
    """
    then, now = (fact_at(company, fact, when) for when in (moment - span, moment))
    return then if then is not None and now is not None and then.as_of < now.as_of else None


def _best(found: Sequence[Figure]) -> Figure | None:
    newest = max((figure.as_of for figure in found), default=0)
    current = (item for item in found if newest - item.as_of <= BETTER_BASIS_DAYS * DAY)
    return next(current, None)


def latest(company: Company, fact: str) -> Figure | None:
    """Return the figure of `fact` that holds once all that the book knows is published."""
    names = FACTS[fact].best_of or (fact,)
    moments = (item.known_at for name in names for item in company.figures.get(name, ()))
    return fact_at(company, fact, max((company.complete_at, *moments)))


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
