"""The dated past as it was, and what is folded from it anew when more of it is told. Hop 5, pure.

What lives from day to day (`market_days`, `pairs`) only ever takes in the next day. A day that is
told afterwards belongs in the middle, so each midnight and each session is also kept as it was
seen, with what was told of it beside it, and both are folded again from the first to the last.
What was seen live stands; what was told fills what was not seen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from monitor.domain.events import (
    BTC_USD,
    DAY_HASHRATE,
    DAY_ISSUANCE,
    DIFFICULTY,
    HEIGHT,
)
from monitor.domain.market_days import DAY, MarketDays, Midnight
from monitor.domain.pairs import BASKET, Habits, Pairing

KEEP_DAYS = 420
"""Midnights kept: a year of issuance, and room for days without one."""
KEEP_SESSIONS = 504
"""Sessions kept: two years, in which a weight that halves in 60 sessions falls below 0.3 %."""

DAY_FIGURES: Mapping[str, str] = MappingProxyType(
    {
        BTC_USD: "btc_usd",
        HEIGHT: "height",
        DIFFICULTY: "difficulty",
        "gpu.h100_usd_hour": "gpu_rental_usd_hour",
        DAY_ISSUANCE: "issued_btc",
        DAY_HASHRATE: "hashrate_eh_s",
    }
)
"""Instrument to the field of a midnight that it fills."""


@dataclass(frozen=True, slots=True)
class Told:
    """A value that was told afterwards.

    Attributes:
        at: the source's own time, ms UTC.
        value: in the instrument's unit.

    """

    at: int
    value: float


@dataclass(frozen=True, slots=True)
class Day:
    """One midnight: as it was sampled, and by instrument what was told of it."""

    sampled: Midnight
    told: Mapping[str, Told] = field(default_factory=dict)

    @property
    def at(self) -> int:
        """Return the midnight, ms UTC."""
        return self.sampled.at

    def with_told(self, instrument: str, told: Told) -> Day:
        """Take a value; of several, the one nearest to midnight counts, and of equals the last."""
        known = self.told.get(instrument)
        if known == told or (known is not None and known.at > told.at):
            return self
        return replace(self, told={**self.told, instrument: told})

    @property
    def whole(self) -> Midnight:
        """Return the midnight with what was told in place of what was not seen."""
        filled: dict[str, Any] = {
            DAY_FIGURES[name]: told.value
            for name, told in self.told.items()
            if getattr(self.sampled, DAY_FIGURES[name]) is None
        }
        return replace(self.sampled, **filled)


@dataclass(frozen=True, slots=True)
class Traded:
    """One session: what was seen of it, and by instrument what was told of it.

    Attributes:
        open_at: its open, ms UTC.
        close_at: its close.
        btc_usd: Bitcoin at the close as it was seen; None where it was not.
        closes: by instrument (`RIOT`, `RIOT.previous_close_usd`) what was seen when it settled.
        told: likewise what was told, `BTC-USD` among it.

    """

    open_at: int
    close_at: int
    btc_usd: float | None = None
    closes: Mapping[str, float] = field(default_factory=dict)
    told: Mapping[str, Told] = field(default_factory=dict)

    def split(self, instruments: Collection[str], factor: float) -> Traded:
        """Return the session with what was seen and told of `instruments` in new shares."""
        closes = {
            name: usd * factor if name in instruments else usd for name, usd in self.closes.items()
        }
        told = {
            name: replace(it, value=it.value * factor) if name in instruments else it
            for name, it in self.told.items()
        }
        return replace(self, closes=closes, told=told)

    def with_told(self, instrument: str, told: Told) -> Traded:
        """Take a value: of a share the last of the session counts, of Bitcoin the nearest."""
        known = self.told.get(instrument)
        if known == told:
            return self
        if known is not None:
            if instrument == BTC_USD:
                worse = abs(told.at - self.close_at) > abs(known.at - self.close_at)
            else:
                worse = told.at < known.at
            if worse:
                return self
        return replace(self, told={**self.told, instrument: told})

    def usd(self, instrument: str) -> float | None:
        """Return the close of a share, or what its source gave as the close before."""
        seen = self.closes.get(instrument)
        told = self.told.get(instrument)
        return told.value if seen is None and told is not None else seen

    def btc(self, near_ms: int) -> tuple[float | None, bool]:
        """Return Bitcoin at the close, and whether it is from more than `near_ms` off it."""
        told = self.told.get(BTC_USD)
        if self.btc_usd is not None or told is None:
            return self.btc_usd, False
        return told.value, abs(told.at - self.close_at) > near_ms


def days_of(days: Iterable[Day]) -> MarketDays:
    """Return what all these midnights, in order, leave behind."""
    found = MarketDays()
    for day in days:
        found = found.sampled(day.whole)
    return found


def next_midnight(at: int) -> int:
    """Return the first midnight that is not before `at`, ms UTC."""
    return -(-at // DAY) * DAY


def settled(
    pairings: Mapping[str, Pairing],
    session: int,
    traded: Traded,
    habits: Habits,
    near_ms: int,
) -> dict[str, Pairing]:
    """Return the pairings that a session changes: each stock that traded in it, paired."""
    found: dict[str, Pairing] = {}
    for name, pairing in pairings.items():
        usd = traded.usd(name)
        if usd is not None:
            found[name] = pairing.closed(session, usd, traded.usd(f"{name}.previous_close_usd"))
    basket = tuple(found[member].level if member in found else None for member in BASKET)
    btc_usd, off = traded.btc(near_ms)
    if btc_usd is None:
        return found
    return {
        name: pairing.paired(traded.close_at, btc_usd, basket, habits, off_close=off)
        for name, pairing in found.items()
    }


def pairings_of(
    tickers: Iterable[str],
    sessions: Sequence[tuple[int, Traded]],
    habits: Habits,
    near_ms: int,
) -> dict[str, Pairing]:
    """Return the pairs that numbered sessions, in order, come to."""
    pairings = {name: Pairing(name) for name in tickers}
    for number, traded in sessions:
        pairings |= settled(pairings, number, traded, habits, near_ms)
    return pairings
