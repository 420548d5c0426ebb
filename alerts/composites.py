"""Expressions at work: which are to be judged, by which values, and what failed. Hop 5, pure.

An expression reads several values of one tick; judged in between, it would see some of them before
the tick and some after. So it is opened when a value passes one of its levels, and judged when the
tick has been shown whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from msgspec.structs import replace

from alerts.bindings import Bindings
from alerts.rules.base import Rule
from alerts.rules.cel import SESSION, Answer
from alerts.rules.expression import VALUE
from alerts.rules.life import Mode
from alerts.series import Series
from alerts.signals.base import TOO_FEW
from alerts.telling import Inputs
from monitor.domain.events import Quality, Reading


class Composites:
    """The expressions among the bindings, by their numbers."""

    def __init__(self, bound: Bindings, session: Callable[[int], str]) -> None:
        """Take the bindings, and what names the exchange session of a moment."""
        self._bound, self._session = bound, session
        self._open: set[int] = set()
        self._failed: dict[int, str] = {}
        self._lacking: dict[int, tuple[Quality, str]] = {}
        self._early: dict[int, str] = {}
        self._answered: dict[int, bool] = {}

    def __contains__(self, number: object) -> bool:
        """Tell whether a binding is one of an expression."""
        return number in self._bound.composites

    def open(self, numbers: Iterable[int]) -> None:
        """Let expressions be judged when the tick has been shown."""
        self._open.update(numbers)

    def open_clocked(self) -> None:
        """Open those that ask for the session."""
        self._open.update(self._bound.clocked)

    def open_all(self) -> None:
        """Open all."""
        self._open.update(self._bound.composites)

    def take_open(self) -> list[int]:
        """Return what is to be judged, in order, and begin anew."""
        opened, self._open = sorted(self._open), set()
        return opened

    def answer(self, number: int, now: int) -> Answer | None:
        """Return what an expression says of its values as they are; None where it does not apply.

        What it fails on is remembered, if its own value is known, and what it lacks. It fails where
        something is divided by what is unknown, else it waits for it as for its own value.
        """
        composite, known = self._bound.composites[number], self._known(number, now)
        found = composite.rule.expression.evaluate(known)
        self._failed.pop(number, None)
        self._lacking.pop(number, None)
        self._early.pop(number, None)
        if found.holds is not None:
            self._answered[number] = number not in self._answered
            return found
        if self._bound.homes[number].quality is Quality.NOT_APPLICABLE:
            return None
        if number in self._answered:
            self._answered[number] = False
        unknown = {name: it for name, it in composite.inputs.items() if name not in known}
        if VALUE in unknown:
            return Answer(None)
        lacking = "; ".join(_unusable(name, it) for name, it in unknown.items())
        if any(it.reading.reason == TOO_FEW for it in unknown.values()):
            self._early[number] = lacking  # not yet: nothing is wrong with the rule
            return Answer(None)
        divided = composite.rule.expression.divisors & unknown.keys()
        if found.lacking and lacking and not divided:
            worst = max(it.reading.quality for it in unknown.values())
            self._lacking[number] = (Quality.MISSING if worst.usable else worst, lacking)
            return Answer(None)
        why = lacking if found.lacking and lacking else found.why
        self._failed[number] = why
        return Answer(None, why)

    def _known(self, number: int, now: int) -> dict[str, float | str]:
        """Return the named values of an expression that are good for it now."""
        composite, rule = self._bound.composites[number], self._bound.rules[number]
        known: dict[str, float | str] = {SESSION: self._session(now)}
        for name, series in composite.inputs.items():
            seen = series.reading
            good = seen.quality.usable and not (rule.realtime and seen.delay_ms)
            if seen.value is not None and (good or (name == VALUE and rule.refusal(seen) is None)):
                known[name] = seen.value
        return known

    @cached_property
    def _named(self) -> Mapping[str, int]:
        """Return the expressions by the names of their alerts."""
        rules, homes = self._bound.rules, self._bound.homes
        return {f"{rules[n].id}|{homes[n].key}": n for n in self._bound.composites}

    def read_by(self, name: str) -> Sequence[Series]:
        """Return what an alert's expression reads besides what its rule is on; mostly nothing."""
        number = self._named.get(name)
        if number is None:
            return ()
        inputs = self._bound.composites[number].inputs
        return [series for name, series in inputs.items() if name != VALUE]

    def beside(self) -> Iterator[tuple[Rule, Series, Sequence[Series]]]:
        """Yield each expression that speaks, with what its rule is on, and what it reads besides."""
        aloud = (it for it in self._named.items() if self._bound.rules[it[1]].mode is Mode.LIVE)
        for name, number in aloud:
            yield self._bound.rules[number], self._bound.homes[number], self.read_by(name)

    def decided(self, name: str, now: int) -> bool:
        """Tell whether an alert's expression holds or fails, whatever its unknown values are."""
        number = self._named.get(name)
        if number is None:
            return False
        expression = self._bound.composites[number].rule.expression
        return expression.evaluate(self._known(number, now)).holds is not None

    def is_first(self, number: int) -> bool:
        """Tell whether an expression's last answer was the first since the start."""
        return self._answered.get(number, False)

    def failure(self, number: int) -> str:
        """Return what an expression failed on last; empty if it did not."""
        return self._failed.get(number, "")

    def as_known(self, number: int, reading: Reading) -> Reading:
        """Return the reading of an alert: unknown, and why, if its expression could not be told."""
        quality, why = self._lacking.get(number, (Quality.MISSING, ""))
        why = why or self._early.get(number, "") or self._failed.get(number, "")
        return replace(reading, value=None, quality=quality, reason=why) if why else reading

    def failures(self) -> Iterator[tuple[Rule, str, str]]:
        """Yield each rule that could not be evaluated or judged last, with its key and the reason."""
        lacked = {number: why for number, (_, why) in self._lacking.items()}
        for number, why in sorted((lacked | self._failed).items()):
            yield self._bound.rules[number], self._bound.homes[number].key, why

    def parts(self, number: int, told_by: Callable[[str, str | None], tuple[str, ...]]) -> Inputs:
        """Return the named values of an expression as a message shows them.

        `told_by` names who told a target of a company; what the rule is on is told beside.
        """
        composite = self._bound.composites.get(number)
        if composite is None:
            return ()
        return tuple(
            {
                "name": name,
                "target": series.words,
                "value": series.reading.value,
                "unit": series.unit,
                "quality": series.reading.quality.word,
            }
            | ({} if name == VALUE else {"sources": told_by(series.target.name, series.company)})
            for name, series in composite.inputs.items()
        )

    def edges(self, series: Series) -> Iterator[tuple[float, int]]:
        """Yield the levels at which expressions ask for a value, with their numbers."""
        for number in series.readers:
            composite = self._bound.composites[number]
            for name, own in composite.inputs.items():
                if own is series:
                    yield from ((edge, number) for edge in composite.rule.input_edges(name) or ())


def _unusable(name: str, series: Series) -> str:
    """Return what is wrong with a named value, in words that also say what it is of."""
    reading = series.reading
    of = f" of {series.company}" if series.company else ""
    told_late = reading.quality.usable and reading.delay_ms
    return f"`{name}`, {series.words}{of}, is {'delayed' if told_late else reading.quality.word}"
