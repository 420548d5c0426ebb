"""How many alerts are in which state. Hop 5, pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from alerts.binding import Bindings
from alerts.model import AlertState
from alerts.record import AlertRecord
from alerts.series import Series
from alerts.telling import severity_of


class Census:
    """Counts the alerts of a shard."""

    def __init__(self, bound: Bindings, records: Mapping[int, AlertRecord]) -> None:
        """Take the bindings, and the records of those that are not inactive."""
        self._rules, self._series, self._records = bound.rules, bound.series, records

    @property
    def counts(self) -> dict[tuple[str, str], int]:
        """Return how many alerts are in each (severity, state).

        A rule that cannot be judged for lack of data counts as no_data, never as inactive.
        """
        found: Counter[tuple[str, str]] = Counter()
        for number, record in self._records.items():
            severity = severity_of(self._rules[number], record.level)
            found[severity.value, record.state.value] += 1
        for series in self._series:
            self._count_idle(series, found)
        return found

    def _count_idle(self, series: Series, found: Counter[tuple[str, str]]) -> None:
        """Add the alerts of a series that have no record."""
        state = series.idle_state
        if state is None or not series.rules:
            return
        late = series.told[0] and state is AlertState.INACTIVE
        exacting = (n for n in series.exacting if late and self._rules[n].realtime)
        unjudged = self._by_severity(set(exacting) - series.live)
        idle = series.rules - self._by_severity(series.live) - unjudged
        for severity, number in idle.items():
            found[severity, state.value] += number
        for severity, number in unjudged.items():
            found[severity, AlertState.NO_DATA.value] += number

    def _by_severity(self, numbers: Iterable[int]) -> Counter[str]:
        """Count bindings by the severity of their rules."""
        return Counter(self._rules[number].severity.value for number in numbers)
