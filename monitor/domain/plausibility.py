"""May this quote be believed at all? One verdict per quote, before it is stored. Hop 3.

The gate refuses what cannot be true whatever the market does: zero, negative, not finite, far out
of bounds, from the future, older than what the same source said before, a crossed or absurdly
wide book, a company figure that a book could not hold. It does not judge age (an old quote is stored and shown as not fresh) nor compare
sources (that is the reference price's work).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from monitor.domain.currency import quote_range
from monitor.domain.events import (
    BLOCK_PACE,
    BLOCK_WINDOW,
    BTC_USD,
    DIFFICULTY,
    FEES,
    HEIGHT,
    Quote,
)
from monitor.domain.facts import FACTS, FactSpec
from monitor.domain.series import series_of

FUTURE_MS = 10_000
MAX_VOLUME = Decimal("1e15")


class Refusal(StrEnum):
    """Why a quote was refused: the closed set behind the `reason` label."""

    NOT_A_NUMBER = "not_a_number"
    ZERO_PRICE = "zero_price"
    NEGATIVE = "negative"
    OUT_OF_BOUNDS = "out_of_bounds"
    IMPLAUSIBLE = "implausible"
    NOT_WHOLE = "not_whole"
    FUTURE = "future"
    OLDER_THAN_LAST = "older_than_last"
    CROSSED = "crossed"
    WIDE_SPREAD = "wide_spread"
    MAINTENANCE = "maintenance"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What values an instrument can have.

    Attributes:
        low: the least value that can be true, in the instrument's unit.
        high: the greatest.
        is_price: zero and below mean "no price", not a value.
        spread_ratio: a book at least this wide, as a share of its mid, is no book.
        whole: it counts something, so that a fraction is a wrong field.
        fact: the company fact that it is a figure of; its range holds as it does in a book.

    """

    low: Decimal
    high: Decimal
    is_price: bool = True
    spread_ratio: Decimal = Decimal("0.01")
    whole: bool = False
    fact: FactSpec | None = None


# Wide on purpose: they catch a wrong unit or a wrong field, never a market move.
# The 1 % spread for pairs is the sanity rule of the reference price. A stock at one dollar trades
# in cents, so one tick is already 1 %: stocks get ten times that.
_PAIR = Bounds(Decimal("0.00000001"), Decimal("1e9"))
_STOCK = Bounds(Decimal("0.0001"), Decimal("1e7"), spread_ratio=Decimal("0.1"))
_COMPANY_FIGURE = Bounds(Decimal("-1e15"), Decimal("1e15"), is_price=False)
_KNOWN = {
    BTC_USD: Bounds(Decimal(1), Decimal("1e7")),
    DIFFICULTY: Bounds(Decimal(1), Decimal("1e18"), is_price=False),
    HEIGHT: Bounds(Decimal(0), Decimal("1e8"), is_price=False, whole=True),
    FEES: Bounds(Decimal(0), Decimal(1000), is_price=False),
    # milliseconds are refused: as seconds they would be less than a block a day
    BLOCK_PACE: Bounds(Decimal(0), Decimal(100_000), is_price=False),
    BLOCK_WINDOW: Bounds(Decimal(0), Decimal(10_000_000), is_price=False),
}
_FACTS = {name: replace(_COMPANY_FIGURE, fact=spec) for name, spec in FACTS.items()}
_FIGURE_NAME = re.compile(r"[A-Z0-9-]+\.[a-z]|network\.")


@lru_cache(maxsize=16_384)
def bounds_of(instrument: str) -> Bounds:
    """Return the bounds of an instrument by its name: known, company figure, pair or stock."""
    known = _KNOWN.get(instrument)
    if known is not None:
        return known
    series = series_of(instrument)
    if series is not None:
        return Bounds(series.low, series.high, is_price=False)
    if _FIGURE_NAME.match(instrument):
        return _FACTS.get(instrument.partition(".")[2], _COMPANY_FIGURE)
    rate = quote_range(instrument.removeprefix("USD-")) if instrument.startswith("USD-") else None
    if rate is not None:  # its reciprocal would turn a share's price into about twice or half
        return Bounds(Decimal(str(rate.low)), Decimal(str(rate.high)))
    return _PAIR if instrument.endswith("-USD") else _STOCK


def judge(quote: Quote, last: Quote | None, now: int) -> Refusal | None:
    """Return why `quote` cannot be believed, or None if it can.

    `last` is the last accepted quote of this instrument, if there is one; only one from the same
    source binds the order of times.
    """
    bounds = bounds_of(quote.instrument)
    refusal = _value_refusal(quote.value, bounds) or _time_refusal(quote, last, now)
    if refusal is None and not (quote.bid is None and quote.ask is None):
        refusal = _book_refusal(quote, bounds)
    if refusal is None and quote.volume is not None:
        refusal = _volume_refusal(quote.volume)
    return refusal


def _value_refusal(value: Decimal, bounds: Bounds) -> Refusal | None:
    if not value.is_finite():
        return Refusal.NOT_A_NUMBER
    if bounds.is_price and value == 0:
        return Refusal.ZERO_PRICE
    if value < 0 <= bounds.low:
        return Refusal.NEGATIVE
    if not bounds.low <= value <= bounds.high:
        return Refusal.OUT_OF_BOUNDS
    return _meaning_refusal(value, bounds)


def _meaning_refusal(value: Decimal, bounds: Bounds) -> Refusal | None:
    """Refuse a number within bounds that cannot be what the instrument measures."""
    if bounds.whole and value % 1:
        return Refusal.NOT_WHOLE
    if bounds.fact is not None and not bounds.fact.plausible(float(value)):
        return Refusal.IMPLAUSIBLE
    return None


def _time_refusal(quote: Quote, last: Quote | None, now: int) -> Refusal | None:
    if quote.observed_at > now + FUTURE_MS:
        return Refusal.FUTURE
    if last is None or last.source != quote.source or last.instrument != quote.instrument:
        return None
    if quote.period:
        return None  # its period says what it is of; an older one is a revision
    # A last quote from the future was accepted under a clock that has since been set back;
    # holding on to it would lock the source out until the clock has caught up.
    if quote.observed_at < last.observed_at <= now + FUTURE_MS:
        return Refusal.OLDER_THAN_LAST
    return None


def _book_refusal(quote: Quote, bounds: Bounds) -> Refusal | None:
    for side in (quote.bid, quote.ask):
        refusal = None if side is None else _side_refusal(side, bounds)
        if refusal is not None:
            return refusal
    if quote.bid is None or quote.ask is None:
        return None
    if quote.bid > quote.ask:
        return Refusal.CROSSED
    mid = (quote.bid + quote.ask) / 2
    return Refusal.WIDE_SPREAD if quote.ask - quote.bid >= bounds.spread_ratio * mid else None


def _side_refusal(side: Decimal, bounds: Bounds) -> Refusal | None:
    if not side.is_finite():
        return Refusal.NOT_A_NUMBER
    if side <= 0:
        return Refusal.NEGATIVE
    return Refusal.OUT_OF_BOUNDS if side > bounds.high else None


def _volume_refusal(volume: Decimal) -> Refusal | None:
    """Refuse a weight that is none: it would carry the price alone, or break the arithmetic."""
    if not volume.is_finite():
        return Refusal.NOT_A_NUMBER
    if volume < 0:
        return Refusal.NEGATIVE
    return Refusal.OUT_OF_BOUNDS if volume > MAX_VOLUME else None
