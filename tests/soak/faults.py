"""What goes wrong and when: drawn from a seed, so that a run can be had again."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from monitor.core.clock import Clock, Millis
from monitor.domain.events import Quote
from monitor.domain.venues import FAMILY, FRESH_MS
from tests.simulator.scenarios import Scenario
from tests.simulator.server import Simulator
from tests.simulator.streaming import Mood

# These take a time that passes on no clock but the wall's: slow ones, and tens of megabytes.
HEAVY: frozenset[str] = frozenset(
    {Scenario.SLOW, Scenario.HUGE, Scenario.GZIP_BOMB, Mood.SLOW, Mood.HUGE}
)
LASTS_S = (2, 15)
LIES = (Decimal("0.03"), Decimal("0.10"))


@dataclass(slots=True, kw_only=True)
class Faults:
    """The faults of one run.

    One venue lies at a time, on all that it quotes: of two that lie alike nobody could tell who is
    right. A lie lives as long as a quote that tells it is fresh, which with a cut stream is longer
    than it is told; until then no other begins.

    Attributes:
        simulator: whom they befall.
        clock: the moment.
        latest: the newest quote of each source and instrument, where a lie lives on.
        rng: draws them.
        feeds: whose answers go wrong.
        streams: whose streams do.
        venues: who quotes bitcoin, and so may lie.
        each_second: how many begin in a second, on the average.
        heavy: whether there are some that last in real time.
        told: how many there were, by kind.

    """

    simulator: Simulator
    clock: Clock
    latest: Mapping[tuple[str, str], Quote]
    rng: random.Random
    feeds: Sequence[str]
    streams: Sequence[str]
    venues: Sequence[str]
    each_second: float = 2.0
    heavy: bool = False
    told: dict[str, int] = field(default_factory=dict)
    _until: dict[tuple[str, str], int] = field(default_factory=dict)
    _lied: tuple[str, Millis] = ("", 0)  # who lied last, and until when

    def pass_second(self, second: int) -> None:
        """End the faults whose time is over, and begin new ones."""
        for key in [key for key, until in self._until.items() if until <= second]:
            self._end(*key)
        for _ in range(2):
            if self.rng.random() < self.each_second / 2:
                self._begin(second)

    def end_all(self) -> None:
        """Let all be well."""
        for key in list(self._until):
            self._end(*key)

    def _begin(self, second: int) -> None:
        kind = self.rng.choice(("answer", "stream", "cut", "lie"))
        name = self.rng.choice({"answer": self.feeds, "lie": self.venues}.get(kind, self.streams))
        # drawn whether or not it can be now: what comes later is the same in every run of a seed
        answer, mood = self._drawn(list(Scenario)), self._drawn(list(Mood))
        share, lasts_s = self._share(), self.rng.randint(*LASTS_S)
        if (kind, name) in self._until or (kind == "lie" and self._lie_lives()):
            return
        self.told[kind] = self.told.get(kind, 0) + 1
        if kind == "cut":
            self.simulator.streams.drop(name)
            return
        if kind == "answer":
            self.simulator.set_scenario(name, answer)
        elif kind == "stream":
            self.simulator.streams.set_mood(name, mood)
        else:
            self.simulator.market.lies[name] = share
        self._until[kind, name] = second + lasts_s

    def _lie_lives(self) -> bool:
        """Tell whether somebody lies, or said something while lying that is fresh still."""
        liar, until = self._lied
        now = self.clock.now()
        return bool(self.simulator.market.lies) or any(
            quote.observed_at <= until
            and now <= quote.observed_at + (FRESH_MS if quote.fresh_ms is None else quote.fresh_ms)
            for (source, instrument), quote in self.latest.items()
            if source == liar and instrument in FAMILY
        )

    def _share(self) -> Decimal:
        low, high = LIES
        share = low + (high - low) * Decimal(repr(self.rng.random()))
        return self.rng.choice((share, -share))

    def _drawn(self, known: Sequence[str]) -> str:
        return self.rng.choice([one for one in known if self.heavy or one not in HEAVY])

    def _end(self, kind: str, name: str) -> None:
        del self._until[kind, name]
        if kind == "answer":
            self.simulator.set_scenario(name, Scenario.NORMAL)
        elif kind == "stream":
            self.simulator.streams.set_mood(name, Mood.NORMAL)
        else:
            del self.simulator.market.lies[name]
            self._lied = (name, self.clock.now())
