"""All alerts of one shard: rules bound to what they watch, their records, their timers. Hop 5.

Pure: readings and moments go in, transitions and changed records come out. `Watch` owns no clock
and writes nothing; the step hands it every new reading and asks it for the next timer.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from alerts import engine
from alerts.engine import AlertRecord, Outcome
from alerts.index import GapIndex
from alerts.late import LateRecord, Spell, judge_late
from alerts.model import AlertState, Reason, Remarks, Transition, transition_id
from alerts.rules.base import Rule
from alerts.saved import SavedAlert, ending_of
from alerts.series import Series, Target, Vector
from alerts.wording import DELAYED, sentence
from monitor.core.clock import iso
from monitor.domain.events import Quality, Quote, Reading

Inputs = tuple[Mapping[str, object], ...]
WORST_USABLE = int(Quality.SINGLE)


class Watch:
    """Rules at work. Numbers the bindings (rule, subject) in rulebook order."""

    def __init__(
        self,
        rules: Sequence[Rule],
        targets: Mapping[str, Target],
        inputs: Callable[[str, str | None], Inputs],
        remarks: Callable[[str, str | None], Remarks],
    ) -> None:
        """Bind `rules` to `targets`; `inputs` and `remarks` tell a message more of a value.

        A rule whose target or company is not there is not bound: the rulebook's check names it.
        """
        self._inputs, self._remarks = inputs, remarks
        self._rules: list[Rule] = []
        self._homes: list[Series] = []
        self._written: dict[int, tuple[Rule, float, str]] = {}
        self._records: dict[int, AlertRecord] = {}
        self._timers: list[tuple[int, int]] = []
        self._scalars: dict[str, Series] = {}
        self._vectors: dict[str, Vector] = {}
        self._dirty: set[int] = set()
        self._ended: list[str] = []
        self._left: list[SavedAlert] = []
        self._late, self._late_changed = dict[str, LateRecord](), dict[str, LateRecord | None]()
        self._changed: set[int] = set()
        self._restoring = False
        self._transitions: list[Transition] = []
        self._instant = False
        self._all_series: list[Series] = []
        self.evaluations = 0
        by_target: dict[str, list[Rule]] = {}
        for rule in rules:
            by_target.setdefault(rule.on, []).append(rule)
        for name, group in by_target.items():
            target = targets.get(name)
            if target is None:
                continue
            if target.companies is None:
                self._scalars[name] = self._series(target, None, group)
            else:
                self._vectors[name] = self._vector(target, group)

    def _series(self, target: Target, company: str | None, rules: Iterable[Rule]) -> Series:
        """Bind `rules` to one value."""
        edges: list[tuple[float, int]] = []
        first = len(self._rules)
        for number, rule in enumerate(rules, first):
            self._rules.append(rule)
            edges += ((edge, number) for edge in rule.edges())
        mine = self._rules[first:]
        by_severity = Counter(r.severity.value for r in mine)
        numbers = range(first, len(self._rules))
        series = Series(GapIndex(edges), target, company, by_severity, numbers)
        series.exacting = tuple(n for n, rule in enumerate(mine, first) if rule.require is not None)
        self._homes += [series] * len(mine)
        self._all_series.append(series)
        return series

    def _vector(self, target: Target, rules: Sequence[Rule]) -> Vector:
        """Bind `rules` to the companies they are for."""
        companies = target.companies or ()
        series: dict[int, Series] = {}
        for place, ticker in enumerate(companies):
            mine = [r for r in rules if r.companies == "all" or ticker in r.companies]
            if mine:
                series[place] = self._series(target, ticker, mine)
        low = np.full(len(companies), -np.inf)
        high = np.full(len(companies), np.inf)
        vector = Vector(series, low, high, np.ones(len(companies), dtype=np.bool_))
        vector.exacting = tuple(place for place, item in series.items() if item.exacting)
        vector.forget()
        return vector

    @property
    def scalars(self) -> frozenset[str]:
        """Return the names of the scalars that some rule watches."""
        return frozenset(self._scalars)

    @property
    def vectors(self) -> frozenset[str]:
        """Return the names of the company metrics that some rule watches."""
        return frozenset(self._vectors)

    def __len__(self) -> int:
        """Return the number of bindings."""
        return len(self._rules)

    def observe(self, name: str, reading: Reading, now: int, *, revised: bool = False) -> None:
        """Take a scalar's new reading at event time `now`.

        One that only `revised` a figure of the same period ends no alert that has fired: falling
        back and coming again, it would be a second alert on one figure.
        """
        series = self._scalars.get(name)
        if series is not None:
            self._see(series, reading, now, revised=revised)

    def observe_vector(
        self,
        name: str,
        values: NDArray[np.float64],
        quality: NDArray[np.uint8],
        reading_of: Callable[[int], Reading],
        now: int,
        *,
        revised: bool = False,
    ) -> None:
        """Take a company metric's new values; only those that left their gap are looked at."""
        vector = self._vectors.get(name)
        if vector is None:
            return
        looked_at = (values <= vector.low) | (values >= vector.high)  # never true of NaN
        if quality is not vector.quality:  # qualities hardly ever change: then it is the same array
            usable = quality <= WORST_USABLE
            looked_at = (looked_at & usable) | (usable != vector.usable)
            vector.quality, vector.usable = quality, usable
        else:
            looked_at &= vector.usable
        if vector.exacting:  # a delay is no number that leaves its gap
            looked_at[list(vector.exacting)] = True
        for place in np.flatnonzero(looked_at).tolist():
            series = vector.series.get(place)
            if series is None:
                continue
            self._see(series, reading_of(place), now, revised=revised)
            low = np.inf if series.owed else series.index.low
            vector.low[place], vector.high[place] = low, series.index.high

    def _see(self, series: Series, reading: Reading, now: int, *, revised: bool = False) -> None:
        """Judge every alert of `series` that the new reading may change."""
        series.quality = reading.quality
        if not reading.quality.usable or reading.value is None:
            if series.usable:
                series.usable = False
                for number in () if self._restoring else sorted(series.live):
                    self._settle(
                        number, engine.on_unusable(self._records[number], now), reading, now
                    )
            return
        touched = series.index.touched(reading.value)
        if not series.usable:
            series.usable = True
            touched = sorted({*touched, *series.live})
        touched = series.with_exacting(touched, delayed=reading.delay_ms > 0)
        if self._restoring:
            return
        if revised:
            series.owed |= {n for n in touched if n in series.live and self._records[n].fired}
            touched = [number for number in touched if number not in series.owed]
        elif series.owed:
            touched, series.owed = sorted({*touched, *series.owed}), set()
        for number in touched:
            if number not in self._changed:
                self.evaluations += 1
                self._judge(number, reading, now)

    def _judge(self, number: int, reading: Reading, now: int) -> None:
        """Judge one alert by a usable reading, unless its rule requires a better one."""
        rule, record = self._rules[number], self._records.get(number)
        if reading.value is not None and rule.accepts(reading):
            self._settle(number, engine.on_reading(rule, record, reading.value, now), reading, now)
        elif record is not None:
            lost = engine.on_unusable(record, now, Reason.INPUT_DELAYED)
            self._settle(number, lost, reading, now)

    def _settle(self, number: int, outcome: Outcome, reading: Reading, at: int) -> None:
        """Remember an outcome; note its transition and its timer."""
        before = self._records.get(number)
        if outcome.record is not before:
            self._dirty.add(number)
            if outcome.record is None:
                del self._records[number]
                self._homes[number].live.discard(number)
            else:
                self._records[number] = self._as_written(number, outcome.record)
                self._homes[number].live.add(number)
                self._remind(number, outcome.record)
        if outcome.changed:
            self._transitions.append(self._transition(number, outcome, reading, at))
            self._instant |= outcome.record is None and outcome.since == at

    def _version(self, number: int) -> str:
        """Return the version of a rule as it was written."""
        written = self._written.get(number)
        return (self._rules[number] if written is None else written[0]).version

    def _as_written(self, number: int, record: AlertRecord) -> AlertRecord:
        written = self._written.get(number)
        return record if written is None else replace(record, version=written[0].version)

    def rescale(self, name: str, adjusted: Callable[[Rule], tuple[Rule, float, str]]) -> None:
        """Move the levels of all rules on a scalar as `adjusted` says of each as it was written.

        Alerts go on under their ids. Nothing is judged: the value moves with the levels.
        """
        series = self._scalars.get(name)
        if series is None:
            return
        edges: list[tuple[float, int]] = []
        for number in (n for n, home in enumerate(self._homes) if home is series):
            rule, before, _ = self._written.get(number, (self._rules[number], 1.0, ""))
            self._rules[number], factor, note = adjusted(rule)
            self._written[number] = (rule, factor, note)
            edges += ((edge, number) for edge in self._rules[number].edges())
            record = self._records.get(number)
            if record is not None and record.bound is not None and factor != before:
                self._records[number] = replace(record, bound=record.bound * factor / before)
                self._dirty.add(number)
        series.index = GapIndex(edges)

    def rules_on(self, name: str) -> tuple[Rule, ...]:
        """Return the rules on a scalar as they were written."""
        series = self._scalars.get(name)
        numbers = (n for n, home in enumerate(self._homes) if home is series)
        return tuple(self._written.get(n, (self._rules[n],))[0] for n in numbers)

    def moved(self, rule: Rule) -> str:
        """Return what a split did to the levels of `rule`, as `bindings` gives it; mostly empty."""
        return next(
            (note for n, (_, _, note) in self._written.items() if self._rules[n] is rule), ""
        )

    def _remind(self, number: int, record: AlertRecord) -> None:
        """Put a record's timer on the heap; a timer that no longer holds is skipped when due."""
        if record.due is not None:
            heapq.heappush(self._timers, (record.due, number))

    def _transition(self, number: int, outcome: Outcome, reading: Reading, at: int) -> Transition:
        """Return the record of a change, with all that a message needs."""
        rule, home = self._rules[number], self._homes[number]
        written, _, moved = self._written.get(number, (rule, 1.0, ""))
        remarks = self._remarks(rule.on, home.company)
        said = sentence(rule, outcome, reading, home.target.unit, home.key, home.company)
        return Transition(
            id=transition_id(rule.id, written.version, home.labels, outcome.since, outcome.number),
            rule=rule.id,
            rule_version=written.version,
            labels=home.labels,
            key=home.key,
            severity=rule.severity,
            target=rule.on,
            unit=home.target.unit,
            from_state=outcome.before,
            to_state=outcome.after,
            reason=outcome.reason,
            value=reading.value,
            bound=outcome.bound,
            at=at,
            since=outcome.since,
            number=outcome.number,
            observed_at=reading.observed_at,
            quality=reading.quality.word,
            summary=" ".join((said, *filter(None, (moved,)), *remarks.notes)),
            inputs=self._inputs(rule.on, home.company),
            flags=(*remarks.flags, DELAYED) if reading.delay_ms else remarks.flags,
            company=remarks.company,
        )

    # ---------------------------------------------------------------- what is told afterwards

    def tell(self, quote: Quote, now: int) -> None:
        """Note where a value of the past would have fired, once; nothing fires, nothing resolves."""
        series = self._scalars.get(quote.instrument)
        if series is None:
            return
        for number in series.numbers:
            name, rule, alert = self._name(number), self._rules[number], self._records.get(number)
            if alert is not None and alert.fired and alert.since <= quote.observed_at:
                continue  # it was told when it happened
            known = self._late.get(name)
            judged = judge_late(rule, known, float(quote.value), quote.observed_at)
            if judged.record != known:
                self._late[name] = self._late_changed[name] = judged.record
            if judged.noted is not None:
                self._note(number, quote, judged.noted, judged.bound, now)

    def _note(self, number: int, quote: Quote, spell: Spell, bound: float, now: int) -> None:
        reading = Reading(float(quote.value), Quality.OK, "", quote.observed_at)
        before, after = AlertState.INACTIVE, AlertState.NOTED
        outcome = Outcome(None, before, after, Reason.LATE, bound, spell.since, 0)
        note = self._transition(number, outcome, reading, now)
        words = f"Late, nobody was alerted: {note.summary} ({iso(spell.since)}, {quote.source})"
        self._transitions.append(replace(note, summary=words, inputs=()))

    def take_late(self) -> dict[str, LateRecord | None]:
        """Return what changed of the past's records since the last call; None removes one."""
        taken, self._late_changed = self._late_changed, {}
        return taken

    def restore_late(self, saved: Mapping[str, LateRecord]) -> None:
        """Take the past's records back; those of rules that are gone are given up."""
        bound = {self._name(number) for number in range(len(self._rules))}
        self._late = {name: record for name, record in saved.items() if name in bound}
        self._late_changed = dict.fromkeys(saved.keys() - bound)

    @property
    def next_timer(self) -> int | None:
        """Return the event time of the earliest timer that still holds, ms UTC."""
        while self._timers:
            due, number = self._timers[0]
            record = self._records.get(number)
            if record is not None and record.due == due:
                return due
            heapq.heappop(self._timers)
        return None

    def run_timer(self, reading_of: Callable[[str, str | None], Reading]) -> None:
        """Run the earliest timer, at its own event time."""
        due, number = heapq.heappop(self._timers)
        home = self._homes[number]
        reading = reading_of(self._rules[number].on, home.company)
        rule, record = self._rules[number], self._records[number]
        held = record.state is AlertState.PENDING and rule.require is not None
        if held and not rule.accepts(reading):
            outcome = engine.on_unusable(record, due, Reason.INPUT_DELAYED)
        else:
            outcome = engine.on_timer(record)
        self._settle(number, outcome, reading, due)

    def take_instant(self) -> bool:
        """Tell whether an episode began and ended at one moment since the last call.

        Another one must not begin at that moment: its transitions would have the same ids.
        """
        taken, self._instant = self._instant, False
        return taken

    def take_transitions(self) -> list[Transition]:
        """Return the transitions since the last call, in order."""
        taken, self._transitions = self._transitions, []
        return taken

    def take_records(self) -> dict[str, SavedAlert | None]:
        """Return the alerts that changed since the last call, by name; None for inactive."""
        taken: dict[str, SavedAlert | None] = dict.fromkeys(self._ended)
        for number in sorted(self._dirty):
            name = self._name(number)
            taken[name] = self._saved(number) if number in self._records else None
        self._ended.clear()
        self._dirty.clear()
        return taken

    def _name(self, number: int) -> str:
        """Return a binding's name in the store: `rule|key`."""
        return f"{self._rules[number].id}|{self._homes[number].key}"

    def _saved(self, number: int) -> SavedAlert:
        """Return a live alert as it is stored."""
        rule, home = self._rules[number], self._homes[number]
        return SavedAlert(
            rule=rule.id,
            key=home.key,
            labels=home.labels,
            severity=rule.severity,
            target=rule.on,
            unit=home.target.unit,
            record=self._records[number],
        )

    def bindings(self) -> Iterator[tuple[Rule, str | None, str, AlertRecord | None]]:
        """Yield each rule with the company and the key it is bound to, and what stands there."""
        for number, (rule, home) in enumerate(zip(self._rules, self._homes, strict=True)):
            yield rule, home.company, home.key, self._records.get(number)

    def subjects(self) -> Iterator[tuple[str, str | None, Mapping[str, int]]]:
        """Yield what is watched, the company it is of, and how many rules do, by severity."""
        for series in self._all_series:
            yield series.target.name, series.company, series.rules

    def live(self) -> list[SavedAlert]:
        """Return all alerts that are not inactive."""
        return [self._saved(number) for number in sorted(self._records)]

    def restore(self, saved: Iterable[SavedAlert]) -> None:
        """Take live alerts back, after a restart or from the watch before a reload.

        Until `resume`, readings say where every value stood, and nothing is judged: it was then.
        What is not the same as before is judged at `rejudge`: until then an alert whose rule is
        gone, or decides differently now, is kept, and that rule waits.
        """
        left = {alert.name: alert for alert in saved}
        rules = {alert.rule for alert in left.values()}
        for number, rule in enumerate(self._rules):
            if rule.id not in rules:
                continue
            name = self._name(number)
            alert = left.get(name)
            if alert is None:
                continue
            if alert.record.version != self._version(number):
                self._changed.add(number)
                continue
            del left[name]
            self._records[number] = alert.record
            self._homes[number].live.add(number)
            self._remind(number, alert.record)
        self._left = list(left.values())
        self._restoring = True

    def resume(self) -> None:
        """Go on from where the readings since `restore` stand."""
        self._restoring = False

    def rejudge(self, now: int) -> None:
        """End what was left over, aloud, and let the next reading of each value touch every rule.

        Who was told of a fire is told of its end. A rule that is the same as before finds nothing
        new; one added or changed since begins here.
        """
        known = {rule.id for rule in self._rules} if self._left else set()
        for alert in self._left:
            outcome = engine.on_removed(alert.record, changed=alert.rule in known)
            self._ended.append(alert.name)
            self._transitions.append(ending_of(alert, outcome, now))
        self._left.clear()
        self._changed.clear()
        for series in self._all_series:
            series.usable = True
            series.index.forget()
        for vector in self._vectors.values():
            vector.forget()

    @property
    def counts(self) -> dict[tuple[str, str], int]:
        """Return how many alerts are in each (severity, state).

        A rule that cannot be judged for lack of data counts as no_data, never as inactive.
        """
        found: Counter[tuple[str, str]] = Counter()
        for number, record in self._records.items():
            found[self._rules[number].severity.value, record.state.value] += 1
        for series in self._all_series:
            state = series.idle_state
            if state is None:
                continue
            exacting = series.exacting if series.delayed and state is AlertState.INACTIVE else ()
            unjudged = self._by_severity(set(exacting) - series.live)
            idle = series.rules - self._by_severity(series.live) - unjudged
            for severity, number in idle.items():
                found[severity, state.value] += number
            for severity, number in unjudged.items():
                found[severity, AlertState.NO_DATA.value] += number
        return found

    def _by_severity(self, numbers: Iterable[int]) -> Counter[str]:
        """Count bindings by the severity of their rules."""
        return Counter(self._rules[number].severity.value for number in numbers)
