"""The step on a history, and all that became of it. Pure: the same that a live service decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from alerts.model import Transition
from monitor.compute.step import Step
from monitor.core.clock import Millis
from monitor.domain.commands import Reply
from monitor.domain.events import Tick


def changes_of(
    step: Step, ticks: Iterable[Tick], end: Millis | None = None, replies: list[Reply] | None = None
) -> Iterator[Transition]:
    """Yield every transition, told or not, in the order in which a service commits them.

    Timers run up to `end`, or to the last tick. What was answered to wishes goes into `replies`.
    """
    for tick in ticks:
        step.process(tick)
        yield from _taken(step, replies)
    if end is not None:
        step.advance(end)
        yield from _taken(step, replies)


def _taken(step: Step, replies: list[Reply] | None) -> Iterable[Transition]:
    changes = step.take()
    if replies is not None:
        replies += changes.replies
    return changes.transitions
