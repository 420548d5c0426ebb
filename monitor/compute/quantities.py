"""A number with its unit as a person writes it: `4.2c/kWh`, `52000 BTC`, `60000`. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from decimal import Decimal

from monitor.domain.units import convert, units_of

NUMBER = r"(?:[0-9][0-9_]*(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_QUANTITY = re.compile(rf"(-?{NUMBER})\s*(.*)")


class QuantityError(ValueError):
    """Words that name no quantity of the wanted kind: what is wrong, and how to write it."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class UnitMismatchError(QuantityError):
    """The number has a unit that measures something else."""


def parse_quantity(text: str, unit: str, given: str = "") -> float:
    """Return the number in `text` in `unit`; its own unit stands behind it or is `given`.

    Raises:
        QuantityError: no finite number; `UnitMismatchError`: a unit of something else.

    """
    found = _QUANTITY.fullmatch(text.strip())
    if found is None:
        raise QuantityError(f"`{text}` is no number", f"write 52000, or 52000 {unit}")
    own = given or found[2] or unit
    fitting = _units(unit)
    if own not in fitting:
        raise UnitMismatchError(
            f"cannot convert {own} to {unit}", f"give it in {' or '.join(fitting)}"
        )
    number = Decimal(found[1])
    if not math.isfinite(number):
        raise QuantityError(f"`{text}` is too large", f"write 52000, or 52000 {unit}")
    return float(number) if own == unit else convert(number, own, unit)


def _units(unit: str) -> Sequence[str]:
    """Return the units that a value in `unit` may be given in."""
    try:
        return units_of(unit)
    except ValueError:  # a unit of its own, as blocks
        return (unit,)
