"""The dated past of one shard: what is kept of it, where a value told afterwards belongs. Hop 5, pure.

Telling marks it dirty; the fold is done once, when somebody next looks. It depends only on what is
kept, so neither the order of telling nor the batching can be seen in it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from monitor.compute.calendars import Sessions
from monitor.domain.chronicle import (
    DAY_FIGURES,
    KEEP_DAYS,
    KEEP_SESSIONS,
    Day,
    Told,
    Traded,
    days_of,
    next_midnight,
    pairings_of,
)
from monitor.domain.events import BTC_USD, Quote
from monitor.domain.market_days import DAY, Closing, MarketDays, Midnight
from monitor.domain.pairs import Habits, Pairing
from monitor.domain.sessions import Session
from monitor.domain.symbols import Kind, symbol_of

MINUTE = 60_000
SETTLE_MS = 20 * MINUTE
"""The closing auction takes minutes, a delayed quote fifteen."""
BTC_MAX_AGE_MS = 10 * MINUTE
"""Bitcoin's price belongs to the close if the venues saw it this shortly before it."""
BTC_LATE_MS = 7 * 60 * MINUTE
"""A daily price of 00:00 UTC stands in for the close before it, half days included (formulas.md 5)."""


@dataclass(slots=True)
class ChronicleChanges:
    """What changed since the last `take`, by moment; None for what is kept no longer."""

    days: dict[int, Day | None] = field(default_factory=dict)
    sessions: dict[int, Traded | None] = field(default_factory=dict)


class Chronicle:
    """All midnights and sessions that are kept."""

    def __init__(self, sessions: Sessions, tickers: Collection[str]) -> None:
        self._calendar = sessions
        self._tickers = frozenset(tickers)
        self._days: dict[int, Day] = {}
        self._sessions: dict[int, Traded] = {}
        self._changes = ChronicleChanges()
        self.told = False

    def restore(self, days: Iterable[Day], sessions: Iterable[Traded]) -> None:
        """Take back what was saved."""
        self._days = {day.at: day for day in days}
        self._sessions = {traded.close_at: traded for traded in sessions}

    def take(self) -> ChronicleChanges:
        """Return what changed since the last call, to be committed."""
        taken, self._changes = self._changes, ChronicleChanges()
        return taken

    # ---------------------------------------------------------------- what is seen

    def sample(self, midnight: Midnight) -> None:
        """Keep a midnight as it was seen."""
        known = self._days.get(midnight.at, Day(midnight))
        self._keep_day(replace(known, sampled=midnight))

    def adopt(self, midnight: Midnight) -> None:
        """Keep a midnight that was sampled before there was a chronicle."""
        if midnight.at not in self._days:
            self._keep_day(Day(midnight))

    def settle(self, closing: Closing, closes: Mapping[str, float]) -> Traded:
        """Keep a session as it was seen; return it with what was told of it."""
        known = self._sessions.get(closing.close_at, Traded(closing.open_at, closing.close_at))
        traded = replace(known, btc_usd=closing.btc_usd, closes=closes)
        self._keep_session(traded)
        return traded

    def split(self, ticker: str, factor: float) -> None:
        """Carry the closes of a share into new shares."""
        for traded in [*self._sessions.values()]:
            split = traded.split((ticker, f"{ticker}.previous_close_usd"), factor)
            if split != traded:
                self._keep_session(split)

    # ---------------------------------------------------------------- what is told

    def tell(self, quote: Quote, now: int) -> bool:
        """Take a value of the past; return whether anything is known now that was not."""
        changed = self._tell_day(quote, now) | self._tell_session(quote, now)
        self.told |= changed
        return changed

    def _tell_day(self, quote: Quote, now: int) -> bool:
        """Put a value into the midnight that follows it, if it was fresh then."""
        if quote.instrument not in DAY_FIGURES:
            return False
        at = next_midnight(quote.observed_at)
        budget = quote.fresh_ms
        if budget is None:
            budget = symbol_of(quote.instrument, self._tickers).kind.fresh_ms
        if not now - KEEP_DAYS * DAY < at <= now or at - quote.observed_at > budget:
            return False
        known = self._days.get(at, Day(Midnight(at, None, None, None)))
        told = known.with_told(quote.instrument, _told(quote))
        return told is not known and self._keep_day(told)

    def _tell_session(self, quote: Quote, now: int) -> bool:
        """Put a share's price into its session, and Bitcoin's into the one that it closes."""
        share = symbol_of(quote.instrument, self._tickers).kind is Kind.SHARE
        if not share and quote.instrument != BTC_USD:
            return False
        session = self._session_at(quote.observed_at)
        if session is None or session.close_at + SETTLE_MS > now:
            return False
        after = quote.observed_at - session.close_at
        if share:
            fits = quote.observed_at >= session.open_at and after <= SETTLE_MS
        else:
            fits = -BTC_MAX_AGE_MS <= after <= BTC_LATE_MS
        if not fits or session.close_at <= self._oldest_session(now):
            return False
        known = self._sessions.get(session.close_at, Traded(session.open_at, session.close_at))
        told = known.with_told(quote.instrument, _told(quote))
        return told is not known and self._keep_session(told)

    # ---------------------------------------------------------------- folding

    def fold(
        self, session: int, now: int, tickers: Iterable[str], habits: Habits
    ) -> tuple[MarketDays, dict[str, Pairing]]:
        """Return days and pairs as all that is kept makes them.

        `session` is the number of the last session that has closed by `now`.
        """
        self.told = False
        days = days_of(self._days[at] for at in sorted(self._days))
        numbers = self._numbers(session, now)
        kept = [(number, self._sessions[at]) for at, number in numbers if at in self._sessions]
        return days, pairings_of(tickers, kept, habits, BTC_MAX_AGE_MS)

    def _numbers(self, session: int, now: int) -> list[tuple[int, int]]:
        """Return (close, number) of every session from the first one kept on."""
        closes: list[int] = []
        found = self._session_at(min(self._sessions, default=now))
        while found is not None and found.close_at <= now:
            closes.append(found.close_at)
            found = self._session_at(found.next_open_at)
        return [(at, session - len(closes) + place) for place, at in enumerate(closes, 1)]

    # ---------------------------------------------------------------- beneath

    def _session_at(self, moment: int) -> Session | None:
        with contextlib.suppress(ValueError):  # outside its years no session is known
            return self._calendar.session_at(moment)
        return None

    @staticmethod
    def _oldest_session(now: int) -> int:
        return now - KEEP_SESSIONS * DAY * 365 // 252

    def _keep_day(self, day: Day) -> bool:
        self._days[day.at] = self._changes.days[day.at] = day
        for at in [at for at in self._days if at <= max(self._days) - KEEP_DAYS * DAY]:
            del self._days[at]
            self._changes.days[at] = None
        return True

    def _keep_session(self, traded: Traded) -> bool:
        self._sessions[traded.close_at] = self._changes.sessions[traded.close_at] = traded
        oldest = self._oldest_session(max(self._sessions))
        for at in [at for at in self._sessions if at <= oldest]:
            del self._sessions[at]
            self._changes.sessions[at] = None
        return True


def _told(quote: Quote) -> Told:
    return Told(quote.observed_at, float(quote.value))
