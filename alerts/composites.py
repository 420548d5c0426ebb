"""Expressions at work: which are to be judged, by which values, and what failed. Hop 5, pure.

An expression reads several values of one tick; judged in between, it would see some of them before
the tick and some after. So it is opened when a value passes one of its levels, and judged when the
tick has been shown whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from alerts.binding import Bindings
from alerts.rules.base import Rule
from alerts.rules.cel import SESSION, Answer
from alerts.rules.expression import VALUE
from alerts.series import Series
from alerts.signals.base import TOO_FEW
from alerts.telling import Inputs
from monitor.domain.events import Quality


class Composites:
    """The expressions among the bindings, by their numbers."""

    def __init__(self, bound: Bindings, session: Callable[[int], str]) -> None:
        """Take the bindings, and what names the exchange session of a moment."""
        self._bound, self._session = bound, session
        self._open: set[int] = set()
        self._failed: dict[int, str] = {}

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

        What it fails on is remembered, if its own value is known.
        """
        composite, rule = self._bound.composites[number], self._bound.rules[number]
        known: dict[str, float | str] = {SESSION: self._session(now)}
        for name, series in composite.inputs.items():
            seen = series.reading
            good = seen.quality.usable and not (rule.realtime and seen.delay_ms)
            if seen.value is not None and (good or (name == VALUE and rule.refusal(seen) is None)):
                known[name] = seen.value
        found = composite.rule.expression.evaluate(known)
        self._failed.pop(number, None)
        if found.holds is not None:
            return found
        if self._bound.homes[number].quality is Quality.NOT_APPLICABLE:
            return None
        readings = [
            series.reading for name, series in composite.inputs.items() if name not in known
        ]
        if VALUE not in known or any(seen.reason == TOO_FEW for seen in readings):
            return Answer(None)  # no data, or not yet: nothing is wrong with the rule
        self._failed[number] = found.why
        return found

    def failure(self, number: int) -> str:
        """Return what an expression failed on last; empty if it did not."""
        return self._failed.get(number, "")

    def failures(self) -> Iterator[tuple[Rule, str, str]]:
        """Yield each rule that could not be evaluated last, with its key and the reason."""
        for number, why in sorted(self._failed.items()):
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
