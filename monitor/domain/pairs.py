"""Pairs of returns, one a session, of a stock with Bitcoin and with the AI basket. Hop 5, pure.

A pair spans the time from the stock's last paired close to this one, for all three alike: over a
weekend Bitcoin's return has three days in it, as the stock's has, and counts as one session. What
would make the sample wrong is left out whole: no trade in the session, no price of Bitcoin at the
close, a jump that may be a split. The next pair then spans that session too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np

from monitor.domain.estimators import Floats
from monitor.domain.estimators.moments import Moments, decay_of
from monitor.domain.estimators.robust import WINSOR_SIGMAS, robust_bounds

BASKET = ("NVDA", "CRWV")
"""Whose mean log return stands for AI. A member's own basket is the others."""

WINDOW = 60
"""Pairs of a rolling window: a quarter of a year."""
EARLIER = 120
"""How many pairs ago the earlier window ended: half a year."""
RECENT = EARLIER + WINDOW
MIN_CUT = 30
"""Pairs that must be known before a wild one can be told from them."""

PREVIOUS_CLOSE_RATIO = 0.03
"""A previous close further than this from the one we saw was adjusted since: a split."""
SPLIT_FACTOR = 1.5
"""The smallest usual split. Where no previous close vouches for ours, a jump that large is none."""

Row: TypeAlias = tuple[float, float, float | None]
"""Log returns of one pair: stock, BTC and AI basket, None where a member of it was not there."""


@dataclass(frozen=True, slots=True)
class Habits:
    """How the estimators weigh.

    Attributes:
        half_life: sessions in which the weight of a pair halves; infinite weighs all alike.
        winsor_sigmas: robust standard deviations beyond which a return is cut in the estimators.

    """

    half_life: float = 60.0
    winsor_sigmas: float = WINSOR_SIGMAS


@dataclass(frozen=True, slots=True)
class Close:
    """A stock's last price of a session in which it was traded.

    Attributes:
        session: number of the session.
        usd: the price.

    """

    session: int
    usd: float


@dataclass(frozen=True, slots=True)
class Level:
    """Where the sum of a stock's log returns stands.

    Attributes:
        value: the sum.
        chain: how often it was broken; only levels of one chain have a return between them.

    """

    value: float = 0.0
    chain: int = 0

    def since(self, earlier: Level) -> float | None:
        """Return the log return from `earlier` to here; None where it is not known."""
        return self.value - earlier.value if self.chain == earlier.chain else None


@dataclass(frozen=True, slots=True)
class Mark:
    """A paired close: where the next pair begins.

    Attributes:
        session: number of the session.
        at: the moment of the close, ms UTC.
        btc_usd: Bitcoin at that moment.
        level: of the stock.
        basket: levels of the basket's members, None for one without a close in the session.

    """

    session: int
    at: int
    btc_usd: float
    level: Level
    basket: tuple[Level | None, ...]


@dataclass(frozen=True, slots=True)
class Pairing:
    """All that is remembered of one company's pairs.

    Attributes:
        ticker: of the stock.
        close: its last close.
        level: the sum of its log returns.
        mark: its last paired close.
        pair: weighted moments of (stock, BTC), wild returns cut.
        joint: weighted moments of (stock, BTC, AI), likewise.
        recent: the last pairs as they were, oldest first.
        off_close: session of the last pair whose Bitcoin is not of the close but of hours later,
            as daily series give it; such pairs understate a beta.

    """

    ticker: str
    close: Close | None = None
    level: Level = Level()
    mark: Mark | None = None
    pair: Moments = field(default_factory=lambda: Moments.empty(2))
    joint: Moments = field(default_factory=lambda: Moments.empty(3))
    recent: tuple[Row, ...] = ()
    off_close: int | None = None

    def closed(self, session: int, usd: float, previous_close_usd: float | None) -> Pairing:
        """Take the close of a session; a jump that may be a split breaks the chain of returns.

        The previous close that a feed gives is adjusted for splits, ours is not.
        """
        last = self.close
        level = self.level
        if last is not None:
            log_return = math.log(usd / last.usd)
            if last.session == session - 1 and previous_close_usd is not None:
                broken = abs(previous_close_usd / last.usd - 1) > PREVIOUS_CLOSE_RATIO
            else:
                broken = abs(log_return) >= math.log(SPLIT_FACTOR)
            if broken:
                level = Level(level.value, level.chain + 1)
            else:
                level = Level(level.value + log_return, level.chain)
        return replace(self, close=Close(session, usd), level=level)

    def split(self, factor: float) -> Pairing:
        """Return the pairs with the last close in new shares; a return is none of a split's making."""
        if self.close is None:
            return self
        return replace(self, close=Close(self.close.session, self.close.usd * factor))

    def paired(
        self,
        at: int,
        btc_usd: float,
        basket: tuple[Level | None, ...],
        habits: Habits,
        *,
        off_close: bool = False,
    ) -> Pairing:
        """Pair the close just taken with Bitcoin and the basket of the same moment.

        `off_close` tells that Bitcoin's price is of hours later.
        """
        if self.close is None:
            return self
        mark = Mark(self.close.session, at, btc_usd, self.level, basket)
        off = mark.session if off_close else self.off_close
        last = self.mark
        stock = None if last is None else self.level.since(last.level)
        if last is None or stock is None:
            return replace(self, mark=mark, off_close=off)
        btc = math.log(btc_usd / last.btc_usd)
        ai = basket_return(self.ticker, last.basket, basket)
        decay, gap = decay_of(habits.half_life), mark.session - last.session
        cut = self._cut((stock, btc, ai), habits.winsor_sigmas)
        return replace(
            self,
            mark=mark,
            pair=self.pair.updated(cut[:2], decay, gap),
            joint=self.joint.updated(cut, decay, gap),
            recent=(*self.recent, (stock, btc, ai))[-RECENT:],
            off_close=off,
        )

    def _cut(self, row: Row, sigmas: float) -> tuple[float | None, ...]:
        """Return the row with wild returns set onto the bounds of the last pairs."""
        cut: list[float | None] = list(row)
        for place, value in enumerate(row):
            known = column(self.recent[-WINDOW:], place)
            bounds = robust_bounds(known, sigmas) if len(known) >= MIN_CUT else None
            if value is not None and bounds is not None:
                cut[place] = min(max(value, bounds[0]), bounds[1])
        return tuple(cut)


def basket_return(
    ticker: str, before: Sequence[Level | None], now: Sequence[Level | None]
) -> float | None:
    """Return the mean log return of the basket without `ticker`; None if a member is not there."""
    returns = []
    for member, first, last in zip(BASKET, before, now, strict=True):
        if member == ticker:
            continue
        change = None if first is None or last is None else last.since(first)
        if change is None:
            return None
        returns.append(change)
    return sum(returns) / len(returns)


def column(rows: Sequence[Row], place: int) -> Floats:
    """Return one column of the rows, without the rows that have nothing there."""
    return np.array([row[place] for row in rows if row[place] is not None], dtype=np.float64)
