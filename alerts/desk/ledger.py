"""The desk's records, what changed of them, and their timers. Pure.

A timer is told by its record, and there is one of a kind for each: a record that is written anew
with every change, as a silence is that hides one, sets none that it has.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from alerts.desk.records import Dead, DeskMemory, Maintenance, Record, Silence, Standing
from monitor.core.timers import Timers


class Kind(StrEnum):
    """What falls due; among timers of one moment the first in this order comes first."""

    WINDOW_BEGINS = "a"
    DEAD = "b"
    QUIET = "c"
    WINDOW_ENDS = "d"
    REMINDER = "e"
    SILENCE_ENDS = "f"
    ACK_ENDS = "g"


Timer = tuple[int, tuple[Kind, str]]
Changed = dict[tuple[str, str], Record | None]
STANDING, SILENCE, WINDOW, DEAD = "t", "i", "m", "f"
"""The first part of the cells' names."""


class Ledger:
    """All records, by name."""

    def __init__(self) -> None:
        self.standings: dict[str, Standing] = {}
        self.silences: dict[str, Silence] = {}
        self.windows: dict[str, Maintenance] = {}
        self.dead: dict[str, Dead] = {}
        self.edges: dict[str, int] = {}
        self._muted: dict[str, dict[str, None]] = {}
        self._changed: Changed = {}
        self._timers = Timers[tuple[Kind, str]]()

    def restore(self, memory: DeskMemory) -> None:
        """Take the records back."""
        for standing in memory.standings.values():
            self.stand(standing)
        for silence in memory.silences.values():
            self.keep_silence(silence)
        for window in memory.windows.values():
            self.keep_window(window)
        for dead in memory.dead.values():
            self.keep_dead(dead)
        self._changed.clear()

    def take(self) -> Changed:
        """Return what changed since the last call; None removes a record."""
        taken, self._changed = self._changed, {}
        return taken

    # ---------------------------------------------------------------- records

    def stand(self, standing: Standing) -> None:
        """Remember where an alert stands."""
        name = standing.last.name
        self._unlist(name)
        self.standings[name] = standing
        self._changed[STANDING, name] = standing
        if standing.muted_by:
            self._muted.setdefault(standing.muted_by, {})[name] = None
        if standing.ack is not None and standing.ack.until is not None:
            self.remind(standing.ack.until, Kind.ACK_ENDS, name)

    def forget(self, name: str) -> None:
        """Forget an alert whose episode is over."""
        if name in self.standings:
            self._unlist(name)
            self._timers.forget((Kind.ACK_ENDS, name))
            del self.standings[name]
            self._changed[STANDING, name] = None

    def _unlist(self, name: str) -> None:
        before = self.standings.get(name)
        if before is not None and before.muted_by:
            names = self._muted[before.muted_by]
            del names[name]
            if not names:
                del self._muted[before.muted_by]

    def muted_by(self, mute: str) -> list[str]:
        """Return the alerts that `mute` keeps quiet, by name."""
        return sorted(self._muted.get(mute, ()))

    def mutes(self) -> list[str]:
        """Return all that keeps some alert quiet."""
        return sorted(self._muted)

    def keep_silence(self, silence: Silence) -> None:
        """Remember a silence as it is now."""
        self.silences[silence.id] = self._changed[SILENCE, silence.id] = silence
        self.remind(silence.until, Kind.SILENCE_ENDS, silence.id)
        if not silence.reminded:
            self.remind(silence.remind_at, Kind.REMINDER, silence.id)

    def drop_silence(self, name: str) -> Silence:
        """Forget a silence; return it."""
        self._changed[SILENCE, name] = None
        for kind in (Kind.REMINDER, Kind.SILENCE_ENDS):
            self._timers.forget((kind, name))
        return self.silences.pop(name)

    def keep_window(self, window: Maintenance) -> None:
        """Remember a maintenance window as it is now."""
        self.windows[window.id] = self._changed[WINDOW, window.id] = window
        self.remind(window.until, Kind.WINDOW_ENDS, window.id)
        if not window.begun:
            self.remind(window.begin, Kind.WINDOW_BEGINS, window.id)

    def drop_window(self, name: str) -> Maintenance:
        """Forget a maintenance window; return it."""
        self._changed[WINDOW, name] = None
        for kind in (Kind.WINDOW_BEGINS, Kind.WINDOW_ENDS):
            self._timers.forget((kind, name))
        return self.windows.pop(name)

    def keep_dead(self, dead: Dead) -> None:
        """Remember a dead instrument as it is now."""
        self.dead[dead.instrument] = self._changed[DEAD, dead.instrument] = dead
        if dead.due is not None:
            self.remind(dead.due, Kind.DEAD, dead.instrument)

    def drop_dead(self, instrument: str) -> Dead:
        """Forget a dead instrument; return what was known."""
        self._changed[DEAD, instrument] = None
        self._timers.forget((Kind.DEAD, instrument))
        return self.dead.pop(instrument)

    # ---------------------------------------------------------------- timers

    def turn_at(self, name: str, edge: int | None) -> None:
        """Set when a quiet time changes next, event time in ms UTC; None: never again."""
        self.edges.pop(name, None)
        if edge is not None:
            self.edges[name] = edge
            self.remind(edge, Kind.QUIET, name)

    def remind(self, due: int, kind: Kind, name: str) -> None:
        """Set the timer of a kind that a record has, event time in ms UTC."""
        self._timers.arm((kind, name), due)

    @property
    def next_timer(self) -> int | None:
        """Return the event time of the earliest timer that still holds, ms UTC."""
        return self._timers.next(self._due)

    def pop_due(self, now: int) -> Iterable[Timer]:
        """Yield the timers that hold and are due by `now`, in order, also those set meanwhile."""
        while (due := self.next_timer) is not None and due <= now:
            yield self._timers.pop()

    def _due(self, place: tuple[Kind, str]) -> int | None:
        """Return when a record wants a timer of some kind, event time in ms UTC; None: not at all."""
        kind, name = place
        due: int | None = None
        match kind:
            case Kind.QUIET:
                due = self.edges.get(name)
            case Kind.DEAD if dead := self.dead.get(name):
                due = dead.due
            case Kind.WINDOW_BEGINS if window := self.windows.get(name):
                due = None if window.begun else window.begin
            case Kind.WINDOW_ENDS if window := self.windows.get(name):
                due = window.until
            case Kind.REMINDER if silence := self.silences.get(name):
                due = None if silence.reminded else silence.remind_at
            case Kind.SILENCE_ENDS if silence := self.silences.get(name):
                due = silence.until
            case Kind.ACK_ENDS if (standing := self.standings.get(name)) and standing.ack:
                due = standing.ack.until
        return due
