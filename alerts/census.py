"""How many alerts are in which state. Hop 5, pure.

Kept up rather than counted: there may be a million alerts, and somebody asks each second. Whoever
changes an alert or the standing of a series says so; only those are counted anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TypeAlias

from alerts.bindings import Bindings
from alerts.ledger import Ledger
from alerts.model import AlertState
from alerts.rules.life import Mode
from alerts.series import Place, Series, Share
from alerts.telling import severity_of

_Rules: TypeAlias = Counter[tuple[str, str]]
"""How many rules there are of a severity and a mode."""
AT_A_TIME = 20
"""Alerts or series that are counted in one stretch."""


class Census:
    """Counts the alerts of a shard."""

    def __init__(self, bound: Bindings, ledger: Ledger) -> None:
        """Take the bindings, and the records of those that are not inactive."""
        self._rules, self._records = bound.rules, ledger.records
        ledger.on_change = self._changed_by
        self._open = {id(series): series for series in bound.series}
        self._changed: set[int] = set()
        self._counted: dict[int, Place] = {}
        self._found: Counter[Place] = Counter()

    def seen(self, series: Series) -> None:
        """Note that a series may stand otherwise than before."""
        self._open[id(series)] = series

    def _changed_by(self, number: int, series: Series) -> None:
        """Note that the record of an alert is another one, or gone; `series` is its home."""
        self._changed.add(number)
        self._open[id(series)] = series

    def count(self) -> bool:
        """Count some of what changed anew; tell whether more is left."""
        for _ in range(min(len(self._changed), AT_A_TIME)):
            self._count_alert(self._changed.pop())
        for _ in range(min(len(self._open), AT_A_TIME)):
            _, series = self._open.popitem()
            for place, number in series.counted:
                self._found[place] -= number
            series.counted = self._idle(series)
            for place, number in series.counted:
                self._found[place] += number
        return bool(self._changed or self._open)

    @property
    def counts(self) -> dict[Place, int]:
        """Return how many alerts are in each (severity, state, mode).

        A rule that cannot be judged for lack of data counts as no_data, never as inactive.
        """
        while self.count():
            pass
        return {place: number for place, number in self._found.items() if number}

    def _count_alert(self, number: int) -> None:
        """Count an alert that has, or had, a record."""
        before, record = self._counted.pop(number, None), self._records.get(number)
        if before is not None:
            self._found[before] -= 1
        if record is not None:
            rule = self._rules[number]
            severity = severity_of(rule, record.level)
            place = (severity.value, record.state.value, rule.mode.value)
            self._counted[number] = place
            self._found[place] += 1

    def _idle(self, series: Series) -> tuple[Share, ...]:
        """Return where the alerts of a series stand that have no record."""
        state = series.idle_state
        if state is None or not series.rules:
            return ()
        late = series.told[0] and state is AlertState.INACTIVE
        if not late and not series.live:
            return _shares(_bound(series), state)
        exacting = (n for n in series.exacting if late and self._rules[n].realtime)
        unjudged = self._of(set(exacting) - series.live)
        idle = _bound(series) - self._of(series.live) - unjudged
        return (*_shares(idle, state), *_shares(unjudged, AlertState.NO_DATA))

    def _of(self, numbers: Iterable[int]) -> _Rules:
        """Count bindings by the severity and the mode of their rules."""
        rules = (self._rules[number] for number in numbers)
        return Counter((rule.severity.value, rule.mode.value) for rule in rules)


def _bound(series: Series) -> _Rules:
    """Count the bindings of a series by the severity and the mode of their rules."""
    live, shadow = series.rules - series.shadowed, series.shadowed
    return Counter(
        {(it, Mode.LIVE.value): n for it, n in live.items()}
        | {(it, Mode.SHADOW.value): n for it, n in shadow.items()}
    )


def _shares(rules: _Rules, state: AlertState) -> tuple[Share, ...]:
    return tuple(((severity, state.value, mode), n) for (severity, mode), n in rules.items())
