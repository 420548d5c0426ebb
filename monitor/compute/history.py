"""What the numbers of the past are for: pairs at each close, samples at each midnight. Hop 5, pure.

The step owns one `History`. It runs its timers in order with all others, each at its own moment,
and lets it read what every instrument is worth then; so the result depends neither on how ticks
are batched nor on how fast they come, and a late quote changes nothing.

Three kinds of moments:

- a session's close in New York: Bitcoin's reference price of that very moment is remembered;
- `SETTLE_MS` later, when the closing auction and delayed quotes are in: each stock that traded in
  the session is paired with it (`monitor/domain/pairs.py`). While the market is closed nothing is
  paired: its repeated last price would pull every beta to 0;
- 00:00 UTC: a day of Bitcoin and of the network (`monitor/domain/market_days.py`).

A past that is told afterwards (`tell`) goes into the chronicle; what is made of it is worked out
anew when it is asked for next (`catch_up`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from monitor.compute.calendars import Sessions
from monitor.compute.chronicle import (
    BTC_MAX_AGE_MS,
    SETTLE_MS,
    Chronicle,
    ChronicleChanges,
)
from monitor.compute.plan import MARKET_INPUTS
from monitor.domain.chronicle import Day, Traded, settled
from monitor.domain.events import BTC_USD, DIFFICULTY, HEIGHT, Quality, Quote, Reading
from monitor.domain.market_days import DAY, DAY_INPUTS, Closing, MarketHistory, Midnight
from monitor.domain.pair_statistics import PAIR_INPUTS, statistics
from monitor.domain.pairs import BASKET, Habits, Pairing

__all__ = [
    "EARLIER_FACTS",
    "EARLIER_MS",
    "HISTORY_INPUTS",
    "PAIR_INPUTS",
    "SETTLE_MS",
    "History",
    "HistoryChanges",
    "MarketHistory",
    "Output",
]

_BTC_CLOSE = "btc_close_usd"
HISTORY_INPUTS: Mapping[str, str] = {**DAY_INPUTS, _BTC_CLOSE: "USD"}
"""Market input to its unit: what the history gives of the market."""

EARLIER_MS = 182 * DAY
EARLIER_FACTS: Mapping[str, str] = {
    "earlier_ai_revenue_usd": "ai_revenue_usd",
    "earlier_mining_revenue_usd": "mining_revenue_usd",
}
"""Company input to the fact whose figure, as it was known `EARLIER_MS` before, it holds."""


class Output(NamedTuple):
    """One input of the metrics: of a company, or of the market where the ticker is None."""

    column: str
    ticker: str | None
    reading: Reading


@dataclass(slots=True)
class HistoryChanges:
    """What changed since the last `take`: what the commit writes."""

    market: MarketHistory | None = None
    pairings: dict[str, Pairing] = field(default_factory=dict)
    chronicle: ChronicleChanges = field(default_factory=ChronicleChanges)


class History:
    """The past of one shard: its timers, what they produce, what has to be saved."""

    def __init__(
        self, sessions: Sessions, tickers: Iterable[str], habits: Habits | None = None
    ) -> None:
        """Take the exchange's sessions and the companies; members of the basket are added."""
        self._sessions = sessions
        self._habits = Habits() if habits is None else habits
        self._tickers = tuple(tickers)
        self._pairings = {name: Pairing(name) for name in (*self._tickers, *BASKET)}
        self._market = MarketHistory()
        self._chronicle = Chronicle(sessions, self._pairings)
        self._changes = HistoryChanges()
        self._now: int | None = None
        self._next_session: tuple[int, int] | None = None

    def begin(
        self,
        now: int,
        market: MarketHistory | None = None,
        pairings: Iterable[Pairing] = (),
    ) -> None:
        """Begin at `now`, with what was saved when every timer up to then had run.

        What was saved of a company that is no longer there is left alone.
        """
        self._now = now
        if market is not None:
            self._market = market
        for pairing in pairings:
            if pairing.ticker in self._pairings:
                self._pairings[pairing.ticker] = pairing
        last = self._market.days.last
        if last is not None:  # kept by a version that had no chronicle
            self._chronicle.adopt(last)
        self._next_session = self._session_after(now)

    def restore_chronicle(self, days: Iterable[Day], sessions: Iterable[Traded]) -> None:
        """Take back the midnights and sessions that were saved; called before `begin`."""
        self._chronicle.restore(days, sessions)

    def tell(self, quote: Quote, now: int) -> bool:
        """Take a value of the past; return whether anything is known now that was not."""
        return self._now is not None and self._chronicle.tell(quote, now)

    @property
    def told(self) -> bool:
        """Tell whether more of the past was told than has been worked out."""
        return self._chronicle.told

    def catch_up(self, now: int) -> list[Output]:
        """Work out anew what the past comes to, if more of it was told; return all inputs then."""
        if not self._chronicle.told:
            return []
        session = self._market.session
        days, pairings = self._chronicle.fold(session, now, self._pairings, self._habits)
        # an earlier version kept samples and no chronicle: those are not given up for fewer
        self._keep(replace(self._market, days=days.unless_fewer(self._market.days)))
        pairings = {
            name: pairing
            for name, pairing in pairings.items()
            if len(pairing.recent) >= len(self._pairings[name].recent)
        }
        self._pairings |= pairings
        self._changes.pairings |= pairings
        return self.outputs()

    def skip_to(self, moment: int) -> None:
        """Leave out what was due before `moment`: a leap over ages is not walked day by day.

        A session that waits to settle is given up; pairs and samples go on from `moment`.
        """
        if self._now is None or moment <= self._now:
            return
        self._now = moment
        self._next_session = self._session_after(moment)
        closing = self._unsettled
        if closing is not None:
            self._keep(replace(self._market, closing=replace(closing, settled=True)))

    @property
    def next_timer(self) -> int | None:
        """Return the next moment at which `run_timer` is due; None before `begin`."""
        if self._now is None:
            return None
        due = [self._now // DAY * DAY + DAY]
        if self._next_session is not None:
            due.append(self._next_session[1])
        if self._unsettled is not None:
            due.append(self._unsettled.close_at + SETTLE_MS)
        return min(due)

    @property
    def _unsettled(self) -> Closing | None:
        closing = self._market.closing
        return None if closing is None or closing.settled else closing

    def run_timer(self, read: Callable[[str], Reading]) -> list[Output]:
        """Run what is due next, at its own moment; return the inputs that it sets.

        `read` tells what an instrument is worth at that moment.
        """
        now = self.next_timer
        if now is None:
            return []
        self._now = now
        outputs: list[Output] = []
        closing = self._unsettled
        if closing is not None and now == closing.close_at + SETTLE_MS:
            self._settle(closing, read)
            known = [name for name in self._tickers if self._pairings[name].mark is not None]
            outputs += self._pair_outputs(known)
        if self._next_session is not None and now == self._next_session[1]:
            self._close(*self._next_session, read)
            self._next_session = self._session_after(now)
            outputs.append(self._btc_close())
        if now % DAY == 0:
            midnight = Midnight(now, *(_trusted(read(name)) for name in _SAMPLED))
            self._chronicle.sample(midnight)
            self._keep(replace(self._market, days=self._market.days.sampled(midnight)))
            outputs += self._day_outputs()
        return outputs

    def split(self, ticker: str, factor: float) -> None:
        """Carry a stock's last close into new shares, so that the next return has no jump in it."""
        if ticker in self._pairings:
            self._pairings[ticker] = self._pairings[ticker].split(factor)
            self._changes.pairings[ticker] = self._pairings[ticker]
        self._chronicle.split(ticker, factor)

    def outputs(self) -> list[Output]:
        """Return all inputs as they stand, for a table that is filled for the first time."""
        if self._now is None:
            return []
        return [*self._pair_outputs(self._tickers), self._btc_close(), *self._day_outputs()]

    def take(self) -> HistoryChanges:
        """Return what changed since the last call, to be committed."""
        taken, self._changes = self._changes, HistoryChanges()
        taken.chronicle = self._chronicle.take()
        return taken

    # ---------------------------------------------------------------- the three moments

    def _close(self, open_at: int, close_at: int, read: Callable[[str], Reading]) -> None:
        """Remember Bitcoin at a session's close."""
        btc = read(BTC_USD)
        seen = btc.observed_at is not None and abs(close_at - btc.observed_at) <= BTC_MAX_AGE_MS
        closing = Closing(open_at, close_at, _trusted(btc) if seen else None)
        self._keep(replace(self._market, session=self._market.session + 1, closing=closing))

    def _settle(self, closing: Closing, read: Callable[[str], Reading]) -> None:
        """Pair each stock that traded in the session."""
        seen: dict[str, float] = {}
        for name in self._pairings:
            for instrument in (name, f"{name}.previous_close_usd"):
                usd = _traded(read(instrument), closing)
                if usd is not None:
                    seen[instrument] = usd
        traded = self._chronicle.settle(closing, seen)
        session = self._market.session
        changed = settled(self._pairings, session, traded, self._habits, BTC_MAX_AGE_MS)
        self._pairings |= changed
        self._changes.pairings |= changed
        self._keep(replace(self._market, closing=replace(closing, settled=True)))

    # ---------------------------------------------------------------- beneath

    def _keep(self, market: MarketHistory) -> None:
        self._market = self._changes.market = market

    def _session_after(self, moment: int) -> tuple[int, int] | None:
        """Return open and close of the first session that closes after `moment`, if it is known."""
        with contextlib.suppress(ValueError):  # outside its years no session is known
            session = self._sessions.session_at(moment)
            if session.close_at <= moment:
                session = self._sessions.session_at(session.next_open_at)
            return session.open_at, session.close_at
        return None

    def _pair_outputs(self, tickers: Iterable[str]) -> list[Output]:
        session = self._market.session
        return [
            Output(column, name, reading)
            for name in tickers
            for column, reading in statistics(self._pairings[name], session, self._habits).items()
        ]

    def _day_outputs(self) -> list[Output]:
        found = self._market.days.statistics()
        return [Output(column, None, reading) for column, reading in found.items()]

    def _btc_close(self) -> Output:
        closing = self._market.closing
        if closing is None or closing.btc_usd is None:
            reading = Reading(None, Quality.MISSING, f"missing:{_BTC_CLOSE}")
        else:
            reading = Reading(closing.btc_usd, Quality.OK, "", closing.close_at)
        return Output(_BTC_CLOSE, None, reading)


_SAMPLED: Sequence[str] = (BTC_USD, HEIGHT, DIFFICULTY, MARKET_INPUTS["gpu_rental_usd_hour"])


def _trusted(reading: Reading) -> float | None:
    """Return the value if a rule might fire on it and it is above 0."""
    if not reading.quality.usable or reading.value is None or reading.value <= 0:
        return None
    return reading.value


def _traded(reading: Reading, session: Closing) -> float | None:
    """Return a stock's value if its source saw it in that session, its closing auction included."""
    seen_at = reading.observed_at
    if seen_at is None or not session.open_at <= seen_at <= session.close_at + SETTLE_MS:
        return None
    return _trusted(reading)
