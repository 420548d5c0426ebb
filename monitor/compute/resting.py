"""How many alerts rest on each instrument, and how loud the loudest of them is. Hop 5, pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from alerts.model import Severity
from alerts.series import Series
from alerts.watch import Watch

Resting: TypeAlias = tuple[int, Severity]
"""How many, and the loudest severity."""

_rank = list(Severity).index


def resting_on(
    watch: Watch,
    feeding: Callable[[str, str], set[str]],
    feeding_all: Callable[[Iterable[Series]], set[str]],
) -> Mapping[str, Resting]:
    """Return by instrument what rests on it; `feeding` names those that a target and company need.

    What an expression reads beside its own value is counted once, however often it is read.
    """
    found: dict[str, Resting] = {}

    def rest(many: int, severity: Severity, names: Iterable[str]) -> None:
        for name in names:
            before, loudest = found.get(name, (0, severity))
            found[name] = before + many, min(loudest, severity, key=_rank)

    for target, company, by_severity in watch.subjects():
        loudest = min(map(Severity, by_severity), key=_rank)
        rest(sum(by_severity.values()), loudest, feeding(target, company or ""))
    for rule, home, read in watch.composites.beside():
        rest(1, rule.severity, feeding_all(read) - feeding_all((home,)))
    return found
