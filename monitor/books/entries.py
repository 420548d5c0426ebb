"""The shape of a company file, field by field. Unknown fields are refused."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, TypeAlias

from msgspec import Meta, Struct, field

from monitor.domain.companies import AiStatus, CompanyType, Confidence, EventKind, FlagKind
from monitor.domain.contracts import Stage
from monitor.domain.corporate_actions import ActionKind
from monitor.domain.risk_levels import RiskKind, SubFlagKind
from monitor.domain.sites import Cooling, Use

Day: TypeAlias = date  # for entries that have a field `date`
Text = Annotated[str, Meta(min_length=1, max_length=2000)]
Ticker = Annotated[str, Meta(pattern=r"^[A-Z][A-Z0-9.-]{0,9}$")]
MonthDay = Annotated[str, Meta(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
Cik = Annotated[str, Meta(pattern=r"^[0-9]{10}$")]


# As the facts of the same units: what is a thousand times too much or too little falls outside.
ContractMw = Annotated[float, Meta(gt=0, le=50_000)]
ContractUsd = Annotated[float, Meta(ge=10_000, le=1e12)]


class Entry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all entries have in common: fields by name, none beyond those declared."""


class SourceEntry(Entry, frozen=True, kw_only=True):
    """A paper that figures refer to by its short name."""

    title: Text
    url: Text | None = None
    published: date | None = None


class FigureEntry(Entry, frozen=True, kw_only=True):
    """One figure: what, how much, when, who says so.

    `fx_usd` is USD per unit of the currency, mean of the period, for a unit in another currency.
    `published` stands in for that of the source. `jump` says that the figure is far from those
    before it and meant.
    """

    value: float
    unit: Text
    as_of: date
    source: Text
    confidence: Confidence = Confidence.SINGLE_SOURCE
    period_from: date | None = None
    published: date | None = None
    fx_usd: float | None = None
    basis: str = ""
    note: str = ""
    jump: bool = False


class StatusEntry(Entry, frozen=True, kw_only=True):
    """A step of the AI status."""

    status: AiStatus
    since: date
    source: Text
    note: str = ""


class StageEntry(Entry, frozen=True, kw_only=True):
    """A step of a contract."""

    stage: Stage
    since: date
    source: Text
    note: str = ""


class FeeEntry(Entry, frozen=True, kw_only=True):
    """A part of the pay that was agreed; without a number it is not disclosed."""

    usd_year: Annotated[float, Meta(gt=0)] | None = None
    ratio: Annotated[float, Meta(gt=0, le=1)] | None = None


class ContractEntry(Entry, frozen=True, kw_only=True):
    """An AI contract, or a plan without a tenant."""

    name: Text
    stages: Annotated[tuple[StageEntry, ...], Meta(min_length=1)]
    counterparty: str = ""
    counterparty_ticker: Ticker | None = None
    mw: ContractMw | None = None
    mw_basis: str = ""
    value_usd: ContractUsd | None = None
    term_years: Annotated[float, Meta(gt=0)] | None = None
    fixed_fee: FeeEntry | None = None
    revenue_share: FeeEntry | None = None
    guarantor: str = ""
    note: str = ""


class EventEntry(Entry, frozen=True, kw_only=True):
    """Something that happened."""

    kind: EventKind
    at: date
    text: Text
    source: Text


class FlagEntry(Entry, frozen=True, kw_only=True):
    """A standing condition."""

    kind: FlagKind
    since: date
    text: Text
    source: Text
    until: date | None = None


class MachineEntry(Entry, frozen=True, kw_only=True):
    """A type of machine in the fleet of one day: its share of the hashrate, or its hashrate."""

    name: Text
    efficiency_j_th: float
    as_of: date
    source: Text
    share_ratio: float | None = None
    hashrate_eh_s: float | None = None
    confidence: Confidence = Confidence.SINGLE_SOURCE
    note: str = ""


class SiteEntry(Entry, frozen=True, kw_only=True):
    """A site: how much power, for what, cooled how, from when."""

    name: Text
    use: Use
    as_of: date
    source: Text
    mw: Annotated[float, Meta(gt=0)] | None = None
    mw_basis: str = ""
    power_contracted_mw: Annotated[float, Meta(ge=0)] | None = None
    cooling: Cooling | None = None
    pue: Annotated[float, Meta(ge=1, le=3)] | None = None
    ramp: date | None = None
    confidence: Confidence = Confidence.SINGLE_SOURCE
    note: str = ""


class SubFlagEntry(Entry, frozen=True, kw_only=True):
    """One part of compliance: raised or not, since when."""

    raised: bool
    date: Day
    text: Text
    source: Text


class RiskEntry(Entry, frozen=True, kw_only=True):
    """What a person judges of one risk, until when."""

    risk: RiskKind
    level: Annotated[str, Meta(min_length=1, max_length=300)]
    reason: Text
    date: Day
    author: Text
    expires: Day
    source: Text
    sub_flags: dict[SubFlagKind, SubFlagEntry] = field(default_factory=dict)


class CorporateActionEntry(Entry, frozen=True, kw_only=True):
    """A split or reverse split: `ratio` is new shares to old ones, `1:10` joins ten into one."""

    kind: ActionKind
    ratio: Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,4}:[1-9][0-9]{0,4}$")]
    effective: date
    source: Text
    note: str = ""


class AliasEntry(Entry, frozen=True, kw_only=True):
    """A former ticker and when it was the ticker: from `since` until before `until`."""

    ticker: Ticker
    since: date | None = None
    until: date | None = None


class ListingEntry(Entry, frozen=True, kw_only=True):
    """An exchange, the symbol there, and the currency of its quotes."""

    exchange: Text
    symbol: Annotated[str, Meta(pattern=r"^[A-Z0-9][A-Z0-9.-]{0,11}$")]
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}$")]


class ClaimEntry(Entry, frozen=True, kw_only=True):
    """A statement of the article, with the verdict."""

    claim: Text
    says: Text
    verdict: Text
    found: str = ""
    source: str = ""
    numbers: dict[str, Annotated[float, Meta(gt=0)]] = field(default_factory=dict)


class CompanyEntry(Entry, frozen=True, kw_only=True):
    """A company file. The lists are converted one by one, so that all mistakes show at once."""

    ticker: Ticker
    name: Text
    type: CompanyType
    fiscal_year_end: MonthDay
    aliases: list[Any] = field(default_factory=list)
    cik: Cik | None = None
    listings: list[Any] | None = None
    note: str = ""
    sources: dict[str, SourceEntry] = field(default_factory=dict)
    ai_status: list[Any] = field(default_factory=list)
    figures: dict[str, list[Any]] = field(default_factory=dict)
    contracts: list[Any] = field(default_factory=list)
    events: list[Any] = field(default_factory=list)
    flags: list[Any] = field(default_factory=list)
    claims: list[Any] = field(default_factory=list)
    fleet: list[Any] = field(default_factory=list)
    sites: list[Any] = field(default_factory=list)
    risks: list[Any] = field(default_factory=list)
    corporate_actions: list[Any] = field(default_factory=list)
