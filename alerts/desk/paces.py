"""The pace of each alert, as it is remembered: kept, asked, and taken back after a restart. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from msgspec.structs import replace

from alerts.desk import pace_timers
from alerts.desk.pace import Pace, has_no_turn
from alerts.desk.pace_ledger import Kind, PaceLedger, PaceMemory, strangers, without_pauses
from alerts.desk.records import Standing
from alerts.desk.terms import AllTerms, SessionOf
from alerts.model import Transition
from monitor.core.clock import Millis


class Paces:
    """All records of pace, over those of a memory, by the alert's name."""

    def __init__(self, terms: AllTerms, ledger: PaceLedger, session_of: SessionOf) -> None:
        self._terms = terms
        self._ledger = ledger
        self._session_of = session_of
        self._records: dict[str, Pace] = {}

    def get(self, name: str) -> Pace | None:
        """Return what is remembered of an alert."""
        return self._records.get(name)

    def keep(self, name: str, pace: Pace | None) -> None:
        """Remember an alert as it is now; None: there is nothing left to remember."""
        known = self._records.get(name)
        if pace is None:
            if known is not None:
                del self._records[name]
                self._ledger.keep((Kind.PACE, name), None, None)
            return
        self._records[name] = pace
        due = pace_timers.due(self._terms.of_alert(name), pace)
        if pace != known:
            self._ledger.keep((Kind.PACE, name), pace, due)
        else:
            self._ledger.remind((Kind.PACE, name), due)

    def untold(self, name: str, pace: Pace, why: str) -> None:
        """Remember that people were not told of a fire, and why."""
        self.keep(name, replace(pace, told=False, waits=False, held_by=why))

    def held_by(self, name: str) -> str:
        """Return what keeps the fire of an alert from being told, beside the desk; empty: nothing."""
        pace = self._records.get(name)
        return "" if pace is None or pace.over or pace.told else pace.held_by

    def says_nothing(self, last: Transition, now: Millis) -> bool:
        """Tell whether a fire is one that nobody is told of: its rule is over, or had its turn."""
        if self._terms.expired(last.rule, last.since):
            return True
        terms, pace = self._terms.of(last.rule), self._records.get(last.name)
        return terms is not None and has_no_turn(terms, pace, last, self._session_of, now)

    def restore(self, memory: PaceMemory, rules: Collection[str]) -> None:
        """Go on with the records of a memory, in that very dict; `rules` are the ids in the book."""
        self._records = memory.paces
        for place in strangers(memory, rules):
            memory.drop(place)
            self._ledger.keep(place, None, None)
        for name, pace in without_pauses(memory, rules):
            self.keep(name, pace)
        for name, pace in self._records.items():
            due = pace_timers.due(self._terms.of_alert(name), pace)
            self._ledger.remind((Kind.PACE, name), due)

    def adopt(self, standings: Iterable[Standing]) -> None:
        """Take on the alerts that people know of, and of whose pace their rules said nothing so far."""
        for it in standings:
            name = it.last.name
            if it.heard and name not in self._records and self._terms.of(it.last.rule) is not None:
                lost = it.lost or it.owes_return
                pace = Pace(last=it.last, told=it.told, lost=lost, acked=it.ack is not None)
                self.keep(name, pace)
