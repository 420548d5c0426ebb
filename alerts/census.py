"""How many alerts are in which state. Hop 5, pure.

Kept up rather than counted: there may be a million alerts, and somebody asks each second. Whoever
changes an alert or the standing of a series says so; only those are counted anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from alerts.binding import Bindings
from alerts.ledger import Ledger
from alerts.model import AlertState
from alerts.series import Series, Share
from alerts.telling import severity_of

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
        self._counted: dict[int, tuple[str, str]] = {}
        self._found: Counter[tuple[str, str]] = Counter()

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
            for severity, state, number in series.counted:
                self._found[severity, state] -= number
            series.counted = self._idle(series)
            for severity, state, number in series.counted:
                self._found[severity, state] += number
        return bool(self._changed or self._open)

    @property
    def counts(self) -> dict[tuple[str, str], int]:
        """Return how many alerts are in each (severity, state).

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
            severity = severity_of(self._rules[number], record.level)
            place = self._counted[number] = (severity.value, record.state.value)
            self._found[place] += 1

    def _idle(self, series: Series) -> tuple[Share, ...]:
        """Return where the alerts of a series stand that have no record."""
        state = series.idle_state
        if state is None or not series.rules:
            return ()
        late = series.told[0] and state is AlertState.INACTIVE
        if not late and not series.live:
            return tuple((severity, state.value, n) for severity, n in series.rules.items())
        exacting = (n for n in series.exacting if late and self._rules[n].realtime)
        unjudged = self._by_severity(set(exacting) - series.live)
        idle = series.rules - self._by_severity(series.live) - unjudged
        no_data = AlertState.NO_DATA.value
        return (
            *((severity, state.value, n) for severity, n in idle.items()),
            *((severity, no_data, n) for severity, n in unjudged.items()),
        )

    def _by_severity(self, numbers: Iterable[int]) -> Counter[str]:
        """Count bindings by the severity of their rules."""
        return Counter(self._rules[number].severity.value for number in numbers)
