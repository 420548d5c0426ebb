"""A backtest: the step of the live service on a history, without servers, and what it came to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from alerts.desk.book import NOTHING_SAID, DeskBook
from alerts.model import Transition
from alerts.rules.base import Rule
from monitor.app.world import World, build_step
from monitor.core.clock import Millis
from monitor.core.errors import ConfigError
from monitor.domain.events import Tick
from monitor.replay.layouts import open_history
from monitor.replay.synthesis import synthetic_moments
from monitor.store.playback import Moment
from monitor.tuning.watching import Past, watched

BUNDLED = "bundled"


@dataclass(frozen=True, slots=True)
class Tape:
    """A history that can be played as often as it is asked for.

    Attributes:
        moments: makes a fresh iterator of all of it.
        end: the moment up to which timers run, None for the last one's own.
        words: what it is, for people.
        invented: nothing of it took place.

    """

    moments: Callable[[], Iterator[Moment]]
    end: Millis | None
    words: str
    invented: bool = False


def opened_tape(data: str, start: Millis | None, end: Millis | None) -> Tape:
    """Return the history at a place, or the invented one that comes with the program.

    Raises:
        ConfigError: there is nothing to play, or the range is empty.

    """
    if data == BUNDLED:
        if start is not None and end is not None and end <= start:
            raise ConfigError(
                "the range is empty", where="--to", hint="give an end after the start"
            )
        words = "the two invented days of the demo"
        return Tape(lambda: _cut(synthetic_moments(), start, end), end, words, invented=True)
    history = open_history(Path(data), start=start, end=end)
    names = [table.path.name for tables in history.tables.values() for table in tables]
    return Tape(history.moments, history.end, ", ".join(sorted(names)))


def _cut(moments: Iterable[Moment], start: Millis | None, end: Millis | None) -> Iterator[Moment]:
    for moment in moments:
        if (start is None or moment.at >= start) and (end is None or moment.at < end):
            yield moment


def ticks(moments: Iterable[Moment]) -> Iterator[Tick]:
    """Yield the ticks that a replay would make of moments."""
    for number, moment in enumerate(moments, 1):
        yield Tick(f"{number}-0", moment.at, moment.quotes)


def backtest(
    world: World,
    tape: Tape,
    *,
    hindsight: bool,
    instruments: Collection[str] = (),
    tell: Callable[[Transition], None] = lambda _it: None,
) -> Past:
    """Run the rules of a world over a history.

    Raises:
        ConfigError: a row cannot be read, or nothing lies in the range.

    """
    step = build_step(world, hindsight=hindsight)
    past = watched(step, ticks(tape.moments()), tape.end, instruments, tell)
    if not past.ticks:
        hint = "see what the files hold, or choose another range"
        raise ConfigError("nothing of the history lies in this range", where="--from", hint=hint)
    return past


def with_rules(world: World, rules: Iterable[Rule], desk: DeskBook = NOTHING_SAID) -> World:
    """Return the world under other rules."""
    return replace(world, rulebook=replace(world.rulebook, rules=tuple(rules), lines={}, desk=desk))
