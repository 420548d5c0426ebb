"""Numbers that a command is given as NAME=VALUE: read, and refused where they cannot be meant."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

from monitor.compute.expectation import expectation
from monitor.core.errors import ConfigError
from monitor.core.mends import nearest
from monitor.metrics.catalogue import Catalogue

WHOLE = frozenset({"height"})
"""Inputs that count something."""


def parse_inputs(items: Sequence[str], catalogue: Catalogue) -> dict[str, float]:
    """Return the inputs that `name=value` words give: inputs of metrics, or metrics.

    Raises:
        ConfigError: as `parse_numbers`.

    """
    return parse_numbers(items, [*catalogue.leaves, *(metric.name for metric in catalogue)])


def parse_numbers(
    items: Sequence[str], known: Collection[str], where: str = "inputs"
) -> dict[str, float]:
    """Return the numbers that `name=value` words give to names that are `known`.

    Raises:
        ConfigError: a word without `=`, an unknown name or one given twice, a value that is no
            finite number, or no whole one where it counts something.

    """
    given: dict[str, float] = {}
    for item in items:
        name, separator, text = item.partition("=")
        if not separator:
            raise ConfigError(f"`{item}` is no NAME=VALUE", where=where, hint=f"{name}=1.5")
        if name not in known:
            raise ConfigError(f"no input `{name}`", where=where, hint=nearest(name, known))
        if name in given:
            raise ConfigError(f"`{name}` is given twice", where=where, hint="keep one of the two")
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise ConfigError(f"{name}: `{text}` is no number", where=where, hint=f"{name}=1.5")
        if name in WHOLE and not value.is_integer():
            whole = f"{name}={math.floor(value)}"
            raise ConfigError(f"{name}: `{text}` is no whole number", where=where, hint=whole)
        given[name] = value
    return given


def refuse_implausible(given: Mapping[str, float], where: str = "inputs") -> None:
    """Refuse given inputs that a book or a feed could not hold: most likely another unit.

    Raises:
        ConfigError: the first such input, its expected range, and the unit it may be in.

    """
    for name, value in given.items():
        found = expectation(name, value)
        if found is not None:
            message = f"{name} of {value:,g} is not plausible, expected {found.expected}"
            raise ConfigError(message, where=where, hint=f"mend the value or its unit{found.slip}")
