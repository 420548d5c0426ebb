"""The rate caps at work: what passes, what is held for a summary, and what that says. Hop 5, pure.

What a summary names is told by it. So an alert that it says fires is told of its end as any other,
and one that is over before the summary is named as over.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from msgspec.structs import replace as changed

from alerts.desk.pace_ledger import Kind, PaceLedger
from alerts.model import AlertState, Line, Transition
from alerts.pacing import capping
from alerts.pacing.capping import Cap, CapRecord, Overflow
from alerts.pacing.digest import Digest, digest_of, line_of
from monitor.core.clock import Millis

USER = "all"
"""Whose notices are counted together while there is one reader."""
_MUTE = "cap:"
_GONE = Cap(name="gone")
"""In place of a cap that the book has no more: what it held is told by its clock."""


def by_cap(muted_by: str) -> bool:
    """Tell whether it is a cap that keeps something back."""
    return muted_by.startswith(_MUTE)


class Caps:
    """All caps of a book, over the records of a memory, by place: `cap|scope`."""

    def __init__(self, caps: Iterable[Cap], ledger: PaceLedger) -> None:
        self._caps = {cap.name: cap for cap in caps}
        self._ledger = ledger
        self._records: dict[str, CapRecord] = {}
        self._named: dict[tuple[str, str], dict[str, None]] = {}

    def restore(self, records: dict[str, CapRecord]) -> None:
        """Go on with records that were stored, and keep them in that very dict."""
        self._records = records
        self._named = {}
        for place, record in records.items():
            self._name(place, record)
            self._ledger.remind((Kind.CAP, place), capping.due(self._at(place), record))

    def take(self, notice: Transition, now: Millis, said: Digest | None = None) -> Transition:
        """Return a notice that passes as it is, and count it; else held, for a summary.

        `said` is the digest that a notice was made of: it has names that no message has room for.
        """
        if not notice.told:
            return notice
        self.restate(notice)
        if not self._caps:
            return notice
        places = {
            f"{cap.name}|{capping.scope_of(cap, USER, notice)}": cap for cap in self._caps.values()
        }
        counts = {place: (cap, self._records.get(place)) for place, cap in places.items()}
        full = capping.held_by(counts, notice.severity, now)
        if full is None:
            for place, (cap, record) in counts.items():
                passed = capping.on_passed(cap, record, notice.severity, now)
                self._keep(place, passed if passed != capping.EMPTY else None)
            return notice
        cap = places[full]
        held = capping.on_held(cap, self._records[full], said or digest_of(notice), now)
        self._name(full, held)
        self._keep(full, held)
        return changed(notice, muted_by=f"{_MUTE}{cap.name}")

    def restate(self, notice: Transition) -> None:
        """Let no summary that is to come say an older state of an alert than people know, or than is so.

        Also where something else mutes the end by now: that it fires would be false. Whatever the
        book says of caps by now: one that is gone tells what it held all the same.
        """
        if not self._named or notice.inbox:
            return
        if notice.to_state is AlertState.NOTED and not notice.lines:
            return
        for line in notice.lines or (line_of(notice),):
            for place in self._named.get((line.rule, line.key), ()):
                record = self._records[place]
                self._keep(place, replace(record, digest=record.digest.with_line(line)))

    def _name(self, place: str, record: CapRecord) -> None:
        """Note whose lines a record has."""
        for line in record.digest.lines:
            self._named.setdefault((line.rule, line.key), {})[place] = None

    def _unname(self, place: str, lines: Iterable[Line]) -> None:
        """Forget whose lines a record had, now that they are told."""
        for line in lines:
            alert = (line.rule, line.key)
            places = self._named[alert]
            del places[place]
            if not places:
                del self._named[alert]

    def due(self, place: str, now: Millis) -> Overflow | None:
        """Return the summary that is due; a record that nothing is left of goes."""
        told = self._records[place].digest.lines
        record, overflow = capping.on_timer(self._at(place), self._records[place], now)
        if overflow is not None:
            self._unname(place, told)
        self._keep(place, record)
        return overflow

    def _at(self, place: str) -> Cap:
        return self._caps.get(place.partition("|")[0]) or _GONE

    def _keep(self, place: str, record: CapRecord | None) -> None:
        if record is not None:
            self._records[place] = record
            self._ledger.keep((Kind.CAP, place), record, capping.due(self._at(place), record))
        elif self._records.pop(place, None) is not None:
            self._ledger.keep((Kind.CAP, place), None, None)
