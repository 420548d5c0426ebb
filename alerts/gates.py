"""The windows of rules: which are open, and when the next one opens or shuts. Hop 5, pure.

Rules of the same windows and the same subject share a gate. Its edges are event-time timers of the
watch, so what a rule says does not depend on how ticks are batched.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from alerts.rules.base import Rule
from alerts.rules.life import EventWindow
from monitor.domain.agenda import COMPUTED, Agenda, Around, Event
from monitor.domain.windows import Every, Outside, Window

_Asked: TypeAlias = tuple[tuple[EventWindow, ...], tuple[EventWindow, ...], str]
"""The windows that are excluded, those of which one is required, and whom they are about."""


@dataclass(slots=True)
class _Gate:
    """One set of windows, and the bindings that it lets through."""

    excluded: tuple[EventWindow, ...]
    required: tuple[EventWindow, ...]
    subject: str
    window: Window
    numbers: list[int] = field(default_factory=list)
    open: bool = True
    edge: int | None = None

    @property
    def names(self) -> set[str]:
        """Return the events that move it."""
        return {item.event for item in (*self.excluded, *self.required)}

    def look(self, now: int) -> bool:
        """Look at the window at `now`; tell whether it has opened or shut."""
        before, self.open = self.open, self.window.open_at(now)
        self.edge = self.window.next_edge(now)
        return before is not self.open


class Gates:
    """The gates of all bindings. Open until `begin` says what time it is."""

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda
        self._near: tuple[int, Agenda, list[Event]] | None = None
        self._apart = (0, 0, agenda)
        """Since when, until when and by which book no event is near."""
        self._gates: dict[_Asked, _Gate] = {}
        self._next_edge: int | None = None
        self._of: dict[int, _Gate] = {}

    def bind(self, number: int, rule: Rule, subject: str) -> None:
        """Put a binding behind the windows of its rule, if it has some."""
        excluded, required = rule.exclude, rule.required
        if not excluded and not required:
            return
        asked = (excluded, required, subject)
        gate = self._gates.get(asked)
        if gate is None:
            gate = self._gates[asked] = _Gate(*asked, _window(self._agenda, *asked))
        gate.numbers.append(number)
        self._of[number] = gate

    def shut(self, number: int) -> bool:
        """Tell whether a binding is outside its windows now."""
        gate = self._of.get(number)
        return gate is not None and not gate.open

    def open_at(self, number: int, moment: int) -> bool:
        """Tell whether a binding was within its windows at another moment."""
        gate = self._of.get(number)
        return gate is None or gate.window.open_at(moment)

    def near(self, moment: int, subject: str) -> tuple[str, ...]:
        """Return a flag for each kind of event within half an hour that concerns a subject."""
        since, until, agenda = self._apart
        if since <= moment < until and agenda is self._agenda:
            return ()
        seen = self._near
        if seen is None or seen[0] != moment or seen[1] is not self._agenda:
            # many alerts may change at one moment
            seen = self._near = (moment, self._agenda, self._agenda.around(moment))
            if not seen[2]:
                self._apart = moment, self._agenda.apart_until(moment), self._agenda
        found = (it.kind for it in seen[2] if it.concerns(subject)) if seen[2] else ()
        return tuple(dict.fromkeys(f"event:{kind}" for kind in found))

    @property
    def next_edge(self) -> int | None:
        """Return when the next gate opens or shuts, ms UTC. Each tick asks, so it is found before."""
        return self._next_edge

    def begin(self, now: int, foreseen: Iterable[Event]) -> None:
        """Begin at `now`, or go on from there: look at every gate."""
        self._agenda = self._agenda.expecting(foreseen)
        for asked, gate in self._gates.items():
            gate.window = _window(self._agenda, *asked)
        self._look(self._gates.values(), now)

    def turn(self, now: int) -> list[int]:
        """Run the edges that are due at `now`; return the bindings that they let in or out."""
        return self._look((gate for gate in self._gates.values() if gate.edge == now), now)

    def foresee(self, foreseen: Iterable[Event], now: int) -> list[int]:
        """Expect other events; return the bindings that this lets in or out at `now`."""
        self._agenda = self._agenda.expecting(foreseen)
        moved = {a: gate for a, gate in self._gates.items() if not COMPUTED.isdisjoint(gate.names)}
        for asked, gate in moved.items():
            gate.window = _window(self._agenda, *asked)
        return self._look(moved.values(), now)

    def _look(self, gates: Iterable[_Gate], now: int) -> list[int]:
        """Look at gates at `now`, which gives them other edges; return the bindings let in or out."""
        moved = sorted(number for gate in gates if gate.look(now) for number in gate.numbers)
        edges = (gate.edge for gate in self._gates.values())
        self._next_edge = min((edge for edge in edges if edge is not None), default=None)
        return moved


def subject_of(target: str, company: str | None) -> str:
    """Return whom a value is about, as events name them: a company, or the instrument itself."""
    return company or target.partition(".")[0]


def _window(
    agenda: Agenda,
    excluded: tuple[EventWindow, ...],
    required: tuple[EventWindow, ...],
    subject: str,
) -> Window:
    """Return what is open outside every excluded window, and within one of the required ones."""

    def around(item: EventWindow) -> Around:
        return Around(agenda, item.event, subject, item.before_ms, item.after_ms)

    shut: list[Window] = [Outside(around(item)) for item in excluded]
    if required:
        shut.append(Outside(Every(tuple(Outside(around(item)) for item in required))))
    return Every(tuple(shut))
