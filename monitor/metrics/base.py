"""The metric seam: a declaration from which plan, Redis field, gauge, panel and explain follow.

A metric's `compute` is plain arithmetic over its inputs, in the declared order. The framework
calls it with float64 arrays (one element per company, one element in all for the network), so a
formula is written once and serves the live vector, `hashhedge calc` and `explain` alike. It never
sees an unknown: the framework masks elements whose inputs are missing, and elements that a guard
refuses, and gives them the *name* of the reason instead of a number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from monitor.domain.companies import CompanyType

__all__ = [
    "CompanyType",
    "Floats",
    "Guard",
    "Input",
    "Mask",
    "Metric",
    "Scope",
    "above",
    "at_least",
    "below",
    "nonzero",
]

Floats: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]


class Scope(StrEnum):
    """Whether one value exists for the whole network or one per company."""

    NETWORK = "network"
    COMPANY = "company"


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
    """A condition on one input; where it does not hold the result is null with `reason`."""

    input: str
    holds: Callable[[Floats], Mask]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One derived number, declared.

    Attributes:
        name: ends in its unit; a share ends in `_ratio`.
        unit: for people and for the panel (`USD/PH/day`, `ratio`).
        scope: network or company.
        inputs: names in the order of `compute`'s arguments (a bare string is a required input).
        description: one sentence for a trader.
        formula: the arithmetic in words of the inputs.
        source: where the definition stands.
        compute: the arithmetic, elementwise.
        guards: conditions beyond "every required input is known".
        applies_to: company types that have this metric; ignored for the network scope.
        label: short column title.

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
    applies_to: frozenset[CompanyType] = field(default_factory=lambda: frozenset(CompanyType))
    label: str = ""

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
