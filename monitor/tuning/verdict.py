"""What a rule test wanted and what became of it, side by side. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from alerts.model import Transition
from monitor.core.clock import Millis
from monitor.core.durations import duration_ms
from monitor.tuning.script import Case, Expected

NINE_DIGITS = 1e-9


@dataclass(frozen=True, slots=True)
class Difference:
    """One change that is not as it was written.

    Attributes:
        number: place of the expectation in the test, None for a change that nobody expected.
        expected: what was written.
        got: what happened, None: it did not.
        fields: what differs, by the name in the file: wanted, and had.

    """

    number: int | None
    expected: Expected | None
    got: Transition | None
    fields: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a test.

    Attributes:
        name: of the test.
        where: `file:line`.
        start: event time at which it began, ms UTC.
        differences: empty: it passed.
        places: `file:line` of each expectation.
        notes: what is worth knowing: values that the step refused, wishes that were refused.

    """

    name: str
    where: str
    start: Millis
    differences: tuple[Difference, ...]
    places: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def passed(self) -> bool:
        """Tell whether all was as written."""
        return not self.differences


def compared(case: Case, happened: Sequence[Transition], start: Millis) -> list[Difference]:
    """Return how a test's changes differ from those expected, in order of time.

    An expectation is first matched with a change of its moment, rule, subject and state; then with
    one of another state or moment, so that what is late is shown as late and not as lost.
    """
    shown = [it for it in happened if case.show == "all" or it.told]
    left = dict(enumerate(shown))
    open_ = dict(enumerate(case.expect))
    found: list[Difference] = []
    for alike in (_same, _same_but_when, _same_but_what):
        for number, expected in list(open_.items()):
            place = _pick(expected, left, alike, start)
            if place is not None:
                got = left.pop(place)
                del open_[number]
                fields = tuple(_fields(expected, got, start))
                found += [Difference(number, expected, got, fields)] if fields else []
    found += [Difference(number, expected, None) for number, expected in open_.items()]
    found += [Difference(None, None, got) for got in left.values()]
    return sorted(found, key=lambda it: _moment(it, start))


def _pick(
    expected: Expected,
    left: dict[int, Transition],
    alike: Callable[[Expected, Transition, Millis], bool],
    start: Millis,
) -> int | None:
    """Return the place of a change that is alike: one without any difference goes first."""
    places = [place for place, got in left.items() if alike(expected, got, start)]
    exact = (place for place in places if not any(_fields(expected, left[place], start)))
    return next(exact, places[0] if places else None)


def _about(expected: Expected, got: Transition) -> bool:
    return expected.rule == got.rule and expected.key in {None, got.key}


def _same(expected: Expected, got: Transition, start: Millis) -> bool:
    at = got.at - start == duration_ms(expected.at)
    return _about(expected, got) and expected.to is got.to_state and at


def _same_but_when(expected: Expected, got: Transition, _start: Millis) -> bool:
    return _about(expected, got) and expected.to is got.to_state


def _same_but_what(expected: Expected, got: Transition, start: Millis) -> bool:
    return _about(expected, got) and got.at - start == duration_ms(expected.at)


def _moment(difference: Difference, start: Millis) -> int:
    if difference.expected is not None:
        return duration_ms(difference.expected.at)
    return 0 if difference.got is None else difference.got.at - start


def _fields(expected: Expected, got: Transition, start: Millis) -> list[tuple[str, str, str]]:
    """Return what differs of a change: name, wanted, had."""
    found = [
        ("at", expected.at, span(got.at - start))
        if duration_ms(expected.at) != got.at - start
        else None,
        _word("to", expected.to, got.to_state),
        _word("from", expected.from_, got.from_state),
        _word("reason", expected.reason, got.reason),
        _word("notice", expected.notice, got.notice),
        _word("muted_by", expected.muted_by, got.muted_by),
        _word("severity", expected.severity, got.severity),
        _word("inbox", expected.inbox, got.inbox),
        _number(expected.value, got.value),
        _text(expected.text, got.summary),
    ]
    return [it for it in found if it is not None]


def _word(name: str, wanted: str | None, had: str | None) -> tuple[str, str, str] | None:
    return None if wanted is None or wanted == had else (name, str(wanted), had or "none")


def _number(wanted: float | None, had: float | None) -> tuple[str, str, str] | None:
    if wanted is None or (had is not None and math.isclose(wanted, had, rel_tol=NINE_DIGITS)):
        return None
    return "value", f"{wanted:.10g}", "unknown" if had is None else f"{had:.10g}"


def _text(wanted: str | None, had: str) -> tuple[str, str, str] | None:
    if wanted is None:
        return None
    parts = (re.escape(part) for part in wanted.split("..."))
    return None if re.fullmatch(".*".join(parts), had, re.DOTALL) else ("text", wanted, had)


def span(ms: int) -> str:
    """Return how long something is in the form in which people write it: `1h30m`, `0s`."""
    words: list[str] = []
    for size, unit in ((86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s"), (1, "ms")):
        many, ms = divmod(ms, size)
        words += [f"{many}{unit}"] if many else []
    return "".join(words) or "0s"
