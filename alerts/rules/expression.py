"""A condition of several values: AND, OR, NOT and arithmetic over metrics, their past and sessions.

The rule is bound like any other to what it is `on`, whose value is `value` in the expression; the
other values have names of their own. A level that moves by itself is a comparison of two values:
`value < break_even * 1.05`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from alerts.model import AlertState
from alerts.reasons import Reason
from alerts.rules.base import Rule, Verdict
from alerts.rules.cel import SESSION, Expression, compiled
from alerts.rules.life import window_ms
from alerts.signals.base import Signal
from alerts.signals.scores import Score
from alerts.signals.windows import Change, Deviation, Range, Smoothed

VALUE = "value"
HOLDS, FAILS = 1.0, 0.0
MAX_INPUTS = 20
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


class Input(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One named value of an expression.

    Attributes:
        on: the metric or instrument.
        company: whose, where it is always the same; by default the company that the rule is about.
        change: the change over this window instead of the value itself.
        range: the range within this window.
        average: the deviation from the average over this window.
        mean: the mean over this window.
        zscore: the z-score of the last change over this time.

    """

    on: str
    company: str | None = None
    change: str | None = None
    range: str | None = None
    average: str | None = None
    mean: str | None = None
    zscore: str | None = None

    def __post_init__(self) -> None:
        """Refuse two things to make of one value."""
        if sum(window is not None for window in self._windows) > 1:
            raise ValueError("give at most one of change, range, average, mean and zscore")
        self.signal()

    @property
    def _windows(self) -> tuple[str | None, ...]:
        return self.change, self.range, self.average, self.mean, self.zscore

    def signal(self) -> Signal | None:
        """Return what is made of the value; None for the value itself."""
        if self.change is not None:
            return Change(window_ms(self.change), self.change)
        if self.range is not None:
            return Range(window_ms(self.range), self.range)
        if self.average is not None:
            return Deviation(window_ms(self.average), self.average)
        if self.mean is not None:
            return Smoothed(window_ms(self.mean), self.mean, "mean")
        if self.zscore is not None:
            return Score(window_ms(self.zscore), self.zscore, 60)
        return None


@dataclass(frozen=True, slots=True)
class Source:
    """Where a named value comes from."""

    name: str
    on: str
    company: str | None
    signal: Signal | None


class ExpressionRule(
    Rule,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag="expression",
    tag_field="type",
):
    """Fire while a condition of several values holds.

    Attributes:
        when: the condition, in CEL; `value` is what the rule is on.
        inputs: the other values by name: a metric or instrument, or what is made of one.

    """

    when: str
    inputs: Mapping[str, str | Input] = {}

    def __post_init__(self) -> None:
        """Refuse names that are none, and a condition that cannot be evaluated."""
        super().__post_init__()
        if len(self.inputs) > MAX_INPUTS:
            raise ValueError(f"`inputs` has {len(self.inputs)} names; {MAX_INPUTS} are allowed")
        for name in self.inputs:
            if not _NAME.fullmatch(name) or name in {VALUE, SESSION}:
                raise ValueError(
                    f"`{name}` cannot name an input; write lower-case letters, digits and `_`, "
                    f"not `{VALUE}` or `{SESSION}`"
                )
        self.expression  # noqa: B018 - compiled here, so that a mistake shows when it is read

    @property
    def summary_words(self) -> frozenset[str]:
        """Return what a summary may hold in braces: the inputs, too."""
        return super().summary_words.union(self.inputs)

    @property
    def expression(self) -> Expression:
        """Return the compiled condition."""
        return compiled(self.when, frozenset({VALUE, *self.inputs}))

    @property
    def clocked(self) -> bool:
        """Tell whether the condition asks for the exchange session."""
        return SESSION in re.findall(r"\w+", self.when)

    def reads(self) -> tuple[str, ...]:
        """Return what it is on, and what its inputs are of."""
        return (self.on, *(source.on for source in self.sources()))

    def sources(self) -> Sequence[Source]:
        """Return where the named values come from, besides what the rule is on."""
        given = ((name, item) for name, item in self.inputs.items())
        return tuple(
            Source(name, item, None, None)
            if isinstance(item, str)
            else Source(name, item.on, item.company, item.signal())
            for name, item in given
        )

    def input_edges(self, name: str) -> Sequence[float] | None:
        """Return the values of an input at which the condition may change; None if any may."""
        return self.expression.levels.get(name)

    @property
    def saying(self) -> str:
        """Return the values and the condition."""
        return f"{{subject}} is {{value}}{{with}}, and it holds that {self._holds}."

    @property
    def _holds(self) -> str:
        return self.when.replace("{", "(").rstrip(".")

    @property
    def ending(self) -> str:
        """Return the values and that the condition is over."""
        return (
            f"Resolved: {{subject}} is {{value}}{{with}}, and it does not hold that {self._holds}."
        )

    @property
    def lost_saying(self) -> str:
        """Return that it cannot be judged, for want of any of its values."""
        return "{subject} cannot be judged ({reason}); the last value was {last}."

    @property
    def back_saying(self) -> str:
        """Return that it can be judged again."""
        return "{subject} can be judged again; it is {value}."

    def edges(self) -> Sequence[float]:
        """Return the values of what it is on at which the condition may change."""
        return self.input_edges(VALUE) or ()

    def for_company(self, ticker: str) -> Any:  # noqa: ANN401 - Self, which msgspec cannot read
        """Refuse overrides: an expression has no level of its own."""
        if self.overrides:
            raise ValueError("`overrides` change levels; an expression names its own in `when`")
        del ticker
        return self

    def judge(self, value: float, state: AlertState) -> Verdict:
        """Compare `HOLDS` or `FAILS`, which the engine is told in place of a value."""
        if value == HOLDS:
            return Verdict(True, HOLDS, Reason.BREACHED)
        fired = state is AlertState.FIRING
        return Verdict(False, HOLDS, Reason.RECOVERED if fired else Reason.WITHIN_BOUND)


RULE = ExpressionRule
