"""Units: exact conversion, and errors that name what would do."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.units import KNOWN_UNITS, convert, quantity_of

SAME_QUANTITY = [
    (one, other)
    for one in KNOWN_UNITS
    for other in KNOWN_UNITS
    if quantity_of(one) == quantity_of(other)
]


@pytest.mark.parametrize(
    ("value", "unit", "wanted", "expected"),
    [
        # docs/formulas.md 0, conventions
        (1, "EH/s", "PH/s", 1e3),
        (1, "EH/s", "TH/s", 1e6),
        (1, "EH/s", "GH/s", 1e9),
        (1, "EH/s", "H/s", 1e18),
        (39.316, "USD/PH/day", "USD/TH/day", 0.039316),
        (39.316, "USD/PH/day", "USD/EH/day", 39_316),
        (0.00043142, "BTC/PH/day", "sat/TH/day", 43.142),
        (1, "c/kWh", "USD/MWh", 10),
        (17.5, "J/TH", "kW/PH", 17.5),
        (17.5, "J/TH", "MW/EH", 17.5),
        (17.5, "J/TH", "W/TH", 17.5),
        (7, "c/kWh", "USD/kWh", 0.07),
        (0.07, "USD/kWh", "c/kWh", 7),
        (8.7e9, "USD", "BUSD", 8.7),
        (2.5, "%", "ratio", 0.025),
        (3.125, "BTC", "sat", 312_500_000),
        (-15.8, "c/kWh", "USD/kWh", -0.158),
        (0.3, "GW", "MW", 300),
        (2, "MWh", "kWh", 2_000),
    ],
)
def test_convert_is_exact_in_decimal(value: float, unit: str, wanted: str, expected: float) -> None:
    """A conversion gives the float nearest to the decimal result, with no rounding dirt."""
    assert convert(value, unit, wanted) == expected


@given(st.sampled_from(SAME_QUANTITY), st.floats(-1e12, 1e12))
def test_convert_round_trip(pair: tuple[str, str], value: float) -> None:
    """Converting there and back returns the value."""
    there, back = pair
    result = convert(convert(value, there, back), back, there)
    assert math.isclose(result, value, rel_tol=1e-14, abs_tol=1e-290)


@given(st.sampled_from(SAME_QUANTITY), st.floats(0, 1e9), st.floats(0, 1e9))
def test_convert_keeps_order(pair: tuple[str, str], one: float, other: float) -> None:
    """The larger figure stays the larger one in any unit."""
    low, high = sorted((one, other))
    assert convert(low, *pair) <= convert(high, *pair)


def test_unknown_unit_names_the_nearest_and_the_known() -> None:
    """A mistyped unit is refused with the nearest one and the list."""
    with pytest.raises(ValueError, match=r"unknown unit 'EHs' \(did you mean EH/s\?\).*USD/kWh"):
        convert(1.0, "EHs", "PH/s")


def test_other_quantity_is_refused() -> None:
    """Units of two quantities do not convert; the message names the units that would."""
    with pytest.raises(ValueError, match=r"EH/s \(hashrate\) to MW \(power\).*kW, MW, GW"):
        convert(1.0, "EH/s", "MW")


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_not_finite_is_refused(value: float) -> None:
    """NaN and infinity are no figures."""
    with pytest.raises(ValueError, match="no finite number"):
        convert(value, "EH/s", "PH/s")
