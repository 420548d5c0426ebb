"""The groups at work: what waits in which, until it is told together. Hop 5, pure."""

from __future__ import annotations

from collections.abc import Iterable

from alerts.desk.pace_ledger import Kind, PaceLedger
from alerts.model import Transition
from alerts.pacing import grouping
from alerts.pacing.grouping import Flush, Group, GroupRecord
from alerts.pacing.notify import Notify
from monitor.core.clock import Millis


class Groups:
    """All groups of a book, over the records of a memory, by place: `group|scope`."""

    def __init__(self, groups: Iterable[Group], ledger: PaceLedger) -> None:
        self._groups = {group.name: group for group in groups}
        self._ledger = ledger
        self._records: dict[str, GroupRecord] = {}
        self._waiting: dict[str, str] = {}

    def restore(self, records: dict[str, GroupRecord]) -> None:
        """Go on with records that were stored, and keep them in that very dict."""
        self._records = records
        for place, record in records.items():
            self._ledger.remind((Kind.GROUP, place), record.due)
            # whatever their rules say now: no end overtakes a fire that waits
            self._waiting |= {f"{line.rule}|{line.key}": place for line in record.digest.lines}

    def take(self, notify: Notify, notice: Transition, now: Millis) -> str:
        """Let a notice wait; return why it is not told, empty: it is of no group."""
        place = self._waiting.get(notice.name) or self._place_in(notify, notice)
        if not place:
            return ""
        record = grouping.on_notice(self._at(place), self._records.get(place), notice, now)
        self._keep(place, record)
        return f"group:{place.partition('|')[0]}"

    def due(self, place: str, now: Millis) -> Flush | None:
        """Return what is told together now; a record that nothing is left of goes."""
        self._waiting = {alert: at for alert, at in self._waiting.items() if at != place}
        rest, flush = grouping.on_timer(self._at(place), self._records[place], now)
        self._keep(place, rest)
        return flush

    def _place_in(self, notify: Notify, notice: Transition) -> str:
        """Return the place of the group that a rule asks for; empty: none."""
        group = self._groups.get(notify.group)
        if group is None:
            return ""
        family = notify.family or notice.rule
        return f"{group.name}|{grouping.scope_of(group, family, notice)}"

    def _at(self, place: str) -> Group:
        """Return the group of a place; one that the book has no more tells what waits, and is gone."""
        return self._groups.get(place.partition("|")[0]) or Group(name="gone", interval="0s")

    def _keep(self, place: str, record: GroupRecord | None) -> None:
        if record is None:
            del self._records[place]
            self._ledger.keep((Kind.GROUP, place), None, None)
        else:
            self._records[place] = record
            self._ledger.keep((Kind.GROUP, place), record, record.due)
