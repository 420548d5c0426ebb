"""The pace of all alerts: after the desk has said what may be told, how often and together. Hop 5.

Pure. The desk's changes go in, in order; the same changes come out, with `muted_by` where a pause,
a group or a cap holds them, and what time brings: digests, summaries, repeats, the chain.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from msgspec.structs import replace as changed

from alerts.desk import pace_timers
from alerts.desk.caps import Caps, by_cap
from alerts.desk.groups import Groups
from alerts.desk.pace import EXPIRED, PAUSES, TELL_OF_FIRE, Event, Pace, on_change
from alerts.desk.pace_ledger import Kind, PaceChanged, PaceLedger, PaceMemory
from alerts.desk.pace_timers import Present, by_person
from alerts.desk.paces import Paces
from alerts.desk.shared_notices import digest_notice, expired_notice, overflow_notice
from alerts.desk.terms import AllTerms, SessionOf, Terms
from alerts.model import AlertState, Line, Transition
from alerts.pacing import occurrences
from alerts.pacing.digest import Digest
from alerts.pacing.grouping import Flush
from alerts.pacing.notify import PaceBook
from alerts.reasons import NoticeReason, Reason
from alerts.rules.base import Rule
from monitor.core.clock import Millis

_FIRING, _RESOLVED = AlertState.FIRING, AlertState.RESOLVED


class Pacer:
    """Decides how often; its records are in `memory`."""

    def __init__(self, book: PaceBook, rules: Sequence[Rule], session_of: SessionOf) -> None:
        self.memory = PaceMemory()
        self._ledger = PaceLedger()
        self._session_of = session_of
        self._rules = rules
        self._groups = Groups(book.groups, self._ledger)
        self._groups.restore(self.memory.groups)
        self._caps = Caps(book.caps, self._ledger)
        self._caps.restore(self.memory.caps)
        self._terms = AllTerms(book, rules)
        self.paces = Paces(self._terms, self._ledger, session_of)
        self.paces.restore(self.memory, ())

    def begin(self) -> None:
        """Set the timers of rules that expire, at the first moment or after a restart."""
        for name in self._terms.expiring:
            expires_at = self._terms.of_alert(name).notify.expires_at
            if self.memory.expired.get(name) != expires_at:
                self._ledger.remind((Kind.EXPIRED, name), expires_at)

    # ---------------------------------------------------------------- what comes in

    def take(self, changes: Iterable[Transition], now: Millis) -> list[Transition]:
        """Take what the desk decided at one moment; return what goes out, in order."""
        return [notice for change in changes for notice in self._paced(change, now)]

    def _paced(self, change: Transition, now: Millis) -> list[Transition]:
        if change.to_state is AlertState.NOTED:
            moved = change.told and change.reason is Reason.MOVED  # a drill always goes out
            if moved and self._terms.expired(change.rule, now):
                change = changed(change, muted_by=EXPIRED)
            return [self._capped(change, now)]
        change, fired = self._counted(change, now)
        terms, record = self._terms.of(change.rule), self.paces.get(change.name)
        if terms is None and record is None:
            return [self._capped(change, now)]
        terms = terms or self._terms.of_alert(change.name)
        event = Event(change, fired, change.to_state is AlertState.RESOLVED)
        paced = on_change(terms, record, event, self._session_of, now)
        self.paces.keep(change.name, paced.record)
        if event.ended and record is not None and by_cap(record.held_by):
            self._caps.restate(paced.out[0])
        return [self._routed(item, terms, now) for item in paced.out]

    def _counted(self, change: Transition, now: Millis) -> tuple[Transition, bool]:
        """Return a change with its count, and whether its episode fires for the first time."""
        known = self.memory.counts.get(change.name)
        fires = change.to_state is AlertState.FIRING
        count = occurrences.on_fire(known, change.since, now) if fires else known
        if count is None:
            return change, False
        if count is not known:
            self.memory.counts[change.name] = count
            place = (Kind.COUNT, change.name)
            self._ledger.keep(place, count, occurrences.due(count))
        fired = count is not known
        # most alerts fire once, and a copy of a change costs more than all the rest here
        return change if count.count == 1 else changed(change, count=count.count), fired

    # ---------------------------------------------------------------- groups and caps

    def _routed(self, notice: Transition, terms: Terms, now: Millis) -> Transition:
        """Return a notice as it goes out: at once, or held by its group or a cap."""
        if not notice.told or notice.inbox:
            return notice
        held = self._groups.take(terms.notify, notice, now)
        return changed(notice, muted_by=held) if held else self._capped(notice, now)

    def _capped(self, notice: Transition, now: Millis, said: Digest | None = None) -> Transition:
        """Return a notice, held if it is over a cap; `said` is the digest that it was made of."""
        passed = self._caps.take(notice, now, said)
        if passed is not notice:
            self._unsay(passed)
        return passed

    def _unsay(self, held: Transition) -> None:
        """Remember of the alerts of a notice that people were not told that they fire."""
        if held.to_state is AlertState.FIRING and held.notice in TELL_OF_FIRE:
            pace = self.paces.get(held.name)
            over = held.echo and (pace is None or pace.over)  # its end waited with it, and follows
            if not over:
                pace = pace or Pace(last=changed(held, inputs=()))
                self.paces.untold(held.name, pace, held.muted_by)
        for name in held.members if held.notice is NoticeReason.DIGEST else ():
            known = self.paces.get(name)
            if known is not None and known.firing:
                self.paces.untold(name, known, held.muted_by)

    def _say_again(self, digest: Digest) -> None:
        """Remember of the alerts that a summary names that people know now that they fire."""
        for line in digest.lines:
            name = f"{line.rule}|{line.key}"
            pace = self.paces.get(name)
            if pace is not None and not pace.over and line.state is AlertState.FIRING:
                self.paces.keep(name, changed(pace, told=True, waits=False, held_by=""))

    # ---------------------------------------------------------------- timers

    @property
    def next_timer(self) -> Millis | None:
        """Return the event time of the earliest timer, ms UTC."""
        return self._ledger.next_timer

    def run_timer(self, present: Present, now: Millis) -> list[Transition]:
        """Do the first thing that is due by `now`; return what goes out."""
        kind, name = self._ledger.pop()
        match kind:
            case Kind.PACE:
                return self._pace_due(name, present, now)
            case Kind.GROUP:
                return self._flushed(name, present, now)
            case Kind.CAP:
                return self._summed(name, now)
            case Kind.EXPIRED:
                return [self._expire(name, now)]
            case Kind.COUNT:
                del self.memory.counts[name]
                self._ledger.keep((kind, name), None, None)
                return []

    def _pace_due(self, name: str, present: Present, now: Millis) -> list[Transition]:
        terms = self._terms.of_alert(name)
        pace = self.memory.paces[name]
        paced = pace_timers.on_timer(terms, pace, present, self._session_of, now)
        self.paces.keep(name, paced.record)
        return [self._routed(item, terms, now) for item in paced.out]

    def _flushed(self, name: str, present: Present, now: Millis) -> list[Transition]:
        flush = self._groups.due(name, now)
        return [] if flush is None else self._told_together(name, flush, present, now)

    def _told_together(
        self, name: str, flush: Flush, present: Present, now: Millis
    ) -> list[Transition]:
        """Return the digest, or the single changes; what was muted meanwhile is left out."""
        if flush.single:
            return self._told_alone(flush.single, present, now)
        digest = flush.digest
        lines = [
            it
            for it in digest.lines
            if it.state is not _FIRING or not self._put_off(f"{it.rule}|{it.key}", present)
        ]
        if not lines:
            return []
        shown = replace(flush, digest=replace(digest, lines=tuple(lines)))
        return [self._capped(digest_notice(name, shown, now), now, shown.digest)]

    def _told_alone(
        self, changes: Sequence[Transition], present: Present, now: Millis
    ) -> list[Transition]:
        """Return the changes of the only alert of a group: up to its last end all are told."""
        # that it still fired then is no news beside what came after
        before = (it for it in changes[:-1] if it.notice is not NoticeReason.REPEAT)
        changes = [*before, changes[-1]]
        ends = [number for number, it in enumerate(changes, 1) if it.to_state is _RESOLVED]
        last = max(ends, default=0)
        fires = any(it.to_state is _FIRING for it in changes[last:])
        muted = self._put_off(changes[0].name, present) if fires else ""
        out = list[Transition]()
        for number, item in enumerate(changes):
            put_off = muted if number >= last and item.to_state is _FIRING else ""
            out.append(self._capped(changed(item, muted_by=put_off, echo=True), now))
        return out

    def _put_off(self, name: str, present: Present) -> str:
        """Return what came while the fire of an alert waited in a group, and mutes it.

        That is a silence, an acknowledgement, or what mutes the end of the alert by now. A quiet
        time that began since hides it no more than if it had not waited.
        """
        pace, muted = self.paces.get(name), ""
        if pace is None:
            return ""
        if pace.over:
            muted = pace.last.muted_by
        elif pace.firing:
            muted = present(changed(pace.last, muted_by="")).muted_by
            muted = muted if by_person(muted) else ""
        if pace.waits and muted:  # of what was told before the wait, the end is still to be told
            self.paces.untold(name, pace, muted)
        elif pace.waits:
            lost = pace.lost and not pace.firing  # that was told before the fire, or after it
            self.paces.keep(name, changed(pace, waits=False, lost=lost))
        return muted

    def _summed(self, name: str, now: Millis) -> list[Transition]:
        overflow = self._caps.due(name, now)
        if overflow is None:
            return []
        lines = tuple(it for it in overflow.digest.lines if not self._fires_again(it))
        if not lines and not overflow.digest.more:
            return []
        shown = replace(overflow, digest=replace(overflow.digest, lines=lines))
        self._say_again(shown.digest)
        return [overflow_notice(name, shown, now)]

    def _fires_again(self, line: Line) -> bool:
        """Tell whether a line says an end after which the alert fires again, held by a pause.

        Whoever knows of the fire before would take that end for the last word; so it is left out,
        and what people know is right.
        """
        name = f"{line.rule}|{line.key}"
        pace = self.paces.get(name)
        paused = pace is not None and pace.firing and pace.held_by in PAUSES
        if line.state is not _RESOLVED or pace is None or not paused:
            return False
        self.paces.keep(name, changed(pace, told=True, held_by=""))
        return True

    def _expire(self, name: str, now: Millis) -> Transition:
        expires_at = self._terms.of_alert(name).notify.expires_at or now
        self.memory.expired[name] = expires_at
        self._ledger.keep((Kind.EXPIRED, name), expires_at, None)
        return expired_notice(self._terms.expiring[name], expires_at, now)

    # ---------------------------------------------------------------- memory

    def take_changed(self) -> PaceChanged:
        """Return the records that changed since the last call; None removes one."""
        return self._ledger.take()

    def restore(self, memory: PaceMemory) -> None:
        """Take the memory back; what the rulebook says now holds for it."""
        self.memory = memory
        rules = {rule.id for rule in self._rules} if memory.paces or memory.expired else set[str]()
        self.paces.restore(memory, rules)
        self._groups.restore(memory.groups)
        self._caps.restore(memory.caps)
        for name, count in memory.counts.items():
            self._ledger.remind((Kind.COUNT, name), occurrences.due(count))
