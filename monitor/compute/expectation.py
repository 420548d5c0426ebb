"""What an input can be: the range that a book or a feed would hold a number to. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from monitor.compute.history import EARLIER_FACTS
from monitor.compute.plan import MARKET_INPUTS, MARKET_UNITS, STOCK_INPUTS, TENANT_INPUTS
from monitor.domain.facts import FACTS
from monitor.domain.guards import likely_units
from monitor.domain.plausibility import bounds_of

_HASHPRICES: Mapping[str, tuple[float, float, str]] = {
    "hashprice_usd_ph_day": (1.0, 10_000.0, "USD/PH/day"),
    "hashprice_btc_ph_day": (1e-5, 20.0, "BTC/PH/day"),
}
"""What a PH/s has earned in a day since 2015, widely. Quoted per TH/s or EH/s as well, it is the one
computed number that people bring along in another unit."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What an input was expected to be, where it is not.

    Attributes:
        expected: the range in words, with its unit.
        slip: words that name the units in which the value would do; empty if there is none.

    """

    expected: str
    slip: str = ""


def expectation(name: str, value: float) -> Expectation | None:
    """Return what the input `name`, in its own unit, should be; None where `value` can be true.

    Of a metric other than a hashprice, or an input with no range of its own, nothing is expected.
    """
    if name in _HASHPRICES:
        low, high, unit = _HASHPRICES[name]
        slip = "; is it of a TH/s or an EH/s?"
        inside = low <= value <= high
        return None if inside else Expectation(f"{low:,g} to {high:,g} {unit}", slip)
    spec = FACTS.get(EARLIER_FACTS.get(name, name))
    if spec is not None:
        if spec.plausible(value):
            return None
        units = [unit for unit in likely_units(spec, value) if unit != spec.unit]
        return Expectation(spec.expected, f"; is it in {' or '.join(units)}?" if units else "")
    instrument = MARKET_INPUTS.get(name)
    if instrument is None and name not in STOCK_INPUTS and name not in TENANT_INPUTS:
        return None
    bounds = bounds_of(instrument or name.upper())
    low, high = float(bounds.low), float(bounds.high)
    if low <= value <= high and not (bounds.whole and value % 1):
        return None
    unit = MARKET_UNITS.get(name, "USD")
    return Expectation(f"{low:,g} to {high:,g} {unit}")
