"""A step that is watched while it runs: what fired, what had no value, where prices stood. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from alerts.model import Transition
from alerts.series import Series
from monitor.compute.step import Step
from monitor.core.clock import Millis
from monitor.domain.events import Tick
from monitor.tuning.episodes import Episodes
from monitor.tuning.moves import Course


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in which a rule had no value for a subject, ms UTC."""

    rule: str
    key: str
    begin: Millis
    end: Millis


@dataclass(slots=True)
class Past:
    """What became of rules on a history.

    Attributes:
        step: as it stood at the end.
        episodes: what fired.
        courses: the prices that were asked for, by instrument.
        unknown: when rules had no value that had one at another time.
        begin: the first moment, None for an empty history.
        end: the last one.
        ticks: how many there were.

    """

    step: Step
    episodes: Episodes = field(default_factory=Episodes)
    courses: dict[str, Course] = field(default_factory=dict)
    unknown: list[Span] = field(default_factory=list)
    begin: Millis | None = None
    end: Millis = 0
    ticks: int = 0

    @property
    def length_ms(self) -> int:
        """Return how long the history is."""
        return 0 if self.begin is None else self.end - self.begin


def watched(
    step: Step,
    ticks: Iterable[Tick],
    end: Millis | None,
    instruments: Collection[str],
    tell: Callable[[Transition], None] = lambda _it: None,
) -> Past:
    """Run a step over a history and watch it; `tell` is shown every transition in order.

    Timers run at their own moments in any case. Here the step also stands still where a value grows
    old, for between two ticks nobody would see that it was unknown.
    """
    watcher = _Watcher(Past(step, courses={name: Course() for name in instruments}), tell)
    for tick in ticks:
        watcher.wait(tick.at)
        step.process(tick)
        watcher.past.ticks += 1
        watcher.look()
    last = step.now if end is None else end
    if last is not None:
        watcher.wait(last)
        step.advance(last)
        watcher.look()
    watcher.finish()
    return watcher.past


class _Watcher:
    """Looks at a step after each thing that happened."""

    def __init__(self, past: Past, tell: Callable[[Transition], None]) -> None:
        self.past, self._tell = past, tell
        self._series: dict[int, Series] = {}
        self._who: dict[int, list[tuple[str, str]]] = {}
        for bound in past.step.watch.bindings():
            self._series[id(bound.series)] = bound.series
            self._who.setdefault(id(bound.series), []).append((bound.rule.id, bound.key))
        self._lost: dict[int, Millis] = {}
        self._seen: set[int] = set()

    def wait(self, until: Millis) -> None:
        """Let time pass up to `until`, and look whenever a value has grown old."""
        step = self.past.step
        while (due := step.instruments.next_timer) is not None and due < until:
            if step.now is None or due < step.now:
                return
            step.advance(due)
            self.look()

    def look(self) -> None:
        """Note what has happened since the last look."""
        past, step = self.past, self.past.step
        for transition in step.take().transitions:
            past.episodes.take(transition)
            self._tell(transition)
        now = step.now or 0
        past.begin = now if past.begin is None else past.begin
        past.end = now
        for name, course in past.courses.items():
            reading = step.reading(name, None)
            if reading.value is not None and reading.quality.usable:
                course.take(now, reading.value)
        for number, series in self._series.items():
            if not (series.usable and series.quality.usable):
                self._lost.setdefault(number, past.begin if number not in self._seen else now)
            else:
                self._seen.add(number)
                if number in self._lost:
                    self._close(number, now)

    def _close(self, number: int, now: Millis) -> None:
        begin = self._lost.pop(number)
        if now > begin:
            self.past.unknown += [Span(rule, key, begin, now) for rule, key in self._who[number]]

    def finish(self) -> None:
        """End what is unknown still; what never had a value has no stretch without one."""
        for number in list(self._lost):
            if number in self._seen:
                self._close(number, self.past.end)
