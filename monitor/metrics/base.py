"""The metric seam: a declaration from which plan, Redis field, gauge, panel and explain follow.

A metric's `compute` is plain arithmetic over its inputs, in the declared order. The framework
calls it with float64 arrays (one element per company, one element in all for the network), so a
formula is written once and serves the live vector, `hashhedge calc` and `explain` alike. It never
sees an unknown: the framework masks elements whose inputs are missing, and elements that a guard
refuses, and gives them the *name* of the reason instead of a number.

A metric that sets companies side by side (a rank, a basket) is declared `across`: its `compute`
takes whole columns, with NaN for whoever has no value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from monitor.domain.companies import CompanyType

__all__ = [
    "MULTIPLE",
    "CompanyType",
    "Example",
    "Floats",
    "Guard",
    "Input",
    "Mask",
    "Metric",
    "Remark",
    "Scope",
    "above",
    "at_least",
    "below",
    "nonzero",
    "not_negative",
]

MULTIPLE = "x"
"""Unit of how many times one thing is another, where a percent would mislead: 1.23x."""

Floats: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]


class Scope(StrEnum):
    """Whether one value exists for the network, one per company, or one for all companies together."""

    NETWORK = "network"
    COMPANY = "company"
    SECTOR = "sector"


@dataclass(frozen=True, slots=True)
class Input:
    """One argument of a metric.

    Attributes:
        name: a market input, a company fact or another metric.
        default: the value assumed where the fact is unknown; None means required.
        assumption: the words that `explain` prints beside a default.
        operand: False for an input that only a guard looks at: its age does not age the result.

    """

    name: str
    default: float | None = None
    assumption: str = ""
    operand: bool = True


@dataclass(frozen=True, slots=True)
class Guard:
    """A condition on one input; where it does not hold the result is null with `reason`.

    Attributes:
        input: the argument that is looked at.
        holds: the condition.
        reason: why there is no value.
        yet: it is a matter of time: the value is missing so far, while it applies all the same.

    """

    input: str
    holds: Callable[[Floats], Mask]
    reason: str
    yet: bool = False


@dataclass(frozen=True, slots=True)
class Remark:
    """A word that a value carries where a condition holds, on an argument or on the value itself.

    The value stands all the same: a margin above 1 is right, and wants to be told apart.
    """

    input: str
    holds: Callable[[Floats], Mask]
    word: str


@dataclass(frozen=True, slots=True)
class Example:
    """A worked number: what `given` must come to. Documents print it and the tests compute it.

    Attributes:
        given: inputs in the units their names end in.
        value: the result, rounded; None where there must be none.
        digits: to how many decimals `value` is printed (negative: to tens, hundreds …).
        source: who printed the number, or where it was worked out.
        reason: why there is no value, where `value` is None.

    """

    given: Mapping[str, float]
    value: float | None
    digits: int = 2
    source: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One derived number, declared.

    Attributes:
        name: ends in its unit; a share ends in `_ratio`.
        unit: for people and for the panel (`USD/PH/day`, `ratio` for a share, `x` for a multiple).
        scope: network, company or sector.
        inputs: names in the order of `compute`'s arguments (a bare string is a required input).
        description: one sentence for a trader.
        formula: the arithmetic in words of the inputs.
        source: where the definition stands.
        compute: the arithmetic, elementwise.
        guards: conditions beyond "every required input is known".
        remarks: words that a known value carries under a condition.
        applies_to: company types that have this metric; of other scopes all count.
        refusal: why the other types have none, where people ask for it all the same.
        across: compares companies: `compute` takes whole columns instead of single elements.
        same_period: what it rests on is of one reported period: the newest that has all of it;
            a metric below it has to rest on the same.
        examples: worked numbers.
        label: short column title.
        headline: one of the few that a table over all companies has room for.

    """

    name: str
    unit: str
    scope: Scope
    inputs: tuple[Input | str, ...]
    description: str
    formula: str
    source: str
    compute: Callable[..., Floats]
    guards: tuple[Guard, ...] = ()
    remarks: tuple[Remark, ...] = ()
    applies_to: frozenset[CompanyType] = field(default_factory=lambda: frozenset(CompanyType))
    refusal: str = ""
    across: bool = False
    same_period: bool = False
    examples: tuple[Example, ...] = ()
    label: str = ""
    headline: bool = False

    @property
    def arguments(self) -> tuple[Input, ...]:
        """Return the inputs, bare names turned into required inputs."""
        return tuple(Input(item) if isinstance(item, str) else item for item in self.inputs)


def above(bound: float) -> Callable[[Floats], Mask]:
    """Return a guard test: the input is greater than `bound`."""
    return lambda values: np.greater(values, bound)


def at_least(bound: float) -> Callable[[Floats], Mask]:
    """Return a guard test: the input is `bound` or greater."""
    return lambda values: np.greater_equal(values, bound)


def below(bound: float) -> Callable[[Floats], Mask]:
    """Return a guard test: the input is less than `bound`."""
    return lambda values: np.less(values, bound)


def nonzero(values: Floats) -> Mask:
    """Tell where a divisor is not zero."""
    return np.not_equal(values, 0.0)


def not_negative(name: str) -> Guard:
    """Return a guard that refuses an input below 0 by its name: `negative:<input>`."""
    return Guard(name, at_least(0.0), f"negative:{name}")
