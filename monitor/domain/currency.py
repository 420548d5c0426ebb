"""Figures that are stated in another currency: to USD at the mean rate of their period.

The rate stands in the book beside the figure, so that the conversion never changes and nobody
needs to ask for an old rate. It is USD per unit of the currency; the plausible range is there to
catch the reciprocal, which is how many markets quote the pair.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from types import MappingProxyType

from monitor.domain.units import Range, convert

# USD per unit: about the extremes of 2009 to 2025, with some room.
RATES: Mapping[str, Range] = MappingProxyType(
    {
        "AUD": Range(0.50, 1.15),
        "CAD": Range(0.62, 1.10),
        "CHF": Range(0.85, 1.40),
        "CNY": Range(0.12, 0.18),
        "EUR": Range(0.90, 1.60),
        "GBP": Range(1.00, 1.80),
        "HKD": Range(0.12, 0.14),
        "JPY": Range(0.005, 0.015),
        "NOK": Range(0.07, 0.20),
        "SEK": Range(0.07, 0.17),
        "SGD": Range(0.65, 0.90),
    }
)
_UNIT = re.compile(rf"(?P<scale>[kMB]?)(?P<code>{'|'.join(RATES)})(?P<rest>/.+)?")
_EXACT = Context(prec=80)


@dataclass(frozen=True, slots=True)
class ForeignUnit:
    """A unit of money in another currency: its code, and the same unit in USD."""

    code: str
    usd_unit: str


def foreign_unit(unit: str) -> ForeignUnit | None:
    """Return what `MCAD/year` means (CAD, MUSD/year); None for a unit without another currency."""
    found = _UNIT.fullmatch(unit)
    if found is None:
        return None
    return ForeignUnit(found["code"], f"{found['scale']}USD{found['rest'] or ''}")


def rate_expected(code: str) -> str:
    """Return the plausible range of a currency's rate in words."""
    limits = RATES[code]
    return f"{limits.low:g} to {limits.high:g} USD per {code}"


def rate_plausible(code: str, fx_usd: float) -> bool:
    """Tell whether `fx_usd` can be USD per unit of the currency."""
    return RATES[code].low <= fx_usd <= RATES[code].high


def quote_range(code: str) -> Range | None:
    """Return what `USD-<code>`, units of the currency per USD, can be; None for an unknown one.

    That is the other way round than a book states a rate, so a feed that mixes the two up is
    refused, but for a currency near parity.
    """
    limits = RATES.get(code)
    return None if limits is None else Range(1 / limits.high, 1 / limits.low)


def in_usd(value: float, fx_usd: float, usd_unit: str, to_unit: str) -> float:
    """Return `value` x `fx_usd`, of `usd_unit`, in `to_unit`: the float nearest to the exact one.

    Raises:
        ValueError: the units measure different quantities.

    """
    product = _EXACT.multiply(Decimal(str(value)), Decimal(str(fx_usd)))
    return convert(product, usd_unit, to_unit)
