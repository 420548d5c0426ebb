"""Units of the field and exact conversion between them: where factor-1000 errors stop.

Company files state a figure in the unit of its source; everything inside hashhedge uses one unit
per quantity (EH/s, J/TH, USD/kWh, USD/PH/day ...). Conversion is exact in decimal: 7 c/kWh is
0.07 USD/kWh, not 0.07000000000000001. Conventions: docs/formulas.md section 0.
"""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Values = TypeVar("Values", float, NDArray[np.float64])
"""A formula over `Values` is written once and serves one number and a vector alike."""

SECONDS_PER_DAY = 86_400
HOURS_PER_DAY = 24
BLOCK_TARGET_S = 600  # Bitcoin consensus: nPowTargetSpacing
BLOCKS_PER_DAY = SECONDS_PER_DAY // BLOCK_TARGET_S
HASHES_PER_DIFFICULTY = 2**32  # exact work is 2**48/65535, 0.0015 % more; everybody drops it
SAT_PER_BTC = 100_000_000
PH_PER_EH = 1_000
HASHES_PER_TH = 10**12
HASHES_PER_PH = 10**15
HASHES_PER_EH = 10**18

_SI = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15, "E": 10**18}

# Nobody states a fleet in mJ/TH: such a figure is a slip of 1000, so that unit is not here.
# Quantity -> unit -> how many of the quantity's base unit one of it is (the base is named first).
_SCALES: dict[str, dict[str, Fraction]] = {
    "hashrate": {f"{prefix}H/s": Fraction(scale) for prefix, scale in _SI.items()}
    | {"ZH/s": Fraction(10**21)},
    "efficiency": {
        "J/TH": Fraction(1),
        "W/TH": Fraction(1),
        "J/GH": Fraction(1_000),
        "kW/PH": Fraction(1),
        "MW/EH": Fraction(1),
    },
    "power": {f"{prefix}W": Fraction(scale) for prefix, scale in _SI.items() if prefix in "kMG"},
    "energy": {f"{prefix}Wh": Fraction(scale) for prefix, scale in _SI.items() if prefix in "kMG"},
    "power price": {
        "USD/kWh": Fraction(1),
        "USD/MWh": Fraction(1, 1_000),
        "c/kWh": Fraction(1, 100),
    },
    "hashprice in USD": {
        "USD/PH/day": Fraction(1),
        "USD/TH/day": Fraction(1_000),
        "USD/EH/day": Fraction(1, 1_000),
    },
    "hashprice in BTC": {
        "BTC/PH/day": Fraction(1),
        "BTC/TH/day": Fraction(1_000),
        "BTC/EH/day": Fraction(1, 1_000),
        "sat/PH/day": Fraction(1, SAT_PER_BTC),
        "sat/TH/day": Fraction(1_000, SAT_PER_BTC),
    },
    "bitcoin": {"BTC": Fraction(1), "sat": Fraction(1, SAT_PER_BTC)},
    "ether": {"ETH": Fraction(1)},
    "bitcoin per day": {"BTC/day": Fraction(1), "sat/day": Fraction(1, SAT_PER_BTC)},
    "bitcoin price": {"USD/BTC": Fraction(1)},
    "money": {
        "USD": Fraction(1),
        "kUSD": Fraction(10**3),
        "MUSD": Fraction(10**6),
        "BUSD": Fraction(10**9),
    },
    "money per day": {"USD/day": Fraction(1)},
    "money per year": {
        "USD/year": Fraction(1),
        "MUSD/year": Fraction(10**6),
        "BUSD/year": Fraction(10**9),
    },
    "money per hour": {"USD/hour": Fraction(1)},
    "worth of hashrate": {"USD/EH/s": Fraction(1), "MUSD/EH/s": Fraction(10**6)},
    "worth of power": {"USD/MW": Fraction(1), "MUSD/MW": Fraction(10**6)},
    "count": {"count": Fraction(1)},
    "ratio": {"ratio": Fraction(1), "%": Fraction(1, 100), "bps": Fraction(1, 10_000)},
}

_UNITS = MappingProxyType(
    {
        unit: (quantity, scale)
        for quantity, units in _SCALES.items()
        for unit, scale in units.items()
    }
)

KNOWN_UNITS: tuple[str, ...] = tuple(_UNITS)


@dataclass(frozen=True, slots=True)
class Range:
    """What a figure can be, both ends included."""

    low: float
    high: float


def quantity_of(unit: str) -> str:
    """Return the quantity that `unit` measures, for instance `hashrate`.

    Raises:
        ValueError: the unit is unknown; the message names the nearest and all known units.

    """
    return _scale(unit)[0]


def units_of(unit: str) -> tuple[str, ...]:
    """Return all units of the quantity that `unit` measures, its base first.

    Raises:
        ValueError: the unit is unknown.

    """
    return tuple(_SCALES[quantity_of(unit)])


def convert(value: float | Decimal, from_unit: str, to_unit: str) -> float:
    """Return `value` of `from_unit` in `to_unit`: the float nearest to the exact decimal result.

    Raises:
        ValueError: a unit is unknown, the two measure different quantities, or the value is not
            finite. The message names the units that would do.

    """
    if not math.isfinite(value):
        raise ValueError(f"{value} {from_unit} is no finite number")
    source, per_source = _scale(from_unit)
    target, per_target = _scale(to_unit)
    if source != target:
        raise ValueError(
            f"cannot convert {from_unit} ({source}) to {to_unit} ({target}); "
            f"units of {target}: {', '.join(_SCALES[target])}"
        )
    return float(Fraction(str(value)) * per_source / per_target)


def _scale(unit: str) -> tuple[str, Fraction]:
    try:
        return _UNITS[unit]
    except KeyError:
        near = difflib.get_close_matches(unit, KNOWN_UNITS, n=1, cutoff=0.5)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise ValueError(
            f"unknown unit {unit!r}{hint}; known units: {', '.join(KNOWN_UNITS)}"
        ) from None
