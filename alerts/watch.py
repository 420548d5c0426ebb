"""All alerts of one shard: rules bound to what they watch, judged as values come. Hop 5.

Pure: readings and moments go in, transitions and changed records come out. `Watch` owns no clock
and writes nothing; the step hands it every new reading and asks it for the next timer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from alerts import engine
from alerts.afterwards import Afterwards
from alerts.binding import Binder
from alerts.census import Census
from alerts.composites import Composites
from alerts.costs import Costs
from alerts.extremes import Span
from alerts.gates import Gates
from alerts.late import LateRecord
from alerts.ledger import Ledger
from alerts.model import AlertState, Transition
from alerts.moves import on_turn, without_anchor
from alerts.pasts import Pasts
from alerts.reasons import OUTSIDE, Reason
from alerts.record import AlertRecord
from alerts.remarks import Remarks
from alerts.rules.absence import ABSENT, AbsenceRule
from alerts.rules.base import Rule
from alerts.rules.life import NoData
from alerts.saved import SavedAlert
from alerts.series import UNSEEN, Place, Series, Target, Vector
from alerts.setting import PLAIN, Bound, ReadingOf, Setting
from alerts.signals.ring import Bar
from alerts.telling import Inputs, Teller
from alerts.verdicts import Verdicts, of_answer
from monitor.core.timers import earliest
from monitor.domain.events import Quality, Quote, Reading


class Watch:
    """Rules at work. Numbers the bindings (rule, subject) in rulebook order."""

    def __init__(
        self,
        rules: Sequence[Rule],
        targets: Mapping[str, Target],
        inputs: Callable[[str, str | None], Inputs],
        remarks: Callable[[str, str | None], Remarks],
        setting: Setting = PLAIN,
    ) -> None:
        """Bind `rules` to `targets`; `inputs` and `remarks` tell a message more of a value.

        A rule whose target or company is not there is not bound: the rulebook's check names it.
        """
        self.gates = Gates(setting.agenda)
        self.teller = Teller(inputs, remarks, self.gates)
        self._bound = Binder(targets, self.gates).bind(rules)
        self.sift = self._bound.sift  # prepares `rejudge`, while ticks go on
        self._rules, self._homes = self._bound.rules, self._bound.homes
        self.composites = Composites(self._bound, setting.session)
        self._ledger = Ledger(self._bound, self.teller, self.composites)
        self.census = Census(self._bound, self._ledger)
        self._pasts = Pasts(self._bound.series, self._ledger.stretched)
        self._afterwards = Afterwards(self._bound, self._ledger, self.teller, self.gates)
        self._restoring, self._quiet_start = False, setting.quiet_start
        self.costs = Costs(setting.stopwatch)
        self.verdicts = Verdicts(self._bound)

    @property
    def scalars(self) -> Mapping[str, Series]:
        """Return the scalars that some rule watches, by name."""
        return self._bound.scalars

    @property
    def vectors(self) -> frozenset[str]:
        """Return the names of the company metrics that some rule watches."""
        return frozenset(self._bound.vectors)

    def __len__(self) -> int:
        """Return the number of bindings."""
        return len(self._rules)

    # ---------------------------------------------------------------- readings

    def observe(self, name: str, reading: Reading, now: int, *, revised: bool = False) -> None:
        """Take a scalar's new reading at event time `now`.

        One that only `revised` a figure of the same period ends no alert that has fired: falling
        back and coming again, it would be a second alert on one figure.
        """
        if (series := self._bound.scalars.get(name)) is not None:
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
        vector = self._bound.vectors.get(name)
        if vector is None:
            return
        looked_at = (values <= vector.low) | (values >= vector.high)  # never true of NaN
        if quality is not vector.quality:  # qualities hardly ever change: then it is the same array
            usable = quality <= Quality.SINGLE.value
            looked_at = (looked_at & usable) | (usable != vector.usable)
            vector.quality, vector.usable = quality, usable
        else:
            looked_at &= vector.usable
        if vector.always:  # what no edge tells: a delay, a sample of the past
            looked_at[list(vector.always)] = True
        before, vector.values = vector.values, values
        for place in np.flatnonzero(looked_at).tolist():
            series = vector.series.get(place)
            if series is None:
                continue
            if before is not None and not series.lost and not np.isnan(before[place]):
                series.last = float(before[place])  # as it was within its gap, unseen
            self._see(series, reading_of(place), now, revised=revised)
            low = np.inf if series.owed else series.low
            vector.low[place], vector.high[place] = low, series.high
        if vector.ranked:
            self._see_ranks(vector, values, reading_of, now)

    def _see_ranks(
        self,
        vector: Vector,
        values: NDArray[np.float64],
        reading_of: Callable[[int], Reading],
        now: int,
    ) -> None:
        """Judge by the places of the companies among each other."""
        for signal, ranked in vector.ranked.items():
            ranks = signal.ranks(values, vector.usable)
            for place, series in ranked.items():
                of = reading_of(place)
                rank = float(ranks[place])
                known = of if np.isnan(rank) else structs.replace(of, value=rank)
                self._see(series, known, now)

    def _see(self, series: Series, reading: Reading, now: int, *, revised: bool = False) -> None:
        """Judge every alert of `series` that the new reading may change."""
        for signal, made in self._pasts.readings(series, reading, now, sample=not self._restoring):
            self._see(signal, made, now)
        series.quality, series.reading = reading.quality, reading
        self.census.seen(series)
        if reading.value is None or not series.judges(reading):
            self._lose(series, reading, now)
            return
        stood = series.target.stands and series.usable
        touched = self._touched(series, reading.value, reading)
        before, elapsed = series.last, 0 if stood else now - series.last_at
        series.last, series.last_at = reading.value, reading.observed_at or now
        if self._restoring:
            return
        if series.extremes.take(reading.value):
            self._ledger.stretched(series)
        if revised:
            series.owed |= {
                n for n in touched if n in series.live and self._ledger.records[n].fired
            }
            touched = [number for number in touched if number not in series.owed]
        elif series.owed:
            touched, series.owed = sorted({*touched, *series.owed}), set()
        for number in touched:
            if number in self._ledger.changed:
                continue
            if number in self.composites:
                self.composites.open((number,))
                continue
            began = self.costs.begin()
            self._judge(number, reading, now, before, elapsed)
            self.costs.end(self._rules[number], began)

    def _touched(self, series: Series, value: float, reading: Reading) -> Iterable[int]:
        """Return the bindings that the value may change; more where the value was lost."""
        touched = series.index.touched(value)
        moved = series.moving.touched(value)
        if moved:
            touched = sorted({*touched, *moved})
        if not series.usable:
            series.usable = True
            self._ledger.find(series)
            back = {*series.live, *series.guards, *series.resumers, *series.readers}
            touched = sorted({*touched, *back})
        if series.strides and not series.live.issuperset(series.strides):
            touched = sorted({*touched, *series.strides})  # without an anchor yet
        if series.eager:
            touched = sorted({*touched, *series.readers})
        return series.with_exacting(touched, reading)

    def _lose(self, series: Series, reading: Reading, now: int) -> None:
        """Let the alerts of a series know that its value is unknown, once."""
        if not series.usable and all(it in self._ledger.records for it in series.guards):
            return  # each that is to know has been told
        series.usable = False
        if self._restoring:
            return
        if not series.lost and series.company is not None and not series.minds_before:
            series.last_at = reading.observed_at or now
        self._pasts.settle(series, now)
        self._ledger.lose(series)
        self.composites.open(series.readers)
        for number in sorted({*series.live, *series.guards}):
            if number not in self.composites and number not in self._ledger.changed:
                self._miss(number, reading, now)

    def _miss(self, number: int, reading: Reading, now: int) -> None:
        """Let one alert know that its value is unknown."""
        rule, record = self._rules[number], self._ledger.records.get(number)
        if isinstance(rule, AbsenceRule):
            if reading.quality is not Quality.NOT_APPLICABLE:
                self._ledger.settle(
                    number, engine.on_reading(rule, record, ABSENT, now), reading, now
                )
        elif record is not None:
            self._refuse(number, record, reading, now)
        elif reading.quality is not Quality.NOT_APPLICABLE:
            self._ledger.settle(number, engine.on_lost(rule, now), reading, now)

    def _judge(
        self, number: int, reading: Reading, now: int, before: float | None, elapsed: int
    ) -> None:
        """Judge one alert by a reading, unless its rule requires a better one, or another time."""
        rule, record = self._rules[number], self._ledger.records.get(number)
        value = reading.value
        refusal = self._refusal(number, reading)
        if value is None or refusal is not None:
            tells = refusal is Reason.INPUT_DELAYED and rule.no_data is NoData.ALERT
            if record is not None or tells:
                self._refuse(number, record, reading, now)
            return
        stride = None if record is None else rule.stride()
        if stride is not None and not stride.is_of(reading.observed_at, now):
            self._bound.owe(number)  # of yesterday: the anchor is today's first
            return
        outcome = self.verdicts.of(number, record, value, now, before, elapsed)
        cold = self._quiet_start and before is None
        self._ledger.settle(number, outcome, reading, now, cold=cold)

    def _refusal(self, number: int, reading: Reading) -> Reason | None:
        """Return why an alert is not judged by a reading now; None if it is."""
        if self.gates.shut(number):
            return Reason.OUTSIDE_WINDOW
        return self._rules[number].refusal(reading)

    def _refuse(self, number: int, record: AlertRecord | None, reading: Reading, now: int) -> None:
        """Let an alert meet a reading that its rule is not judged by; without a record it is lost."""
        rule, reason = self._rules[number], self._refusal(number, reading) or Reason.INPUT_UNUSABLE
        if record is None:
            outcome = engine.on_lost(rule, now, reason)
        else:
            outcome = engine.on_refused(rule, record, now, reason)
        self._ledger.settle(number, outcome, reading, now)

    def turn(self, numbers: Iterable[int], now: int, reading_of: ReadingOf) -> None:
        """Judge what a window has opened or shut for, by what stands there now."""
        for number in numbers:
            if number in self.composites:
                self.composites.open((number,))
            elif number not in self._ledger.changed:
                reading = self._present(number, now, reading_of)
                self._judge(number, reading, now, reading.value, 0)
        self.settle(now)

    def _present(self, number: int, now: int, reading_of: ReadingOf) -> Reading:
        """Return what an alert is judged by now."""
        home = self._homes[number]
        of = (home.target.name, home.company)
        return self._pasts.aged(home, now) if home.signal else reading_of(*of)

    def made_of(self, name: str, now: int) -> Reading | None:
        """Return what an alert of a signal is judged by now; None: it is judged by the value itself."""
        series = self._bound.signals.get(name)
        return None if series is None else self._pasts.aged(series, now)

    def settle(self, now: int) -> None:
        """Judge the expressions that values since the last call may have changed."""
        if self._restoring:
            return
        for number in self.composites.take_open():
            if number not in self._ledger.changed:
                began = self.costs.begin()
                self._judge_composite(number, now)
                self.costs.end(self._rules[number], began)

    def clock(self, now: int) -> None:
        """Ask anew the expressions that know the exchange session: it changes at `now`."""
        self.composites.open_clocked()
        self.settle(now)

    @property
    def clocked(self) -> bool:
        """Tell whether some expression asks for the exchange session."""
        return bool(self._bound.clocked)

    def _judge_composite(self, number: int, now: int) -> None:
        """Judge one expression by its named values as they are now."""
        record, reading = self._ledger.records.get(number), self._homes[number].reading
        if reading.value is not None and self._refusal(number, reading) in OUTSIDE:
            if record is not None:
                self._refuse(number, record, reading, now)
            return
        answer = self.composites.answer(number, now)
        if answer is None:
            return
        outcome = of_answer(self._rules[number], record, answer, now)
        if outcome is None:
            return
        cold = self._quiet_start and self.composites.is_first(number)
        self._ledger.settle(number, outcome, reading, now, cold=cold)

    # ---------------------------------------------------------------- splits

    def rescale(self, name: str, adjusted: Callable[[Rule], tuple[Rule, float, str]]) -> None:
        """Move the levels of all rules on a scalar as `adjusted` says of each as it was written.

        Alerts go on under their ids. Nothing is judged: the value moves with the levels.
        """
        for series in self._all_of(name):
            self._ledger.rescale(series, adjusted)

    def _all_of(self, name: str) -> Sequence[Series]:
        """Return a scalar's series and the signals made of it."""
        series = self._bound.scalars.get(name)
        return () if series is None else (series, *series.derived)

    def split(self, name: str, factor: float) -> None:
        """Carry the past of a share's price into the shares after a split."""
        if (series := self._bound.scalars.get(name)) is not None:
            self._pasts.scale(series, factor)
        for own in self._all_of(name):
            if own.signal is None or own.signal.scales:
                own.last = None if own.last is None else own.last * factor
                own.extremes.scale(factor)
                self._ledger.stretched(own)

    def rules_on(self, name: str) -> tuple[Rule, ...]:
        """Return the rules on a scalar as they were written."""
        return tuple(self._ledger.written(it) for own in self._all_of(name) for it in own.numbers)

    def moved(self, rule: Rule) -> str:
        """Return what a split did to the levels of `rule`, as `bindings` gives it; mostly empty."""
        return self._ledger.moved(rule)

    # ---------------------------------------------------------------- what is told afterwards

    def tell(self, quote: Quote, now: int) -> None:
        """Note where a value of the past would have fired, once; nothing fires, nothing resolves."""
        if (series := self._bound.scalars.get(quote.instrument)) is not None:
            self._afterwards.tell(series, quote, now)

    def take_late(self) -> dict[str, LateRecord | None]:
        """Return what changed of the past's records since the last call; None removes one."""
        return self._afterwards.take()

    def restore_late(self, saved: Mapping[str, LateRecord]) -> None:
        """Take the past's records back; those of rules that are gone are given up."""
        self._afterwards.restore(saved)

    # ---------------------------------------------------------------- timers

    @property
    def next_timer(self) -> int | None:
        """Return the event time of the earliest timer that still holds, ms UTC."""
        return earliest(self.gates.next_edge, self._pasts.next_timer, self._ledger.next_timer)

    def run_timer(self, reading_of: ReadingOf) -> None:
        """Run the earliest timer, at its own event time: windows first, a wait may end in vain."""
        due = self.next_timer
        if due is None:
            return
        if due == self.gates.next_edge:
            self.turn(self.gates.turn(due), due, reading_of)
        elif due == self._pasts.next_timer:
            self._run_signal(self._pasts.run_timer(), due, reading_of)
        else:
            self._run_alert(self._ledger.pop_timer(), due, reading_of)

    def _run_alert(self, number: int, due: int, reading_of: ReadingOf) -> None:
        """Run an alert's own timer."""
        rule, record = self._rules[number], self._ledger.records[number]
        reading = self._present(number, due, reading_of)
        held = record.state is AlertState.PENDING and rule.exacting
        if record.anchor is not None:  # wherever the next value stands, it is the anchor
            self._bound.owe(number)
            self._ledger.settle(number, on_turn(record), reading, due)
        elif self.gates.shut(number) or (held and rule.refusal(reading) is not None):
            self._refuse(number, record, reading, due)
        else:
            self._ledger.settle(number, engine.on_timer(rule, record, due), reading, due)

    def _run_signal(self, series: Series, due: int, reading_of: ReadingOf) -> None:
        """Look at a signal that changes by itself."""
        of = reading_of(series.target.name, series.company)
        self._see(series, self._pasts.read(series, of, due), due)
        self.settle(due)

    def begin(self, now: int) -> None:
        """Let the deadmen know, at the first moment, what has never been heard of."""
        for series in self._bound.series:
            if series.guards and series.reading is UNSEEN:
                self._lose(series, UNSEEN, now)
        self.clock(now)

    def take_instant(self) -> bool:
        """Tell whether an episode began and ended at one moment: no other must have its ids."""
        return self._ledger.take_instant()

    def take_transitions(self) -> list[Transition]:
        """Return the transitions since the last call, in order."""
        return self._ledger.take_transitions()

    def take_extremes(self) -> dict[str, tuple[Span, ...] | None]:
        """Return the extremes that changed since the last call, by series; None removes them."""
        return self._ledger.take_extremes()

    def take_lasts(self) -> dict[str, tuple[float, int] | None]:
        """Return the last good values of what was lost since the last call; None removes one."""
        return self._ledger.take_lasts()

    def take_records(self) -> dict[str, SavedAlert | None]:
        """Return the alerts that changed since the last call, by name; None for inactive."""
        return self._ledger.take_records()

    def subjects(self) -> Iterator[tuple[str, str | None, Mapping[str, int]]]:
        """Yield what is watched, the company it is of, and how many rules aloud do, by severity."""
        for series in self._bound.series:
            if aloud := series.rules - series.shadowed:
                yield series.target.name, series.company, aloud

    def live(self) -> list[SavedAlert]:
        """Return all alerts that are not inactive."""
        return list(self._ledger.live())

    @property
    def counts(self) -> dict[Place, int]:
        """Return how many alerts are in each (severity, state, mode)."""
        return self.census.counts

    def take_pasts(self) -> dict[str, Bar | None]:
        """Return the samples that changed since the last call, by name; None removes one."""
        return self._pasts.take()

    def bindings(self, only: Collection[str] | None = None) -> Iterator[Bound]:
        """Yield each rule, or those with the ids `only`, with its series and what stands there."""
        for number, (rule, home) in enumerate(zip(self._rules, self._homes, strict=True)):
            if only is None or rule.id in only:
                yield Bound(rule, home, self._ledger.records.get(number), self.gates.shut(number))

    def restore(
        self,
        saved: Iterable[SavedAlert],
        pasts: Mapping[str, Bar] | None = None,
        extremes: Mapping[str, tuple[Span, ...]] | None = None,
        lasts: Mapping[str, tuple[float, int]] | None = None,
        *,
        now: int = 0,
        cold: bool = False,
    ) -> None:
        """Take back what lived at event time `now`, after a restart or from before a reload.

        `cold`: no value was known then, so the first of each begins as at a start without memory.
        Until `resume`, readings say where every value stood, and nothing is judged: it was then.
        What is not the same as before is judged at `rejudge`: until then an alert whose rule is
        gone, or decides differently now, is kept, and that rule waits.
        """
        self._ledger.restore(saved)
        self._ledger.restore_series(extremes or {}, lasts or {})
        self._pasts.restore(pasts or {}, now)
        self._restoring, self._quiet_start = True, self._quiet_start and cold

    def resume(self) -> None:
        """Go on from where the readings since `restore` stand; what none has shown is unknown."""
        self._restoring = False
        for number in without_anchor(self._rules, self._ledger.records):
            self._bound.owe(number)
        for series in (it for it in self._bound.series if it.reading is UNSEEN):
            series.usable = False

    def rejudge(self, now: int, same: Collection[str] = ()) -> None:
        """End what was left over, aloud, and let the next reading of each value touch every rule.

        Who was told of a fire is told of its end. A rule that is the same as before finds nothing
        new; one added or changed since begins here. Of the ids `same` that is known: see `reopen`.
        """
        self._ledger.end_left_over(now)
        self._bound.reopen(self._ledger.records, same)
        self.composites.open_all()
