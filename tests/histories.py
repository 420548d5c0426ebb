"""A past to replay: quotes at their moments, and the history's timers run over them."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping

import msgspec

from monitor.compute.history import History, MarketHistory, Output
from monitor.domain.events import BTC_USD, Quality, Reading
from monitor.domain.pairs import Habits, Pairing
from monitor.domain.sessions import SessionCalendar
from monitor.nyse import nyse_calendar

PLAIN = Habits(half_life=float("inf"), winsor_sigmas=float("inf"))
"""All pairs weigh alike and none is cut: a batch regression."""


class Past:
    """What every instrument was worth at each moment, as a step's `read` tells it."""

    def __init__(self) -> None:
        self.now = 0
        self._told: defaultdict[str, list[tuple[int, Reading]]] = defaultdict(list)

    def tell(self, name: str, at: int, value: float | None, quality: Quality = Quality.OK) -> None:
        """Let an instrument be worth `value` from `at` on."""
        self._told[name].append((at, Reading(value, quality, "", at)))

    def read(self, name: str) -> Reading:
        """Return what an instrument is worth now."""
        told = self._told.get(name, [])
        place = bisect_right(told, self.now, key=lambda item: item[0])
        return told[place - 1][1] if place else Reading(None, Quality.MISSING, "no_quote")

    def run(self, history: History, until: int) -> list[Output]:
        """Run all timers up to `until`; return what they set, in order."""
        outputs: list[Output] = []
        while history.next_timer is not None and history.next_timer <= until:
            self.now = history.next_timer
            outputs += history.run_timer(self.read)
        return outputs


def closes(after: int, count: int, calendar: SessionCalendar | None = None) -> list[int]:
    """Return the closes of the next sessions in New York after a moment."""
    sessions = nyse_calendar() if calendar is None else calendar
    found: list[int] = []
    moment = after
    while len(found) < count:
        session = sessions.session_at(moment)
        if session.close_at <= moment:
            session = sessions.session_at(session.next_open_at)
        found.append(session.close_at)
        moment = session.close_at
    return found


def tell_session(past: Past, close_at: int, btc_usd: float, stocks: Mapping[str, float]) -> None:
    """Let Bitcoin and some stocks be quoted at a close."""
    past.tell(BTC_USD, close_at, btc_usd)
    for ticker, usd in stocks.items():
        past.tell(ticker, close_at, usd)


def values(outputs: Iterable[Output], ticker: str | None) -> dict[str, float]:
    """Return the last known value of each input of one company, or of the market."""
    last = {item.column: item.reading for item in outputs if item.ticker == ticker}
    return {name: reading.value for name, reading in last.items() if reading.value is not None}


def reborn(history: History, fresh: History, now: int, saved: dict[str, bytes]) -> History:
    """Return `fresh` with all that `history` has saved, through JSON, as another process would."""
    changes = history.take()
    if changes.market is not None:
        saved[""] = msgspec.json.encode(changes.market)
    for ticker, pairing in changes.pairings.items():
        saved[ticker] = msgspec.json.encode(pairing)
    market = msgspec.json.decode(saved[""], type=MarketHistory) if "" in saved else None
    pairings = [msgspec.json.decode(body, type=Pairing) for name, body in saved.items() if name]
    fresh.begin(now, market, pairings)
    return fresh
