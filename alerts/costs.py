"""What judging costs, by type of rule: how often, and how long. Hop 5, pure.

Only rules that a value can touch are judged, and only they are counted; the others cost nothing here
either. The watch owns no clock: whoever wants times hands one in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from alerts.rules.base import Rule


class Cost(NamedTuple):
    """What the rules of one type took."""

    evaluations: int
    nanoseconds: int


class Costs:
    """Counts evaluations and their time."""

    __slots__ = ("_spent", "_stopwatch", "evaluations")

    def __init__(self, stopwatch: Callable[[], int]) -> None:
        """`stopwatch` tells nanoseconds since any moment; one that stands still gives no times."""
        self._stopwatch = stopwatch
        self._spent: dict[type[Rule], list[int]] = {}
        self.evaluations = 0

    def begin(self) -> int:
        """Return when an evaluation begins."""
        self.evaluations += 1
        return self._stopwatch()

    def end(self, rule: Rule, began: int) -> None:
        """Count the evaluation of a rule that began at `began`."""
        spent = self._spent.get(type(rule))
        if spent is None:
            spent = self._spent[type(rule)] = [0, 0]
        spent[0] += 1
        spent[1] += self._stopwatch() - began

    def take(self) -> dict[str, Cost]:
        """Return what was spent since the last call, by the word of the type."""
        spent, self._spent = self._spent, {}
        return dict(zip(words_of(spent), (Cost(*it) for it in spent.values()), strict=True))


def words_of(kinds: Iterable[type[Rule]]) -> tuple[str, ...]:
    """Return the words by which rulebooks name types of rules."""
    return tuple(str(kind.__struct_config__.tag) for kind in kinds)
