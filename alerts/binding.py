"""Rules bound to what they watch: who is asked when a value moves. Hop 5, pure.

A binding is a rule for one subject, known by its number in rulebook order. Rules on the same value,
or on the same signal of it, share one series and one index. An expression is at home where its
`on` is, and is also asked when another value of it passes one of its levels.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from operator import attrgetter

from alerts.bindings import Bindings, Composite
from alerts.gates import Gates, subject_of
from alerts.index import Edges, GapIndex
from alerts.rules.absence import AbsenceRule
from alerts.rules.base import Rule
from alerts.rules.expression import VALUE, ExpressionRule, Source
from alerts.rules.life import Mode, NoData
from alerts.rules.manner import severities_of
from alerts.series import Series, Target, Vector
from alerts.signals.base import Signal
from alerts.signals.rank import Rank
from alerts.signals.ring import Ring
from monitor.domain.sessions import SessionState

_id_of = attrgetter("id")
Key = tuple[str, str | None, Signal | None]


class Binder:
    """Binds rules to targets; used once."""

    def __init__(self, targets: Mapping[str, Target], gates: Gates) -> None:
        """Take what there is to watch, and where rules with windows are put behind them."""
        self._targets, self._gates = targets, gates
        self._made = Bindings()
        self._series: dict[Key, Series] = {}
        self._edges: dict[int, Edges] = {}
        self._pasts: dict[tuple[str, str | None, object], Ring] = {}
        self._readers: dict[int, list[int]] = {}
        self._asking: dict[int, bool] = {}

    def bind(self, rules: Iterable[Rule]) -> Bindings:
        """Bind each rule, expanded, to each of its subjects; what is not there is left out."""
        groups: dict[Key, list[Rule]] = {}
        first: dict[str, int] = {}
        for rule in (item for given in rules for item in given.expanded()):
            target = self._targets.get(rule.on)
            if target is None or not self._complete(rule):
                continue
            signal = rule.heeded()
            first.setdefault(rule.on, len(first))
            if target.companies is None:
                groups.setdefault((rule.on, None, signal), []).append(rule)
                continue
            for company in _companies(target.companies, rule):
                own = rule.for_company(company)
                groups.setdefault((rule.on, company, signal), []).append(own)
        places = {name: _places(self._targets[name]) for name in first}
        for key in sorted(groups, key=lambda it: (first[it[0]], places[it[0]].get(it[1], 0))):
            self._seat(key, groups[key])
        self._connect()
        self._finish()
        return self._made

    def _complete(self, rule: Rule) -> bool:
        """Tell whether all that an expression names is there."""
        if not isinstance(rule, ExpressionRule):
            return True
        return all(
            (target := self._targets.get(source.on)) is not None
            and (source.company is None or source.company in (target.companies or ()))
            for source in rule.sources()
        )

    def _at(self, key: Key) -> Series:
        """Return the series of a value or signal, and make it if it is not there."""
        found = self._series.get(key)
        if found is not None:
            return found
        name, company, signal = key
        made = Series(GapIndex(Edges()), self._targets[name], company)
        self._series[key] = made
        self._made.series.append(made)
        self._edges[id(made)] = Edges()
        if signal is not None:
            made.signal = signal
            made.source = self._at((name, company, None))
            if not isinstance(signal, Rank):
                made.source.derived.append(made)
                made.past = self._pasts.setdefault((name, company, signal.kept), Ring(signal.kept))
        return made

    def _seat(self, key: Key, rules: Sequence[Rule]) -> None:
        """Give the rules on one series their numbers."""
        home = self._at(key)
        first = len(self._made.rules)
        self._made.rules += rules
        self._made.homes += [home] * len(rules)
        if home.signal is not None:
            self._made.signals |= {f"{rule.id}|{home.key}": home for rule in rules}
        home.numbers = range(first, len(self._made.rules))
        self._edges[id(home)].add_all((rule.edges() for rule in rules), first)
        home.rules = severities_of(rule.manner for rule in rules)
        home.shadowed = severities_of(it.manner for it in rules if it.mode is Mode.SHADOW)
        mine = [(number, rule) for number, rule in enumerate(rules, first) if self._asks(rule)]
        subject = subject_of(home.target.name, home.company)
        self._made.demanding += [n for n, rule in mine if rule.exacting or rule.windows]
        for number, rule in mine:
            self._gates.bind(number, rule, subject)
            if isinstance(rule, ExpressionRule):
                self._made.composites[number] = Composite(rule, {})
        home.halts = any(SessionState.HALTED in (rule.sessions or ()) for _, rule in mine)
        exacting = (number for number, rule in mine if rule.exacting)
        home.exacting = tuple(home.numbers if home.halts else exacting)
        home.guards = tuple(number for number, rule in mine if _guards(rule))
        home.minds_before = any(rule.minds_before for _, rule in mine)
        home.strides = tuple(number for number, rule in mine if rule.stride() is not None)
        home.resumers = tuple(number for number, rule in mine if rule.no_data is NoData.OK)

    def _asks(self, rule: Rule) -> bool:
        """Tell whether a rule may ask for more than to be judged when its value meets an edge.

        Most of a million do not, and what they say of their manner is told once.
        """
        if not _by_edges(type(rule)):
            return True
        manner = rule.manner
        asks = self._asking.get(id(manner))
        if asks is None:
            patient = rule.no_data in {NoData.NO_DATA, NoData.KEEP}
            asks = bool(rule.windows or rule.exacting or not patient)
            self._asking[id(manner)] = asks
        return asks

    def _connect(self) -> None:
        """Give each expression the series of its named values, and them the expression."""
        for number, composite in self._made.composites.items():
            rule, home = composite.rule, self._made.homes[number]
            inputs = {VALUE: home}
            for source in rule.sources():
                series = self._at((source.on, self._company(source, home), source.signal))
                inputs[source.name] = series
                edges = rule.input_edges(source.name)
                if edges is None:
                    series.eager = True
                else:
                    self._edges[id(series)].add(edges, number)
            if rule.input_edges(VALUE) is None:
                home.eager = True
            for series in inputs.values():
                self._readers.setdefault(id(series), []).append(number)
            composite.inputs = inputs
        self._made.clocked = tuple(n for n, it in self._made.composites.items() if it.rule.clocked)

    def _company(self, source: Source, home: Series) -> str | None:
        """Return whose value an input is."""
        if self._targets[source.on].companies is None:
            return None
        return source.company or home.company

    def _finish(self) -> None:
        """Sort the edges into indexes, and set the series side by side."""
        for series in self._made.series:
            series.index = GapIndex(self._edges.pop(id(series)))
            series.readers = tuple(self._readers.get(id(series), ()))
        places = {name: _places(self._targets[name]) for name, _, _ in self._series}
        for (name, company, signal), series in self._series.items():
            if company is None:
                if signal is None:
                    self._made.scalars[name] = series
            elif signal is None or isinstance(signal, Rank):
                self._place(name, places[name][company], series)
        for vector in self._made.vectors.values():
            vector.always = tuple(place for place, it in vector.series.items() if it.always)
            vector.forget()

    def _place(self, name: str, place: int, series: Series) -> None:
        """Put a company's series at its place in the vector of the metric."""
        vector = self._made.vectors.get(name)
        if vector is None:
            vector = Vector.of(len(self._targets[name].companies or ()))
            self._made.vectors[name] = vector
        if isinstance(series.signal, Rank):
            vector.ranked.setdefault(series.signal, {})[place] = series
        else:
            vector.series[place] = series


def _places(target: Target) -> dict[str | None, int]:
    """Return each company's place in the vector of a target."""
    return {ticker: place for place, ticker in enumerate(target.companies or ())}


def _companies(known: Sequence[str], rule: Rule) -> Iterable[str]:
    """Return the companies that a rule is for, in the order of its target."""
    if rule.companies == "all":
        return known
    return (ticker for ticker in known if ticker in rule.companies)


@cache
def _by_edges(kind: type[Rule]) -> bool:
    """Tell whether a type has edges alone: no anchor, and nothing to do with the value before."""
    plain = kind.stride is Rule.stride and kind.minds_before is Rule.minds_before
    return plain and not issubclass(kind, AbsenceRule | ExpressionRule)


def _guards(rule: Rule) -> bool:
    """Tell whether a rule has something to say when the value is lost, though it is inactive.

    A move has not: it is told at one moment, and has no state that could be lost.
    """
    if isinstance(rule, AbsenceRule):
        return True
    return rule.no_data is NoData.ALERT and rule.stride() is None
