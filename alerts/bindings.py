"""What is bound to what: rules at their places, the series that they are judged by. Hop 5, pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, compress, count, takewhile
from operator import attrgetter, ne

from alerts.rules.base import Rule
from alerts.rules.expression import ExpressionRule
from alerts.series import Series, Vector

_id_of = attrgetter("id")


@dataclass(slots=True)
class Composite:
    """An expression at work: the series of its named values."""

    rule: ExpressionRule
    inputs: Mapping[str, Series]


@dataclass(slots=True)
class Bindings:
    """All rules of a shard at their places.

    Attributes:
        rules: by the number of their binding.
        homes: the series that each is judged by.
        scalars: the series of the values themselves, by target.
        vectors: the same of company metrics.
        composites: the expressions among the bindings.
        clocked: the expressions that ask for the session.
        demanding: the bindings that ask for more than a value: its session, its delay, a window.
        series: all series.
        signals: those that are made of a past, by the alerts that are judged by them.

    """

    rules: list[Rule] = field(default_factory=list)
    homes: list[Series] = field(default_factory=list)
    scalars: dict[str, Series] = field(default_factory=dict)
    vectors: dict[str, Vector] = field(default_factory=dict)
    composites: dict[int, Composite] = field(default_factory=dict)
    clocked: tuple[int, ...] = ()
    demanding: list[int] = field(default_factory=list)
    series: list[Series] = field(default_factory=list)
    signals: dict[str, Series] = field(default_factory=dict)
    _sifted: tuple[Collection[str], Sequence[int]] = ((), ())
    _firsts: dict[str, int] = field(default_factory=dict)

    def numbers(self, ids: Collection[str]) -> Iterator[int]:
        """Yield the bindings of the rules with `ids`, in order; ticks wait, so it loops in C."""
        if not self._firsts:
            return compress(count(), map(ids.__contains__, map(_id_of, self.rules)))
        firsts = sorted(self._firsts[it] for it in ids if it in self._firsts)
        return chain.from_iterable(map(self._run_from, firsts))

    def _run_from(self, first: int) -> Iterator[int]:
        """Yield the bindings of a rule, which lie side by side, from the first on."""
        name, rest = self.rules[first].id, range(first, len(self.rules))
        return takewhile(lambda number: self.rules[number].id == name, rest)

    def sift(self, same: Collection[str]) -> None:
        """Find beforehand, while ticks go on, which rules `reopen` takes, and where each rule lies.

        That is a table as large as the rules, so it is given up as soon as it was of use.
        """
        self._sifted = same, self._others(same)
        names = [*map(_id_of, self.rules)]
        firsts = dict(zip(reversed(names), range(len(names) - 1, -1, -1), strict=True))
        side_by_side = sum(map(ne, names, names[1:])) + 1 == len(firsts)
        self._firsts = firsts if side_by_side else {}

    def _others(self, same: Collection[str]) -> list[int]:
        return [it for it, rule in enumerate(self.rules) if rule.id not in same]

    def owe(self, number: int) -> None:
        """Let the next reading of its value touch a rule, wherever that stands."""
        home = self.homes[number]
        home.owed.add(number)
        if (vector := self.vectors.get(home.target.name)) is not None:
            vector.look_at(home)

    def reopen(self, live: Collection[int], same: Collection[str]) -> None:
        """Let the next reading of each value touch every rule, as the first did.

        Of the rules with the ids `same`, which were judged by the same books before, only those
        are touched that are `live` or ask for more than a value: the others find nothing new, and
        there may be a hundred thousand of them.
        """
        if same:
            others = self._sifted[1] if self._sifted[0] is same else self._others(same)
            for number in {*live, *self.demanding, *others}:
                self.homes[number].owed.add(number)
        for series in self.series:
            if not (same and series.usable):
                series.usable = True
                series.index.forget()
        for vector in self.vectors.values():
            vector.forget()
        self._sifted, self._firsts = ((), ()), {}
