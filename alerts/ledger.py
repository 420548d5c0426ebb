"""What is remembered of all alerts: records, timers, transitions, and what of them changed. Hop 5, pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec.structs import replace as changed

from alerts import engine
from alerts.bindings import Bindings
from alerts.composites import Composites
from alerts.extremes import Extremes, Span
from alerts.index import Edges, GapIndex
from alerts.model import COLD_START, AlertState, Transition
from alerts.record import AlertRecord, Outcome
from alerts.rules.absence import AbsenceRule
from alerts.rules.base import Rule
from alerts.saved import SavedAlert, ending_of
from alerts.series import Series
from alerts.telling import Teller, Told, severity_of
from monitor.core.timers import Timers
from monitor.domain.events import Reading


class Ledger:
    """The records of the bindings, by their numbers."""

    def __init__(self, bound: Bindings, teller: Teller, composites: Composites) -> None:
        """Begin with every alert inactive."""
        self._rules, self._homes, self._series = bound.rules, bound.homes, bound.series
        self._bound, self._teller, self._composites = bound, teller, composites
        self._written: dict[int, tuple[Rule, float, str]] = {}
        self.records: dict[int, AlertRecord] = {}
        self.on_change: Callable[[int, Series], None] = lambda _number, _home: None
        self._timers = Timers[int]()
        self._dirty: set[int] = set()
        self._ended: list[str] = []
        self._left: list[SavedAlert] = []
        self.changed: set[int] = set()
        self.transitions: list[Transition] = []
        self._instant = False
        self._stretched: dict[str, Series] = {}
        self._gone: list[str] = []
        self._lasts: dict[str, tuple[float, int] | None] = {}

    # ---------------------------------------------------------------- outcomes

    def settle(
        self, number: int, outcome: Outcome, reading: Reading, at: int, *, cold: bool = False
    ) -> None:
        """Remember an outcome; note its transition and its timer.

        `cold`: it is of the first sample of a value ever: nobody is told of a fire that begins here.
        """
        before, home = self.records.get(number), self._homes[number]
        if cold and outcome.record is not None:  # through a wait, and a restart in it
            outcome = changed(outcome, record=changed(outcome.record, cold=True))
        if outcome.record is not before:
            self._dirty.add(number)
            self.on_change(number, home)
            if outcome.record is None:
                del self.records[number]
                self._timers.forget(number)
                home.live.discard(number)
                home.moving.drop(number)
            else:
                self._keep(number, outcome.record, reading)
        if outcome.changed:
            told = self._transition(number, outcome, reading, at)
            record = outcome.record
            hidden = record is not None and record.cold and outcome.after is AlertState.FIRING
            if hidden and not told.muted_by:
                told = changed(told, muted_by=COLD_START)
            self.transitions.append(told)
            self._instant |= outcome.record is None and outcome.since == at

    def _keep(self, number: int, record: AlertRecord, reading: Reading) -> None:
        written, home = self._written.get(number), self._homes[number]
        if written is not None:
            record = changed(record, version=written[0].version)
        self.records[number] = record
        home.live.add(number)
        self._remind(number, record)
        if record.anchor is not None:
            self._move_edges(number, record)
        elif record.number == 1 and not self._judged_apart(number):
            value = reading.value if reading.quality.usable else None  # a stale one is of before
            home.extremes.begin(record.since, value, lambda: self._beginnings(home))
            self.stretched(home)

    def _beginnings(self, home: Series) -> set[int]:
        """Return when the alerts that live on a series began."""
        return {self.records[it].since for it in home.live}

    def stretched(self, series: Series) -> None:
        """Note that the extremes of a series have changed."""
        self._stretched[series.name] = series

    def _move_edges(self, number: int, record: AlertRecord) -> None:
        """Let the end of an anchored alert's stride be looked at."""
        stride = self._rules[number].stride()
        if stride is not None and record.anchor is not None:
            self._homes[number].moving.set(number, *stride.edges(record.anchor))

    def _judged_apart(self, number: int) -> bool:
        """Tell whether an alert is not judged by its value, so that extremes say nothing."""
        return number in self._composites or isinstance(self._rules[number], AbsenceRule)

    def _transition(self, number: int, outcome: Outcome, reading: Reading, at: int) -> Transition:
        """Return the record of a change, with all that a message needs."""
        rule, _, moved = self._written.get(number, (self._rules[number], 1.0, ""))
        home, extremes = self._homes[number], None
        if self._judged_apart(number):
            outcome = changed(outcome, bound=None)
        else:
            extremes = home.extremes.since(outcome.since)
            if not home.live and home.extremes.spans:
                home.extremes.clear()
                self.stretched(home)
        failed = self._composites.failure(number)
        reading = self._composites.as_known(number, reading)
        told = Told(
            rule,
            home,
            note=moved,
            parts=self._composites.parts(number, self._teller.told_by),
            why=f"It cannot be evaluated: {failed}." if failed else "",
            extremes=extremes,
        )
        return self._teller.transition(told, outcome, reading, at)

    def written(self, number: int) -> Rule:
        """Return a rule as its book has it, whatever splits did to its levels."""
        known = self._written.get(number)
        return self._rules[number] if known is None else known[0]

    # ---------------------------------------------------------------- timers

    def _remind(self, number: int, record: AlertRecord) -> None:
        """Set the one timer of an alert; with another one of its record it moves."""
        self._timers.arm(number, record.due)

    @property
    def next_timer(self) -> int | None:
        """Return the event time of the earliest timer that still holds, ms UTC."""
        return self._timers.next(self._due)

    def _due(self, number: int) -> int | None:
        record = self.records.get(number)
        return None if record is None else record.due

    def pop_timer(self) -> int:
        """Take the earliest timer off; return whose it was. Ask `next_timer` first."""
        return self._timers.pop()[1]

    # ---------------------------------------------------------------- splits

    def rescale(self, series: Series, adjusted: Callable[[Rule], tuple[Rule, float, str]]) -> None:
        """Move the levels of all rules on a series as `adjusted` says of each as it was written."""
        edges = Edges(self._composites.edges(series))
        for number in series.numbers:
            rule, before, _ = self._written.get(number, (self._rules[number], 1.0, ""))
            self._rules[number], factor, note = adjusted(rule)
            self._written[number] = (rule, factor, note)
            edges.add(self._rules[number].edges(), number)
            self._rescale_record(number, factor / before)
        series.index = GapIndex(edges)

    def _rescale_record(self, number: int, factor: float) -> None:
        """Carry what is remembered in the unit of the value into the shares after a split."""
        record, signal = self.records.get(number), self._homes[number].signal
        if record is None or factor == 1.0 or (signal is not None and not signal.scales):
            return
        known = {name: getattr(record, name) for name in ("bound", "anchor")}
        moved = {name: value * factor for name, value in known.items() if value is not None}
        self.records[number] = changed(record, **moved)
        self._move_edges(number, self.records[number])
        self._dirty.add(number)

    def moved(self, rule: Rule) -> str:
        """Return what a split did to the levels of `rule`; mostly empty."""
        return next(
            (note for n, (_, _, note) in self._written.items() if self._rules[n] is rule), ""
        )

    # ---------------------------------------------------------------- taking and giving

    def take_instant(self) -> bool:
        """Tell whether an episode began and ended at one moment since the last call."""
        taken, self._instant = self._instant, False
        return taken

    def take_transitions(self) -> list[Transition]:
        """Return the transitions since the last call, in order."""
        taken, self.transitions = self.transitions, []
        return taken

    def take_records(self) -> dict[str, SavedAlert | None]:
        """Return the alerts that changed since the last call, by name; None for inactive."""
        taken: dict[str, SavedAlert | None] = dict.fromkeys(self._ended)
        for number in sorted(self._dirty):
            taken[self.name(number)] = self._saved(number) if number in self.records else None
        self._ended.clear()
        self._dirty.clear()
        return taken

    def take_extremes(self) -> dict[str, tuple[Span, ...] | None]:
        """Return the extremes that changed since the last call, by series; None removes them."""
        taken, self._stretched = self._stretched, {}
        gone, self._gone = dict.fromkeys(self._gone), []
        return gone | {name: series.extremes.spans or None for name, series in taken.items()}

    def name(self, number: int) -> str:
        """Return a binding's name in the store: `rule|key`."""
        return f"{self._rules[number].id}|{self._homes[number].key}"

    def _saved(self, number: int) -> SavedAlert:
        """Return a live alert as it is stored."""
        rule, home = self._rules[number], self._homes[number]
        return SavedAlert(
            rule=rule.id,
            key=home.key,
            labels=home.labels,
            severity=severity_of(rule, self.records[number].level),
            target=rule.on,
            unit=home.unit,
            record=self.records[number],
        )

    def live(self) -> Iterator[SavedAlert]:
        """Yield all alerts that are not inactive."""
        for number in sorted(self.records):
            if self.records[number].state is not AlertState.INACTIVE:
                yield self._saved(number)

    def restore(self, saved: Iterable[SavedAlert]) -> None:
        """Take live alerts back; those whose rule is gone or decides differently are left over."""
        left = {alert.name: alert for alert in saved}
        rules = {alert.rule for alert in left.values()}
        for number in self._bound.numbers(rules) if rules else ():
            name = self.name(number)
            alert = left.get(name)
            if alert is None:
                continue
            if alert.record.version != self.written(number).version:
                self.changed.add(number)
                continue
            del left[name]
            self.records[number] = alert.record
            self._homes[number].live.add(number)
            self.on_change(number, self._homes[number])
            self._move_edges(number, alert.record)
            self._remind(number, alert.record)
        self._left = list(left.values())

    def restore_series(
        self, extremes: Mapping[str, tuple[Span, ...]], lasts: Mapping[str, tuple[float, int]]
    ) -> None:
        """Take back what was remembered of series; that of series that are gone is given up."""
        known = {it.name: it for it in self._series} if extremes or lasts else {}
        for name, spans in extremes.items():
            if name in known:
                known[name].extremes = Extremes(spans)
        for name, last in lasts.items():
            if name in known:
                known[name].last, known[name].last_at = last
                known[name].lost = True
        self._gone = [name for name in extremes if name not in known]
        self._lasts = {name: None for name in lasts if name not in known}

    def lose(self, series: Series) -> None:
        """Remember the last good value of what is unknown from now on."""
        if series.last is not None and not series.lost:
            self._lasts[series.name] = (series.last, series.last_at)
        series.lost = True

    def find(self, series: Series) -> None:
        """Forget it: a good value is there again."""
        if series.lost and series.last is not None:
            self._lasts[series.name] = None
        series.lost = False

    def take_lasts(self) -> dict[str, tuple[float, int] | None]:
        """Return the last good values that are to be stored; None removes one."""
        taken, self._lasts = self._lasts, {}
        return taken

    def end_left_over(self, now: int) -> None:
        """End what `restore` left over, aloud: who was told of a fire is told of its end."""
        known = {rule.id for rule in self._rules} if self._left else set()
        for alert in self._left:
            self._ended.append(alert.name)
            if alert.record.state is AlertState.INACTIVE:
                continue  # an anchor, which nobody was told of
            outcome = engine.on_removed(alert.record, changed=alert.rule in known)
            self.transitions.append(ending_of(alert, outcome, now))
        self._left.clear()
        self.changed.clear()
