"""The short way of a quote of which nothing else is made. Hop 5, pure.

Most quotes move one value within its gap: nothing is made of it, no rule can be touched by it, no
timer is due. The step's long way finds that out by asking all who might mind, some 250 calls. Here
what can make it otherwise is asked first, and if nothing does, the value is put down. One that
leaves its gap is put down likewise, and shown to its rules alone. Whatever cannot be ruled out goes
the long way; all leave the same behind.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TypeAlias

from alerts.series import Series
from alerts.watch import Watch
from monitor.compute.instrument import Instrument
from monitor.compute.instruments import Instruments
from monitor.domain.events import Tick


class Way(Enum):
    """How a tick goes through the step."""

    SHORT = "short"
    RULES = "rules"
    LONG = "long"


Known: TypeAlias = tuple[Instrument, Series | None]


class Calm:
    """Knows which instruments stand alone, and until when nothing happens by itself."""

    def __init__(
        self,
        instruments: Instruments,
        watch: Watch,
        alone: Callable[[str], bool],
        next_turn: Callable[[int], int],
    ) -> None:
        """`alone` tells whether nothing is made of an instrument, `next_turn` what is due next."""
        self._instruments, self._watch = instruments, watch
        self._alone, self._next_turn = alone, next_turn
        self._known: dict[str, Known] = {}
        self._until = 0
        self._long = True

    def take(self, tick: Tick, now: int) -> Way:
        """Take a tick that changes one value by itself; tell which way it is to go.

        It is taken unless it has to go the long way; only its rules may be left to be asked.
        """
        if not tick.plain:
            return Way.LONG
        quote = tick.quotes[0]
        known = self._known.get(quote.instrument)
        if known is None or not self.quiet(now):
            return Way.LONG
        instrument, series = known
        until = self._instruments.fresh_until(instrument, quote)
        reading = instrument.following(quote, now, until)
        if reading is None:
            return Way.LONG
        self._instruments.follow(instrument, quote, reading, until)
        self._until = min(self._until, until + 1)
        return Way.SHORT if series is None or series.glide(reading) else Way.RULES

    def passed(self) -> None:
        """Note that time went on by itself, whether or not something was due."""
        self._long = True

    def take_long(self) -> bool:
        """Tell whether more than values and their alerts may have changed since the last call."""
        long, self._long = self._long, False
        return long

    def quiet(self, now: int) -> bool:
        """Tell whether nothing is due, or owed, up to `now`."""
        if now >= self._until:
            self._until = self._next_turn(now)
        return now < self._until

    def stirred(self) -> None:
        """Note that rules were asked: what is due next may be another."""
        self._until = 0

    def went(self, tick: Tick) -> None:
        """Note that a tick has gone the long way: its instrument may stand alone from now on."""
        self._until, self._long = 0, True
        if not tick.plain:
            if tick.notices or tick.commands or tick.feeds:
                self._known.clear()
            return
        name = tick.quotes[0].instrument
        if name in self._known:
            return
        instrument = self._instruments.known(name)
        if instrument is not None and instrument.lone and self._alone(name):
            self._known[name] = instrument, self._watch.scalars.get(name)

    def end(self) -> None:
        """Note that something happened by itself, or was taken back: what is known is void."""
        self._until, self._long = 0, True
        self._known.clear()
