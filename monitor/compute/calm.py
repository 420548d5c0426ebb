"""The short way of a quote after which nothing is different but its own value. Hop 5, pure.

Most quotes move one value within its gap: nothing is made of it, no rule can be touched by it, no
timer is due. The step's long way finds that out by asking all who might mind, some 250 calls. Here
what can make it otherwise is asked first, and if nothing does, the value is put down. Whatever
cannot be ruled out goes the long way; both leave the same behind.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from alerts.series import Series
from alerts.watch import Watch
from monitor.compute.instrument import Instrument
from monitor.compute.instruments import Instruments
from monitor.domain.events import Tick

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

    def take(self, tick: Tick, now: int) -> bool:
        """Take a tick that changes one value and nothing else; else return False, nothing taken."""
        if not tick.plain:
            return False
        quote = tick.quotes[0]
        known = self._known.get(quote.instrument)
        if known is None:
            return False
        if now >= self._until:
            self._until = self._next_turn(now)
            if now >= self._until:
                return False
        instrument, series = known
        until = self._instruments.fresh_until(instrument, quote)
        reading = instrument.following(quote, now, until)
        if reading is None or (series is not None and not series.glide(reading)):
            return False
        self._instruments.follow(instrument, quote, reading, until)
        self._until = min(self._until, until + 1)
        return True

    def went(self, tick: Tick) -> None:
        """Note that a tick has gone the long way: its instrument may stand alone from now on."""
        self._until = 0
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
        self._until = 0
        self._known.clear()
