"""The tick-to-alert job, the same as the bare chain's, and the meter that times it.

N instruments with k threshold rules each; rule (i, j) turns at j + 0.5. A tick crosses exactly one
threshold with probability 0.1, the instrument's next tick falls back. Each instrument stands in
the middle of its rules: those under it watch `below`, those over it `above`, so nothing fires
before the first crossing, and the index has neighbours on both sides.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

CROSSING_SHARE = 0.1
SEED = 7

Shape = tuple[int, int]
"""Instruments, and rules on each."""


class Move(NamedTuple):
    """One tick: the instrument's number, its value, and the rule that it makes fire, if any."""

    instrument: int
    value: float
    rule: int | None


class Job:
    """The state of all instruments: gives one tick after the other, in a shuffled round."""

    def __init__(self, instruments: int, rules_each: int) -> None:
        self.instruments = instruments
        self.rules_each = rules_each
        self._random = random.Random(SEED)
        self._places = [self._random.randrange(rules_each) for _ in range(instruments)]
        self._above = bytearray(instruments)
        self._order = list(range(instruments))
        self._random.shuffle(self._order)
        self._position = 0

    def next(self, *, crossing: bool | None = None) -> Move:
        """Return the next tick; `crossing` forces one or none where the instrument may cross."""
        instrument = self._order[self._position]
        self._position = (self._position + 1) % self.instruments
        place = self._places[instrument]
        low = round(place + 0.05 + 0.35 * self._random.random(), 4)
        if self._above[instrument]:
            self._above[instrument] = 0
            return Move(instrument, low, None)
        if self._random.random() < CROSSING_SHARE if crossing is None else crossing:
            self._above[instrument] = 1
            return Move(instrument, round(low + 0.55, 4), place)
        return Move(instrument, low, None)

    @property
    def places(self) -> list[int]:
        """Return the rule under which each instrument stands: lower ones watch `below`."""
        return list(self._places)

    def settled(self) -> Iterator[Move]:
        """Return one tick for each instrument that leaves none above its level."""
        for _ in range(self.instruments):
            yield self.next(crossing=False)

    def write_rulebook(self, path: Path) -> None:
        """Write all rules as the JSON rulebook that programs write."""
        with path.open("w", encoding="ascii") as out:
            out.write('{"rules":[\n')
            for instrument, place in enumerate(self._places):
                lines = (
                    f'{{"type":"threshold","id":"r{instrument}-{rule}","on":"I{instrument}",'
                    f'"{"below" if rule < place else "above"}":{rule}.5}}'
                    for rule in range(self.rules_each)
                )
                out.write(("," if instrument else "") + ",\n".join(lines) + "\n")
            out.write("]}\n")


@dataclass(slots=True)
class Meter:
    """Matches alerts to crossings, per rule, first in first out."""

    latencies_s: list[float] = field(default_factory=list)
    expected: int = 0
    unexpected: int = 0
    last_at: float = 0.0
    complete: asyncio.Event = field(default_factory=asyncio.Event)
    _pending: dict[bytes, deque[float]] = field(default_factory=dict)
    _closed: bool = False

    def crossed(self, rule: bytes, at: float) -> None:
        """Expect one alert of `rule` for a tick written at `at`."""
        self.expected += 1
        self._pending.setdefault(rule, deque()).append(at)

    def alerted(self, rule: bytes) -> None:
        """Take an alert that has just arrived."""
        now = time.perf_counter()
        waiting = self._pending.get(rule)
        if not waiting:
            self.unexpected += 1
            return
        self.latencies_s.append(now - waiting.popleft())
        self.last_at = now
        if self._closed and len(self.latencies_s) >= self.expected:
            self.complete.set()

    async def all_arrived(self, patience_s: float) -> None:
        """Wait for what is still expected, at most `patience_s`."""
        self._closed = True
        if len(self.latencies_s) < self.expected:
            try:
                async with asyncio.timeout(patience_s):
                    await self.complete.wait()
            except TimeoutError:
                return

    @property
    def lost(self) -> int:
        """Return how many expected alerts have not come."""
        return self.expected - len(self.latencies_s)


def percentile_ms(latencies_s: Sequence[float], percent: float) -> float:
    """Return a percentile in milliseconds, NaN of nothing."""
    if not latencies_s:
        return float("nan")
    values: Any = np.percentile(np.asarray(latencies_s), percent)
    return float(values) * 1_000
