"""Figures: one value of one fact with its day and its source, and which of several counts.

Several figures can speak of one day: a restatement, a page of hearsay beside a filing, a month
beside the quarter that ends with it, an account that mixes in a subsidiary. All are kept; the order
below says which one a metric takes. Moments are milliseconds since 1970-01-01 UTC; a date means
its midnight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from monitor.domain.events import Quality
from monitor.domain.facts import FACTS, QUARTERLY_DAYS

DAY = 86_400_000
QUARTER_DAYS = (89, 93)
"""Shortest and longest quarter, both ends included: 90 days and a leap day, 13 weeks, 92 days."""

_SUMS = frozenset({"USD", "BTC", "MWh", "count"})
"""Units of what adds up over a period, its days among them: a month is not set beside a quarter."""
_NO_PERIOD_DAYS = 10_000
GIVEN_LIVE = "given live"
"""Basis of a figure that somebody sent in place of the book's."""


class Confidence(StrEnum):
    """How well a figure is sourced, from a company paper down to one article; the best first."""

    CONFIRMED = "confirmed"
    SINGLE_SOURCE = "single-source"
    UNCONFIRMED = "unconfirmed"
    ARTICLE_ONLY = "article-only"

    @property
    def rank(self) -> int:
        """Return a number that is larger for what is better sourced."""
        return -list(Confidence).index(self)

    @property
    def sourced(self) -> bool:
        """Tell whether it may replace what another paper states."""
        return self in {Confidence.CONFIRMED, Confidence.SINGLE_SOURCE}


@dataclass(frozen=True, slots=True)
class Stated:
    """A figure as its paper prints it, in another currency than USD.

    Attributes:
        value: in `unit`.
        unit: as written in the book, for instance `MCAD`.
        currency: ISO code.
        fx_usd: USD per unit of the currency, mean of the period.

    """

    value: float
    unit: str
    currency: str
    fx_usd: float

    @property
    def words(self) -> str:
        """Return value, unit and rate for people."""
        return f"{self.value:,.10g} {self.unit} at {self.fx_usd:g} USD/{self.currency}"


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
        stated: what the paper prints, where that is in another currency.
        expires: until when it counts (ms UTC), where it was given for a time only.
        is_derived: it follows from others and stands in no book.
        jump: that it is far from the figures before it is meant.
        where: place in the book, `file:line`; no part of what the figure is.

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
    stated: Stated | None = None
    expires: int | None = None
    is_derived: bool = False
    jump: bool = False
    where: str = field(default="", compare=False)

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
        return (self.as_of - self.period_start) // DAY + 1

    @property
    def is_quarter(self) -> bool:
        """Tell whether it covers a quarter."""
        shortest, longest = QUARTER_DAYS
        return shortest <= (self.period_days or 0) <= longest

    def restates(self, other: Figure) -> bool:
        """Tell whether both describe the same day and period, and this one counts."""
        same = (self.as_of, self.period_start) == (other.as_of, other.period_start)
        return same and standing(self) > standing(other)

    def age_days(self, moment: int) -> int:
        """Return whole days since the day it describes."""
        return (moment - self.as_of) // DAY

    def quality_at(self, moment: int) -> Quality:
        """Return OK, or STALE when the figure is older than its fact allows.

        One given for a time only has an end of its own instead.
        """
        limit = FACTS[self.fact].max_age_days if self.expires is None else None
        old = limit is not None and self.age_days(moment) > limit
        return Quality.STALE if old else Quality.OK


def standing(figure: Figure) -> tuple[float, ...]:
    """Return what a history is sorted by, so that of figures for one day the best comes last.

    Of sums the quarter's comes first of all, since the other sums of a company are quarters too,
    then what is nearest to one. What is sourced stands above what is not. Then a restatement, which
    is the one published later; of two that became known on one day the better sourced. Equals keep
    the file's order.
    """
    trust = (figure.confidence.sourced, figure.known_at, figure.confidence.rank)
    if figure.unit in _SUMS or figure.unit == "USD/year":
        days = _NO_PERIOD_DAYS if figure.period_days is None else figure.period_days
        apart = 0 if figure.is_quarter else abs(days - sum(QUARTER_DAYS) / 2)
        return (figure.as_of, -apart, *trust)
    return (figure.as_of, *trust, figure.is_quarter)


def known_of(history: Sequence[Figure], moment: int) -> list[Figure]:
    """Return the figures of a history that are known and count at `moment`, in its order."""
    return [
        figure
        for figure in history
        if figure.known_at <= moment and (figure.expires is None or moment < figure.expires)
    ]


def current(known: Sequence[Figure]) -> Figure | None:
    """Return the figure that counts of a history in the order of `standing`: the newest.

    Of sums over a period it is the newest quarter, unless that is `QUARTERLY_DAYS` behind: a ratio
    of one month's AI revenue to a quarter's mining revenue would be wrong by a factor of three.
    """
    if not known:
        return None
    newest = known[-1]
    if newest.period_start is None or newest.unit not in _SUMS:
        return newest
    quarters = [
        item
        for item in known
        if item.is_quarter and newest.as_of - item.as_of <= QUARTERLY_DAYS * DAY
    ]
    return quarters[-1] if quarters else newest


def iso_day(moment: int) -> str:
    """Return the UTC date of `moment` as `YYYY-MM-DD`."""
    return datetime.fromtimestamp(moment / 1000, UTC).date().isoformat()
