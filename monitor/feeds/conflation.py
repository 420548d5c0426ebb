"""A burst of one instrument's quotes, told in three: the lowest, the highest, the last. Pure.

A rule judges each stored value. Between two writes any number of trades may come; every level that
one of them touched lies between their lowest and their highest, so these two and the last say all
that a threshold can ask. What is lost is only how often a level was crossed within the pause, which
is a quarter of a second.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from monitor.domain.events import Quote


def conflate(quotes: Sequence[Quote]) -> tuple[Quote, ...]:
    """Return the lowest, the highest and the last of one instrument's quotes, in their order.

    Of several with the lowest value the first counts, and so for the highest; three at most.
    """
    if not quotes:
        return ()
    places = range(len(quotes))
    lowest = min(places, key=lambda place: quotes[place].value)
    highest = max(places, key=lambda place: quotes[place].value)
    return tuple(quotes[place] for place in sorted({lowest, highest, len(quotes) - 1}))


@dataclass(slots=True)
class Waiting:
    """Quotes that wait to be stored: at most three of each instrument, however many come.

    Attributes:
        newest: the last of each instrument.

    """

    _kept: dict[str, tuple[Quote, ...]] = field(default_factory=dict)

    def add(self, quotes: Sequence[Quote]) -> None:
        """Take quotes that came after those which wait."""
        for quote in quotes:
            kept = self._kept.get(quote.instrument, ())
            self._kept[quote.instrument] = conflate((*kept, quote))

    def take(self) -> list[list[Quote]]:
        """Return what waits and forget it: rounds with one quote of an instrument each, in order.

        Each round is an entry of its own, for what comes in one entry is judged at its end.
        """
        kept, self._kept = self._kept, {}
        return list(_rounds(kept))

    def put_back(self, rounds: Sequence[Sequence[Quote]]) -> None:
        """Return what could not be stored; what came meanwhile comes after it."""
        later, self._kept = self._kept, {}
        for quotes in (*rounds, *_rounds(later)):
            self.add(quotes)

    @property
    def newest(self) -> Mapping[str, Quote]:
        """Return the newest of each instrument that waits."""
        return {instrument: quotes[-1] for instrument, quotes in self._kept.items()}

    def __bool__(self) -> bool:
        """Tell whether anything waits."""
        return bool(self._kept)


def _rounds(kept: Mapping[str, tuple[Quote, ...]]) -> Iterator[list[Quote]]:
    longest = max(map(len, kept.values()), default=0)
    for place in range(longest):
        yield [quotes[place] for quotes in kept.values() if place < len(quotes)]
