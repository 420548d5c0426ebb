"""The records of pace, what changed of them, and their timers. Pure.

A timer is told by its record: one that comes due while the record wants a later moment is set
again, so that an alert that fires often has one timer and not one a fire.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from msgspec.structs import replace

from alerts.desk.pace import Pace
from alerts.model import News
from alerts.pacing.capping import CapRecord
from alerts.pacing.grouping import GroupRecord
from alerts.pacing.occurrences import Occurrences
from monitor.core.clock import Millis
from monitor.core.timers import Timers


class Kind(StrEnum):
    """What a record is of, and the first part of its cell's name.

    Among timers of one moment the first in this order comes first: what an alert tells may join
    a group that is told at the same moment, and a digest may be over a cap.
    """

    PACE = "pace"
    GROUP = "group"
    CAP = "cap"
    EXPIRED = "expired"
    COUNT = "count"


Record: TypeAlias = Pace | GroupRecord | CapRecord | Occurrences | int
Place: TypeAlias = tuple[Kind, str]
PaceChanged: TypeAlias = dict[tuple[str, str], Record | None]
_NEWS = frozenset(News)
_KINDS = tuple(Kind)
_ORDER = {kind: number for number, kind in enumerate(_KINDS)}


@dataclass(slots=True)
class PaceMemory:
    """The memory of pace as it was committed, by name; `expired` has the ends that were told."""

    paces: dict[str, Pace] = field(default_factory=dict)
    groups: dict[str, GroupRecord] = field(default_factory=dict)
    caps: dict[str, CapRecord] = field(default_factory=dict)
    counts: dict[str, Occurrences] = field(default_factory=dict)
    expired: dict[str, int] = field(default_factory=dict)

    def drop(self, place: Place) -> None:
        """Forget an alert's pace, or the end of a rule."""
        kind, name = place
        (self.paces if kind is Kind.PACE else self.expired).pop(name, None)


def strangers(memory: PaceMemory, rules: Collection[str]) -> list[Place]:
    """Return what is remembered of rules that are gone; the end of an alert is still to come."""
    gone = [(Kind.EXPIRED, name) for name in memory.expired if name not in rules]
    for name, pace in memory.paces.items():
        rule = name.partition("|")[0]
        owed = pace.heard or pace.held_by  # the desk will tell the end, or hold it to the end
        if pace.over and not owed and rule not in rules and rule not in _NEWS:
            gone.append((Kind.PACE, name))
    return gone


def without_pauses(memory: PaceMemory, rules: Collection[str]) -> list[tuple[str, Pace]]:
    """Return the alerts of rules that are gone as they wait for their end: no pause of theirs runs."""
    return [
        (name, replace(pace, cooldown=None))
        for name, pace in memory.paces.items()
        if pace.cooldown is not None and name.partition("|")[0] not in rules
    ]


class PaceLedger:
    """What is remembered beside a memory: which records changed, and when each is due."""

    def __init__(self) -> None:
        self._changed: PaceChanged = {}
        self._due: dict[tuple[int, str], Millis] = {}
        self._timers = Timers[tuple[int, str]]()

    def keep(self, place: Place, record: Record | None, due: Millis | None) -> None:
        """Note that a record changed, and when it is to be looked at next."""
        self._changed[place] = record
        self.remind(place, due)

    def remind(self, place: Place, due: Millis | None) -> None:
        """Set the one timer of a record; None takes it back."""
        kind, name = place
        key = (_ORDER[kind], name)
        if due is None:
            self._due.pop(key, None)
            self._timers.forget(key)
        else:
            self._due[key] = due
            self._timers.arm(key, due)

    @property
    def next_timer(self) -> Millis | None:
        """Return the event time of the earliest timer that holds, ms UTC."""
        return self._timers.next(self._due.get)

    def pop(self) -> Place:
        """Return the place of the earliest timer, and take that back; there must be one."""
        assert self.next_timer is not None  # noqa: S101  # the caller asked
        _, key = self._timers.pop()
        del self._due[key]
        return _KINDS[key[0]], key[1]

    def take(self) -> PaceChanged:
        """Return the records that changed since the last call; None removes one."""
        taken, self._changed = self._changed, {}
        return taken
