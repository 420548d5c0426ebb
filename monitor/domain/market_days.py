"""What a day of the market leaves behind: returns, issuance, hashrate, rental prices. Hop 5, pure.

Sampled at 00:00 UTC. A day counts for what is known at both of its ends; a figure that was not is
left out of its series, never filled. Definitions: docs/formulas.md 5, sector stress, and 1.2.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor.domain.estimators.rolling import Rolling
from monitor.domain.events import Quality, Reading
from monitor.domain.network import EPOCH_BLOCKS, estimate_hashrate, subsidy_sat
from monitor.domain.units import SAT_PER_BTC, SECONDS_PER_DAY

DAY = SECONDS_PER_DAY * 1_000

RETURNS, MIN_RETURNS = 30, 20
"""Days of a volatility, and how many of them it needs."""
ISSUANCE = 365
RIBBON_SHORT, RIBBON_LONG = 30, 60
RENTAL_DAYS, RENTAL_SLACK = 30, 3
"""A rental price of 30 days ago, or of up to so many days before if none was known that day."""
MAX_SILENT_DAYS = 3
"""After so many days without a sample a series describes another time: stale."""
TOO_FEW = "too_few_days"

DAY_INPUTS: Mapping[str, str] = {
    "btc_volatility_day_ratio": "ratio",
    "issuance_usd_day": "USD/day",
    "issuance_mean_365_usd_day": "USD/day",
    "hashrate_mean_30_eh_s": "EH/s",
    "hashrate_mean_60_eh_s": "EH/s",
    "gpu_rental_30_days_ago_usd_hour": "USD/hour",
}
"""What `MarketDays.statistics` gives, with its unit."""


@dataclass(frozen=True, slots=True)
class Midnight:
    """The market at 00:00 UTC; None for what was not known or not to be trusted then.

    Attributes:
        at: the moment, ms UTC.
        btc_usd: reference price.
        height: of the newest block.
        difficulty: of the running epoch.
        gpu_rental_usd_hour: rental price of an H100 hour.
        issued_btc: new coins of the day that ended, where a daily series tells it.
        hashrate_eh_s: mean of that day, likewise.

    """

    at: int
    btc_usd: float | None
    height: float | None
    difficulty: float | None
    gpu_rental_usd_hour: float | None = None
    issued_btc: float | None = None
    hashrate_eh_s: float | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """The last daily values of one figure, and the end of the last day that has one."""

    values: Rolling
    at: int | None = None

    def added(self, value: float | None, at: int) -> Series:
        """Take in the value of the day that ended at `at`; None changes nothing."""
        return self if value is None else Series(self.values.updated((value,)), at)


def _series(days: int) -> Series:
    return Series(Rolling.empty(days, 1))


@dataclass(frozen=True, slots=True)
class MarketDays:
    """All that is remembered of the market's days.

    Attributes:
        last: the last midnight.
        returns: daily log returns of Bitcoin.
        issuance: new coins of the day in USD at its end.
        hashrate: estimated from the day's blocks, EH/s.
        rentals: midnight (ms UTC) and rental price of an H100 hour (USD), as far as it was known.

    """

    last: Midnight | None = None
    returns: Series = field(default_factory=lambda: _series(RETURNS))
    issuance: Series = field(default_factory=lambda: _series(ISSUANCE))
    hashrate: Series = field(default_factory=lambda: _series(RIBBON_LONG))
    rentals: tuple[tuple[int, float], ...] = ()

    def sampled(self, now: Midnight) -> MarketDays:
        """Take in a midnight: it ends a day if the one before was sampled too."""
        last = self.last if self.last is not None and now.at - self.last.at == DAY else None
        return MarketDays(
            now,
            self.returns.added(_log_return(last, now), now.at),
            self.issuance.added(_issued_usd(last, now), now.at),
            self.hashrate.added(_hashrate_eh_s(last, now), now.at),
            self._rentals_with(now),
        )

    def unless_fewer(self, other: MarketDays) -> MarketDays:
        """Return these days, or `other` where one of its series has more of them."""
        ours, theirs = ((days.returns, days.issuance, days.hashrate) for days in (self, other))
        fewer = any(a.values.count < b.values.count for a, b in zip(ours, theirs, strict=True))
        return other if fewer else self

    def _rentals_with(self, now: Midnight) -> tuple[tuple[int, float], ...]:
        """Return the rental prices that may still be asked for, with that of `now`."""
        oldest = now.at - (RENTAL_DAYS + RENTAL_SLACK) * DAY
        kept = tuple(row for row in self.rentals if row[0] >= oldest)
        price = now.gpu_rental_usd_hour
        return kept if price is None else (*kept, (now.at, price))

    def _rental_before(self, now: int) -> Reading:
        """Return the rental price `RENTAL_DAYS` before the midnight `now`."""
        known = [row for row in self.rentals if row[0] <= now - RENTAL_DAYS * DAY]
        if not known:
            return Reading(None, Quality.MISSING, TOO_FEW)
        return Reading(known[-1][1], Quality.OK, "", now)

    def statistics(self) -> dict[str, Reading]:
        """Return the market inputs by name, as they stood at the last midnight."""
        now = 0 if self.last is None else self.last.at
        spread = self.returns.values.covariance(0, 0)
        hashrates = [row[0] for row in self.hashrate.values.rows]
        short = hashrates[-RIBBON_SHORT:]
        issued = [row[0] for row in self.issuance.values.rows]
        return {
            "btc_volatility_day_ratio": _reading(
                None if spread is None else math.sqrt(spread), self.returns, MIN_RETURNS, now
            ),
            "issuance_usd_day": _reading(issued[-1] if issued else None, self.issuance, 1, now),
            "issuance_mean_365_usd_day": _reading(
                self.issuance.values.means[0], self.issuance, ISSUANCE, now
            ),
            "hashrate_mean_30_eh_s": _reading(
                math.fsum(short) / len(short) if short else None, self.hashrate, RIBBON_SHORT, now
            ),
            "hashrate_mean_60_eh_s": _reading(
                self.hashrate.values.means[0], self.hashrate, RIBBON_LONG, now
            ),
            "gpu_rental_30_days_ago_usd_hour": self._rental_before(now),
        }


@dataclass(frozen=True, slots=True)
class Closing:
    """A session that has closed.

    Attributes:
        open_at: its open, ms UTC.
        close_at: its close.
        btc_usd: Bitcoin at the close; None where it was not to be trusted.
        settled: its last prices have been paired.

    """

    open_at: int
    close_at: int
    btc_usd: float | None
    settled: bool = False


@dataclass(frozen=True, slots=True)
class MarketHistory:
    """What is remembered of the market as a whole.

    Attributes:
        session: number of the last session that closed, counted from the first one seen.
        closing: the session that closed last.
        days: samples of each midnight.

    """

    session: int = 0
    closing: Closing | None = None
    days: MarketDays = field(default_factory=MarketDays)


def _reading(value: float | None, series: Series, needed: int, now: int) -> Reading:
    if value is None or series.at is None or series.values.count < needed:
        return Reading(None, Quality.MISSING, TOO_FEW)
    fresh = now - series.at <= MAX_SILENT_DAYS * DAY
    return Reading(value, Quality.OK if fresh else Quality.STALE, "", series.at)


def _log_return(last: Midnight | None, now: Midnight) -> float | None:
    if last is None or last.btc_usd is None or now.btc_usd is None:
        return None
    return math.log(now.btc_usd / last.btc_usd)


def _blocks(last: Midnight | None, now: Midnight) -> range | None:
    """Return the heights that a day found; None where they are not known or cannot be true."""
    if last is None or last.height is None or now.height is None:
        return None
    heights = range(round(last.height) + 1, round(now.height) + 1)
    # 144 are expected; a day with a whole epoch in it, or with hardly a block, is a feed's error
    return heights if 1 < len(heights) < EPOCH_BLOCKS else None


def _issued_usd(last: Midnight | None, now: Midnight) -> float | None:
    """Return the day's new coins at the price of its end: counted, or else as they were told."""
    heights = _blocks(last, now)
    coins = now.issued_btc
    if heights is not None:
        coins = sum(subsidy_sat(height) for height in heights) / SAT_PER_BTC
    return None if coins is None or now.btc_usd is None else coins * now.btc_usd


def _hashrate_eh_s(last: Midnight | None, now: Midnight) -> float | None:
    """Return the hashrate that the day's blocks show, each at the difficulty it was found at.

    Where they cannot be counted, what was told of the day stands.
    """
    heights = _blocks(last, now)
    if last is None or heights is None or last.difficulty is None or now.difficulty is None:
        return now.hashrate_eh_s
    retarget = heights[-1] - heights[-1] % EPOCH_BLOCKS
    new = len(range(max(heights[0], retarget), heights[-1] + 1))
    work = new * now.difficulty + (len(heights) - new) * last.difficulty
    return estimate_hashrate(len(heights), work, SECONDS_PER_DAY).eh_s
