"""One number over another, declared in few lines: most ratios of a company are no more than that."""

from __future__ import annotations

from typing import NotRequired, TypedDict, Unpack

import numpy as np

from monitor.metrics.base import CompanyType, Example, Guard, Metric, Scope, above, not_negative


class Declared(TypedDict):
    """What a quotient does not say by itself; the fields are those of `Metric`."""

    name: str
    unit: str
    description: str
    source: str
    label: str
    applies_to: frozenset[CompanyType]
    examples: tuple[Example, ...]
    refusal: NotRequired[str]
    headline: NotRequired[bool]
    same_period: NotRequired[bool]


def quotient(
    top: str, bottom: str, nil: str, *, signed: bool = False, **declared: Unpack[Declared]
) -> Metric:
    """Return the metric `top` / `bottom` of a company.

    Null with the reason `nil` where `bottom` is not above 0, and with `negative:<top>` where `top`
    is below 0 and not `signed`.
    """
    guards = (Guard(bottom, above(0.0), nil),)
    return Metric(
        scope=Scope.COMPANY,
        inputs=(top, bottom),
        formula=f"{top} / {bottom}",
        compute=np.divide,
        guards=guards if signed else (not_negative(top), *guards),
        **declared,
    )
