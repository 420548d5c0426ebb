"""The samples that signals are made of: taken as values come, stored slot by slot. Hop 5, pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from msgspec import structs

from alerts.series import Series
from alerts.signals.ring import Bar, Ring
from monitor.core.timers import Timers
from monitor.domain.events import Quality, Reading


class Pasts:
    """The rings of all signals, their timers, and what of them has changed."""

    def __init__(self, series: Iterable[Series], stretched: Callable[[Series], None]) -> None:
        """Take the series; those that are no signals have no past. `stretched` is told of extremes."""
        self._stretched = stretched
        self._signals = {it.name: it for it in series if it.past is not None}
        self._names = {id(it): name for name, it in self._signals.items()}
        signals = self._signals.values()
        self._rings = {it.past_name: it.past for it in signals if it.past is not None}
        self._timers = Timers[str]()
        self._done: dict[int, int] = {}
        self._changed: dict[str, Bar | None] = {}
        self._pushed: dict[int, tuple[float, int | None]] = {}

    def readings(
        self, source: Series, reading: Reading, now: int, *, sample: bool = True
    ) -> list[tuple[Series, Reading]]:
        """Return what every signal of `source` reads when it reads `reading`.

        A reading that was there before (its value and the source's time) is no second sample, and
        changes no window; without `sample` none is taken.
        """
        if not source.derived:
            return []
        if sample and source.quality.usable:
            self._stretch(source, now)
        self._take(source, reading, now, sample=sample)
        asked_at = partial(self._asked_at, now=now, back=not source.usable)
        return [(it, self.read(it, reading, asked_at(it))) for it in source.derived]

    def _stretch(self, source: Series, now: int) -> None:
        """Let the extremes of ages have what these came to by now.

        An age grows whether or not somebody looks at it: its greatest value is the one before it
        begins anew, or is not known any more.
        """
        for it in source.derived:
            if it.extremes and it.signal is not None and it.past is not None:
                ages = it.signal.due(it.past) is not None
                answer = it.signal.answer(it.past, now) if ages else ""
                if not isinstance(answer, str) and it.extremes.take(answer):
                    self._stretched(it)

    def _asked_at(self, series: Series, now: int, *, back: bool) -> int:
        """Return the moment as of which a signal is asked, when its source is shown at `now`.

        A window slides only with samples: nobody looks at it between them. Were it asked as of
        now when a restart or a reload shows the same reading again, samples that have grown old
        meanwhile would change an alert that they would not have changed otherwise. After the
        value was lost (`back`) it is looked at anew, and an age is always of now.
        """
        signal, past = series.signal, series.past
        if back or signal is None or past is None or not past.bars or signal.due(past) is not None:
            return now
        return past.bars[-1].at

    def _take(self, source: Series, reading: Reading, now: int, *, sample: bool) -> None:
        if not reading.quality.usable or reading.value is None:
            return
        said = (reading.value, reading.observed_at)
        rings = {id(it.past): (it, it.past) for it in source.derived if it.past is not None}
        for key, (signal, ring) in rings.items():
            if ring.spec.heed is not None and not ring.spec.heed.takes(reading):
                continue
            if reading.observed_at is not None and self._pushed.get(key) == said:
                continue
            if sample or ring.bars:  # what is shown again after a restart was taken before it
                self._pushed[key] = said
            if sample and _stands(source, ring):
                ring.stand(now)
            if sample and signal.signal is not None and signal.signal.takes(reading.value, ring):
                ring.push(reading.value, now)
                self._note(signal, ring)

    def _note(self, signal: Series, ring: Ring) -> None:
        """Note which slots of a ring have changed."""
        name = signal.past_name
        for slot, bar in ring.changed.items():
            self._changed[f"{name}|{slot}"] = bar
        ring.changed = {}

    def read(self, series: Series, of: Reading, now: int) -> Reading:
        """Return what a signal reads at `now`, its source reading `of`."""
        signal, past = series.signal, series.past
        if signal is None or past is None or not of.quality.usable or of.value is None:
            return structs.replace(of, value=None)
        self._remind(series)
        answer = signal.answer(past, now)
        if isinstance(answer, str):
            return structs.replace(of, value=None, quality=Quality.MISSING, reason=answer)
        return structs.replace(of, value=answer)

    def aged(self, series: Series, now: int) -> Reading:
        """Return what a signal read last; an age is that of now, whoever looks."""
        reading, signal, past = series.reading, series.signal, series.past
        if reading.value is None or signal is None or past is None or signal.due(past) is None:
            return reading
        answer = signal.answer(past, now)
        return reading if isinstance(answer, str) else structs.replace(reading, value=answer)

    def settle(self, series: Series, now: int) -> None:
        """Let a signal whose value is lost at `now` keep what it was by then.

        An age has no last value but that: when it was looked at last hangs on how ticks came.
        """
        if series.signal is not None and series.past is not None and series.last is not None:
            answer = series.signal.answer(series.past, now)
            series.last = series.last if isinstance(answer, str) else answer

    def _remind(self, series: Series) -> None:
        self._timers.arm(self._names[id(series)], self._due(series))

    def _due(self, series: Series) -> int | None:
        """Return when a signal is to be looked at by itself, if it was not looked at then."""
        if series.signal is None or series.past is None:
            return None
        due = series.signal.due(series.past)
        if due is None and series.target.stands and series.past.spec.heed is None:
            due = series.signal.settles(series.past)
        return None if due == self._done.get(id(series)) else due

    @property
    def next_timer(self) -> int | None:
        """Return the earliest moment at which a signal changes without a sample, ms UTC."""
        return self._timers.next(lambda name: self._due(self._signals[name]))

    def run_timer(self) -> Series:
        """Take the earliest timer off and return its signal. Ask `next_timer` first."""
        due, name = self._timers.pop()
        signal = self._signals[name]
        self._done[id(signal)] = due
        source, past = signal.source, signal.past
        if source is not None and past is not None and _stands(source, past):
            past.stand(due)
            self._note(signal, past)
        return signal

    def scale(self, source: Series, factor: float) -> None:
        """Carry the samples of a share's price into the shares after a split."""
        for signal in {id(it.past): it for it in source.derived}.values():
            if signal.past is not None:
                signal.past.scale(factor)
                self._note(signal, signal.past)

    def take(self) -> dict[str, Bar | None]:
        """Return the slots that changed since the last call, by name; None removes one."""
        taken, self._changed = self._changed, {}
        return taken

    def restore(self, saved: Mapping[str, Bar], now: int) -> None:
        """Take stored samples back; those of signals that are gone are given up.

        What was due by `now` was looked at before.
        """
        bars: dict[str, list[Bar]] = {}
        for name, bar in saved.items():
            ring_name = name.rpartition("|")[0]
            if ring_name in self._rings:
                bars.setdefault(ring_name, []).append(bar)
            else:
                self._changed[name] = None
        for name, own in bars.items():
            self._rings[name].restore(own)
        for series in self._signals.values():
            due = self._due(series)
            if due is not None and due <= now:
                self._done[id(series)] = due
            self._remind(series)


def _stands(source: Series, past: Ring) -> bool:
    """Tell whether a value was known since its last sample, though nobody told it again."""
    known = source.usable and not source.lost
    return source.target.stands and known and past.spec.heed is None
